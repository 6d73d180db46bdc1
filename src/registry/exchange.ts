/** One HTTP exchange on an undici dispatcher: no retry, no judgement, and no error object unless something failed. */
import type { Dispatcher } from 'undici';
import { type Abortable, unwatchAbort, watchAbort } from './abort.ts';

/** Header names in lower case, as undici gives them. */
export type AnswerHeaders = Record<string, string | string[] | undefined>;

export interface ExchangeRequest {
  readonly origin: string;
  readonly method: Dispatcher.HttpMethod;
  /** With the query string. */
  readonly path: string;
  /** Names and values in turn: undici takes this form without converting it. */
  readonly headers: string[];
  readonly body: string | undefined;
}

/** What came of it. `sent` is false only when not one byte can have reached the server. */
export type Outcome =
  | { readonly kind: 'answer'; readonly status: number; readonly headers: AnswerHeaders; readonly body: Buffer }
  | { readonly kind: 'failed'; readonly sent: boolean; readonly midAnswer: boolean; readonly cause: unknown }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'aborted' };

const EMPTY = Buffer.alloc(0);

/** Sends one request and collects its answer; never rejects. */
export function exchange(
  dispatcher: Dispatcher,
  request: ExchangeRequest,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const handler = new ExchangeHandler(resolve, maxBytes, signal);
    if (signal !== undefined) watchAbort(signal, handler);
    dispatcher.dispatch(
      {
        origin: request.origin,
        method: request.method,
        path: request.path,
        headers: request.headers,
        ...(request.body === undefined ? undefined : { body: request.body }),
      },
      handler,
    );
  });
}

class ExchangeHandler implements Dispatcher.DispatchHandler, Abortable {
  readonly #maxBytes: number;
  readonly #signal: AbortSignal | undefined;
  #resolve: ((outcome: Outcome) => void) | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #headers: AnswerHeaders = {};
  #size = 0;
  #first: Buffer = EMPTY;
  #more: Buffer[] | undefined;

  constructor(resolve: (outcome: Outcome) => void, maxBytes: number, signal: AbortSignal | undefined) {
    this.#resolve = resolve;
    this.#maxBytes = maxBytes;
    this.#signal = signal;
  }

  /** undici calls it when a connection stands, right before it writes the request. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#resolve === undefined) controller.abort(new Error('aborted before it was sent'));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: AnswerHeaders): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.#maxBytes) {
      this.#settle({ kind: 'too-large' });
      controller.abort(new Error('answer larger than the limit'));
    } else if (this.#first === EMPTY) this.#first = chunk;
    else if (this.#more === undefined) this.#more = [this.#first, chunk];
    else this.#more.push(chunk);
  }

  onResponseEnd(): void {
    this.#settle({ kind: 'answer', status: this.#status, headers: this.#headers, body: this.#body() });
  }

  onResponseError(_controller: Dispatcher.DispatchController, cause: Error): void {
    // A refusal is known by its status: servers that refuse a request often close without sending all of the body.
    if (this.#status >= 400) this.onResponseEnd();
    else {
      this.#settle({ kind: 'failed', sent: this.#controller !== undefined, midAnswer: this.#status !== 0, cause });
    }
  }

  abort(): void {
    this.#settle({ kind: 'aborted' });
    this.#controller?.abort(new Error('aborted'));
  }

  #body(): Buffer {
    return this.#more === undefined ? this.#first : Buffer.concat(this.#more, this.#size);
  }

  /** Proxy dispatchers may report twice; the first report counts. */
  #settle(outcome: Outcome): void {
    const resolve = this.#resolve;
    if (resolve === undefined) return;
    this.#resolve = undefined;
    if (this.#signal !== undefined) unwatchAbort(this.#signal, this);
    resolve(outcome);
  }
}
