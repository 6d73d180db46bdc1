/** The texts of two versions, line by line. */
import { diffLines, hunks } from '../../src/site/line-diff.ts';
import type { SiteVersion } from '../../src/site/model.ts';
import { plural } from '../format.ts';
import { loadLanguages } from '../store.ts';
import { useLoaded } from '../use-loaded.ts';
import { Waiting } from './basics.tsx';

export function TextDiff({ older, newer }: { readonly older: SiteVersion; readonly newer: SiteVersion }) {
  const loaded = useLoaded(loadLanguages, []);
  return (
    <Waiting loaded={loaded}>
      {(languages) => {
        const show = ({ type, text }: SiteVersion): string =>
          (type === 'PROTOBUF' ? undefined : languages.indentJson(text)) ?? text;
        const lines = hunks(diffLines(show(older), show(newer)));
        if (lines.length === 0 || lines.every((line) => line === undefined))
          return <p class="dim">The texts are the same.</p>;
        const shown = lines.slice(0, MAX_LINES);
        return (
          <>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
            <pre class="line-diff" tabIndex={0}>
              <code dir="ltr">
                {shown.map((line, at) =>
                  line === undefined ? (
                    <span key={at} class="dim">
                      …
                    </span>
                  ) : (
                    <span key={at} class={`line-${line.change}`}>
                      {line.change === 'added' ? '+ ' : line.change === 'removed' ? '- ' : '  '}
                      {line.text}
                    </span>
                  ),
                )}
              </code>
            </pre>
            {lines.length > shown.length ? (
              <p class="dim">{plural(lines.length - shown.length, 'more line')} differ.</p>
            ) : null}
          </>
        );
      }}
    </Waiting>
  );
}

const MAX_LINES = 2000;
