/** Counters of requests, and the text in which Prometheus reads them (exposition format 0.0.4). */
import type { AccessEvent } from './access-log.ts';

/** Upper bounds in seconds: a look-up takes a fraction of a millisecond, a page of the bulk listing tens. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

interface Latency {
  readonly counts: number[];
  sum: number;
  count: number;
}

export class RequestMetrics {
  readonly #requests = new Map<string, number>();
  readonly #latencies = new Map<string, Latency>();
  #bytes = 0;
  #running = 0;

  begin(): void {
    this.#running++;
  }

  /** Counts a finished request. Its labels come from the server, never from the caller: their number is bounded. */
  end({ method, route = 'unmatched', status, milliseconds, bytes }: AccessEvent): void {
    this.#running--;
    this.#bytes += bytes;
    const labels = { method, route };
    const counted = labelText({ ...labels, status: String(status) });
    this.#requests.set(counted, (this.#requests.get(counted) ?? 0) + 1);
    const timed = labelText(labels);
    let latency = this.#latencies.get(timed);
    if (latency === undefined) {
      latency = { counts: BUCKETS.map(() => 0), sum: 0, count: 0 };
      this.#latencies.set(timed, latency);
    }
    const seconds = milliseconds / 1000;
    latency.sum += seconds;
    latency.count++;
    const bucket = BUCKETS.findIndex((bound) => seconds <= bound);
    if (bucket >= 0) latency.counts[bucket] = (latency.counts[bucket] ?? 0) + 1;
  }

  render(): string {
    return [
      ...head('srgit_http_requests_total', 'counter', 'Requests answered.'),
      ...[...this.#requests].map(([labels, count]) => `srgit_http_requests_total{${labels}} ${count}`),
      ...head('srgit_http_request_duration_seconds', 'histogram', 'Time from a request to the end of its answer.'),
      ...[...this.#latencies].flatMap(([labels, latency]) => renderLatency(labels, latency)),
      ...head('srgit_http_response_bytes_total', 'counter', 'Bytes of the bodies of answers.'),
      `srgit_http_response_bytes_total ${this.#bytes}`,
      ...head('srgit_http_requests_running', 'gauge', 'Requests not answered yet.'),
      `srgit_http_requests_running ${this.#running}`,
      '',
    ].join('\n');
  }
}

function renderLatency(labels: string, { counts, sum, count }: Latency): string[] {
  const name = 'srgit_http_request_duration_seconds';
  let below = 0;
  const buckets = BUCKETS.map((bound, at) => {
    below += counts[at] ?? 0;
    return `${name}_bucket{${labels},le="${bound}"} ${below}`;
  });
  return [
    ...buckets,
    `${name}_bucket{${labels},le="+Inf"} ${count}`,
    `${name}_sum{${labels}} ${sum}`,
    `${name}_count{${labels}} ${count}`,
  ];
}

export interface Gauge {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly values: readonly { readonly labels?: Readonly<Record<string, string>>; readonly value: number }[];
}

export function renderGauges(gauges: readonly Gauge[]): string {
  const lines = gauges.flatMap(({ name, type, help, values }) => [
    ...head(name, type, help),
    ...values.map(({ labels, value }) => `${name}${labels === undefined ? '' : `{${labelText(labels)}}`} ${value}`),
  ]);
  return [...lines, ''].join('\n');
}

function head(name: string, type: string, help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`)
    .join(',');
}
