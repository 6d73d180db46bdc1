/** A record's bytes, as the registry beside the page reads them. Only there: files on disk have nobody to ask. */
import { useState } from 'preact/hooks';
import type { DecodedRecord, RecordSchema } from '../../src/app/decode-record.ts';
import { plural, safeName } from '../format.ts';
import { Badge, Copy, SubjectLink, Type } from '../parts/basics.tsx';
import { linkTo } from '../router.ts';

type Answer =
  | { readonly state: 'none' }
  | { readonly state: 'asking' }
  | { readonly state: 'told'; readonly record: DecodedRecord }
  | { readonly state: 'failed'; readonly reason: string };

export function DecodePage() {
  const [answer, setAnswer] = useState<Answer>({ state: 'none' });
  const [text, setText] = useState('');
  const [form, setForm] = useState<'guess' | 'hex' | 'base64'>('guess');
  const [guess, setGuess] = useState(false);
  const ask = async (): Promise<void> => {
    setAnswer({ state: 'asking' });
    setAnswer(await decode(text, form === 'guess' ? guessForm(text) : form, guess));
  };
  return (
    <article>
      <h1>Decode a record</h1>
      <p class="lead">Paste the key or the value of a record: which schema it was written with, and what it says.</p>
      <div class="decode-form">
        <label>
          <span class="form-label">Bytes</span>
          <textarea
            spellcheck={false}
            placeholder="00 00 00 00 07 …"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <div class="pickers">
          <label>
            <span class="form-label">Written as</span>
            <select value={form} onChange={(event) => setForm(event.currentTarget.value as typeof form)}>
              <option value="guess">find out</option>
              <option value="hex">hex</option>
              <option value="base64">base64</option>
            </select>
          </label>
          <label class="check">
            <input type="checkbox" checked={guess} onChange={(event) => setGuess(event.currentTarget.checked)} /> try
            every schema when none is named
          </label>
          <button type="button" class="primary more" disabled={text.trim() === ''} onClick={ask}>
            Decode
          </button>
        </div>
      </div>
      <div aria-live="polite">
        {answer.state === 'asking' ? <p class="loading">Decoding…</p> : null}
        {answer.state === 'failed' ? <p class="notice">{answer.reason}</p> : null}
        {answer.state === 'told' ? <Told record={answer.record} /> : null}
      </div>
    </article>
  );
}

const OUTCOMES: Readonly<Record<DecodedRecord['outcome'], readonly ['good' | 'warn' | 'bad' | 'quiet', string]>> = {
  decoded: ['good', 'decoded to the last byte'],
  problems: ['bad', 'decoded in part'],
  guessed: ['warn', 'guessed'],
  'unknown-schema': ['bad', 'no schema has this id'],
  'no-frame': ['warn', 'nothing says which schema'],
};

function Told({ record }: { readonly record: DecodedRecord }) {
  const { bytes, frame, outcome, schema, decoded, others = [], guesses = [], payload, hints } = record;
  const [kind, words] = OUTCOMES[outcome];
  return (
    <section>
      <h2>
        <Badge kind={kind}>{words}</Badge>
      </h2>
      <p class="dim">
        {plural(bytes, 'byte')}, frame: {frame.kind}
        {frame.id === undefined ? '' : `, id ${frame.id}`}
        {frame.guid === undefined ? '' : `, guid ${frame.guid}`}, the payload begins at byte {frame.payloadAt}.
      </p>
      {schema === undefined ? null : <Schema schema={schema} />}
      {others.map((other) => (
        <p key={`${other.context} ${other.id}`} class="small">
          The id has another schema in {safeName(other.context)}
          {other.complete ? ', which reads these bytes as well' : ', which does not read these bytes'}.
        </p>
      ))}
      {hints.map((hint) => (
        <p key={hint} class="notice">
          {hint}
        </p>
      ))}
      {(decoded?.problems ?? []).map(({ offset, path, message }) => (
        <p key={`${offset} ${path}`} class="why">
          byte {offset}
          {path === '' ? '' : `, ${safeName(path)}`}: {safeName(message)}
        </p>
      ))}
      {decoded === undefined ? null : <Value value={decoded.value} what="the decoded record" />}
      {guesses.slice(0, 5).map((guess) => (
        <div key={`${guess.schema.context} ${guess.schema.id}`}>
          <Schema schema={guess.schema} />
          <Value value={guess.decoded.value} what="this guess" />
        </div>
      ))}
      {decoded === undefined && guesses.length === 0 && payload !== undefined ? (
        <Value value={payload} what="the payload" />
      ) : null}
    </section>
  );
}

function Schema({ schema: { schemaType, id, places } }: { readonly schema: RecordSchema }) {
  return (
    <p>
      <Type type={schemaType} /> id <a href={linkTo.id(id)}>{id}</a>{' '}
      {places.slice(0, 5).map(({ subject, version }) => (
        <span key={`${subject} ${version}`}>
          <SubjectLink name={subject} version={version} />{' '}
        </span>
      ))}
    </p>
  );
}

function Value({ value, what }: { readonly value: unknown; readonly what: string }) {
  const text = JSON.stringify(value, null, 2) ?? 'nothing';
  return (
    <figure class="schema-text">
      <figcaption class="tools">
        <Copy text={text} what={what} />
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <pre tabIndex={0}>
        <code dir="ltr">{text}</code>
      </pre>
    </figure>
  );
}

/** Hex is also base64; whoever has only hex digits, and an even number of them, means hex. */
function guessForm(text: string): 'hex' | 'base64' {
  const plain = text.replace(/0x|[\s:,]/gi, '');
  return /^([0-9a-f]{2})+$/i.test(plain) ? 'hex' : 'base64';
}

async function decode(text: string, form: 'hex' | 'base64', guess: boolean): Promise<Answer> {
  const plain = form === 'hex' ? text.replace(/0x|[\s:,]/gi, '') : text.replace(/\s/g, '');
  try {
    const response = await fetch('api/decode', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ [form]: plain, guess }),
    });
    const body: unknown = await response.json();
    if (response.ok) return { state: 'told', record: body as DecodedRecord };
    const message = typeof body === 'object' && body !== null && 'message' in body ? String(body.message) : '';
    return { state: 'failed', reason: message || `The server answered ${response.status}.` };
  } catch {
    return { state: 'failed', reason: 'The server does not answer: is srgit still running?' };
  }
}
