/** The metrics as `promtool check metrics` would have them, read by a parser that is not ours. */
import parsePrometheusTextFormat from 'parse-prometheus-text-format';
import { describe, expect, it } from 'vitest';
import type { HealthReport } from '../../../src/app/health/check-health.ts';
import { HEALTH_FINDINGS, type HealthCode } from '../../../src/app/health/health-findings.ts';
import { renderHealthMetrics } from '../../../src/render/health-metrics.ts';

const LOOKED = { looks: 3, lookedAt: 1_767_323_045_678 };
const NASTY = 'http://a"b\\c\nd:8081/é';

const codes = Object.keys(HEALTH_FINDINGS) as HealthCode[];
const sick: HealthReport = {
  healthy: false,
  leader: NASTY,
  writeVisibleMs: 12.5,
  nodes: [
    { node: NASTY, up: true, latencyMs: 7, version: '8.3.1', mode: 'READWRITE', subjects: 58, newestId: 904 },
    { node: 'http://b:8081', up: false },
  ],
  findings: [
    ...codes.map((code) => ({ code, severity: HEALTH_FINDINGS[code].severity, node: NASTY, detail: 'one' })),
    // Twice with another detail, which is no label: the same series.
    ...codes.map((code) => ({ code, severity: HEALTH_FINDINGS[code].severity, node: NASTY, detail: 'two' })),
    ...codes.map((code) => ({ code, severity: HEALTH_FINDINGS[code].severity })),
  ],
};
const well: HealthReport = { healthy: true, nodes: [{ node: 'http://b:8081', up: true, latencyMs: 0 }], findings: [] };

/** What promtool says of a text; nothing where all is well. */
function lint(text: string): readonly string[] {
  const said: string[] = [];
  if (!text.endsWith('\n')) said.push('the last line has no end');
  const seen = new Set<string>();
  const families: { name: string; help: boolean; type: string }[] = [];
  for (const line of text.slice(0, -1).split('\n')) {
    const [, word, named = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (word === 'HELP') {
      if (families.some(({ name }) => name === named)) said.push(`${named} comes in two parts`);
      families.push({ name: named, help: true, type: '' });
      continue;
    }
    const family = families.at(-1);
    if (word === 'TYPE') {
      if (family?.name !== named) said.push(`${named} has a type before its help`);
      else family.type = rest;
      continue;
    }
    const [, name = '', labels = '', value = ''] =
      /^([a-zA-Z_:][\w:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)+\})? (\S+)$/.exec(line) ?? [];
    if (name === '') said.push(`no sample: ${line}`);
    if (name !== family?.name) said.push(`${name} is not behind its help and type`);
    if (!['counter', 'gauge'].includes(family?.type ?? '')) said.push(`${name} has no type`);
    if ((family?.type === 'counter') !== name.endsWith('_total')) said.push(`${name}: counters end in _total`);
    if (/_(ms|milliseconds|minutes|kilobytes)\b/.test(name)) said.push(`${name} is not in a base unit`);
    if (!Number.isFinite(Number(value))) said.push(`${name} is no number: ${value}`);
    if (seen.has(name + labels)) said.push(`${name}${labels} is there twice`);
    seen.add(name + labels);
  }
  return said;
}

describe('the metrics of health', () => {
  it.each([
    ['before the first look', undefined],
    ['of a registry that is well', well],
    ['of one that has everything', sick],
  ] as const)('%s are what Prometheus reads', (_when, report) => {
    const text = renderHealthMetrics(report, LOOKED);
    expect(lint(text)).toEqual([]);
    const families = parsePrometheusTextFormat(text);
    expect(families.length).toBe(text.split('\n').filter((line) => line.startsWith('# TYPE')).length);
  });

  it('come out as they went in, whatever a node is called', () => {
    const families = parsePrometheusTextFormat(renderHealthMetrics(sick, LOOKED));
    const samples = (name: string) => families.find((family) => family.name === name)?.metrics ?? [];
    expect(samples('srgit_registry_node_up')).toEqual([
      { value: '1', labels: { node: NASTY } },
      { value: '0', labels: { node: 'http://b:8081' } },
    ]);
    expect(samples('srgit_registry_leader')).toEqual([{ value: '1', labels: { leader: NASTY } }]);
    expect(samples('srgit_registry_write_visible_seconds')).toEqual([{ value: '0.0125' }]);
    expect(samples('srgit_health_looks_total')).toEqual([{ value: '3' }]);
    expect(samples('srgit_health_last_look_timestamp_seconds')).toEqual([{ value: '1767323045.678' }]);
    expect(new Set(samples('srgit_health_finding').map(({ labels }) => labels?.['code']))).toEqual(new Set(codes));
    expect(samples('srgit_health_finding')).toHaveLength(2 * codes.length);
  });

  it('would be refused if they were wrong', () => {
    const sound = renderHealthMetrics(sick, LOOKED);
    expect(lint(sound.replace('# HELP srgit_health_ok', '# srgit_health_ok'))).not.toEqual([]);
    expect(lint(sound.replaceAll('srgit_health_looks_total', 'srgit_health_looks'))).not.toEqual([]);
    expect(lint(sound.replaceAll('\\n', '\n'))).not.toEqual([]);
    expect(lint(`${sound}srgit_registry_node_up{node="http://b:8081"} 1\n`)).not.toEqual([]);
  });
});
