/** What whoever runs the server asks: /metrics, /healthz and /readyz. A registry has none of these paths. */
import type { RegistryState } from '../semantics/state.ts';
import { type Answer, json, type Route } from './call.ts';
import { type Gauge, type RequestMetrics, renderGauges } from './metrics.ts';

/** Answered without credentials when the server is told so. */
export const OPERATIONS_PATHS: ReadonlySet<string> = new Set(['/metrics', '/healthz', '/readyz']);

export interface Operations {
  readonly metrics: RequestMetrics;
  /** Version of srgit. */
  readonly version: string;
}

export function operationsRoutes(state: RegistryState, { metrics, version }: Operations): readonly Route[] {
  const show = (): Answer => ({
    status: 200,
    type: 'text/plain; version=0.0.4; charset=utf-8',
    body: metrics.render() + renderGauges([...registryGauges(state), ...processGauges(version)]),
  });
  return [
    { path: '/metrics', methods: { GET: show } },
    // The server listens only once it has its state, and no more once it stops: who is answered is answered well.
    { path: '/healthz', methods: { GET: () => json({ status: 'ok' }) } },
    { path: '/readyz', methods: { GET: () => json({ status: 'ready' }) } },
  ];
}

function registryGauges(state: RegistryState): Gauge[] {
  const versions = new Map<string, number>();
  let live = 0;
  for (const { rows } of state.subjects.values()) {
    let isLive = false;
    for (const { schemaType, deleted } of rows) {
      const key = `${schemaType} ${deleted ? 'deleted' : 'live'}`;
      versions.set(key, (versions.get(key) ?? 0) + 1);
      isLive ||= !deleted;
    }
    if (isLive) live++;
  }
  const states = ['live', 'deleted'];
  return [
    {
      name: 'srgit_registry_subjects',
      type: 'gauge',
      help: 'Subjects, by whether they have a version that is not soft-deleted.',
      values: [
        { labels: { state: 'live' }, value: live },
        { labels: { state: 'deleted' }, value: state.subjects.size - live },
      ],
    },
    {
      name: 'srgit_registry_versions',
      type: 'gauge',
      help: 'Versions of all subjects.',
      values: ['AVRO', 'JSON', 'PROTOBUF'].flatMap((type) =>
        states.map((which) => ({ labels: { type, state: which }, value: versions.get(`${type} ${which}`) ?? 0 })),
      ),
    },
    {
      name: 'srgit_registry_contexts',
      type: 'gauge',
      help: 'Contexts, the default one included.',
      values: [{ value: state.contexts.size + (state.contexts.has('.') ? 0 : 1) }],
    },
  ];
}

function processGauges(version: string): Gauge[] {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const one = (name: string, type: Gauge['type'], help: string, value: number): Gauge => ({
    name,
    type,
    help,
    values: [{ value }],
  });
  return [
    one('process_resident_memory_bytes', 'gauge', 'Resident memory.', rss),
    one('process_cpu_seconds_total', 'counter', 'User and system time.', (user + system) / 1e6),
    one('process_start_time_seconds', 'gauge', 'Start of the process, epoch seconds.', startTime()),
    one('nodejs_heap_used_bytes', 'gauge', 'Used JavaScript heap.', heapUsed),
    { name: 'srgit_build_info', type: 'gauge', help: 'Version of srgit.', values: [{ labels: { version }, value: 1 }] },
  ];
}

const startTime = (): number => Math.round(performance.timeOrigin) / 1000;
