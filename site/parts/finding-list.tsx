import type { SiteFinding } from '../../src/site/model.ts';
import { Badge, LongList, Name } from './basics.tsx';

const KINDS = { error: 'bad', warning: 'warn', notice: 'quiet' } as const;

export function FindingList({ findings }: { readonly findings: readonly SiteFinding[] }) {
  return (
    <LongList items={findings} what="findings" class="findings">
      {({ severity, code, message, hint }, at) => (
        <li key={at}>
          <p>
            <Badge kind={KINDS[severity]}>{severity}</Badge> <Name>{message}</Name>
          </p>
          <p class="dim small">
            {hint === undefined ? null : <Name>{hint}</Name>} <code>{code}</code>
          </p>
        </li>
      )}
    </LongList>
  );
}
