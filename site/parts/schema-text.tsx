/** A schema's text: JSON indented, without a token changed; Protobuf as it is. */
import type { SchemaType } from '../../src/model/schema-version.ts';
import { count } from '../format.ts';
import { loadLanguages } from '../store.ts';
import { useLoaded } from '../use-loaded.ts';
import { Copy, Waiting } from './basics.tsx';

export function SchemaText({ type, text }: { readonly type: SchemaType; readonly text: string }) {
  const loaded = useLoaded(loadLanguages, []);
  return (
    <Waiting loaded={loaded}>
      {(languages) => {
        const indented = type === 'PROTOBUF' ? undefined : languages.indentJson(text);
        return (
          <figure class="schema-text">
            <figcaption class="tools">
              <span class="dim small">
                {count(text.length)} characters{indented === undefined ? '' : ', indented to be read'}
              </span>{' '}
              <Copy text={text} what="the text as the registry has it" />
            </figcaption>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
            <pre tabIndex={0}>
              <code dir="ltr">{indented ?? text}</code>
            </pre>
          </figure>
        );
      }}
    </Waiting>
  );
}
