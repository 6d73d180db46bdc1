/** What the scans of a topic's partitions say together: ids with their places, and those the target lacks. */
import type { RecordSide } from '../../../records/frame-rules.ts';
import {
  type FrameCount,
  type FrameReport,
  joinFrameReports,
  looksLikeLongs,
  missingFrames,
  type SideCount,
} from '../../../records/frame-tally.ts';
import type { PartitionScan } from './scan-partition.ts';

export interface RecordPlace {
  readonly partition: number;
  /** Decimal. */
  readonly offset: string;
}

export interface IdCount extends Omit<FrameCount, 'firstOffset' | 'lastOffset'> {
  readonly partitions: number;
  /** In the first partition that has the id, and in the last. */
  readonly first: RecordPlace;
  readonly last: RecordPlace;
}

export interface TopicFrames {
  readonly records: number;
  readonly key: SideCount;
  readonly value: SideCount;
  readonly ids: readonly IdCount[];
  /** Those of `ids` whose schema the target lacks. */
  readonly missing: readonly IdCount[];
  /** Sides that hold numbers of eight bytes, of which some begin like a frame: there is no frame on them. */
  readonly longs: readonly RecordSide[];
}

export function joinScans(scans: readonly PartitionScan[]): TopicFrames {
  const first = joinFrameReports(scans.map(({ report }) => report));
  const longs = (['key', 'value'] as const).filter((side) => looksLikeLongs(first, side));
  const parts = scans.map(({ partition, report }) => ({ partition, report: withoutFrames(report, longs) }));
  const report = longs.length === 0 ? first : joinFrameReports(parts.map((part) => part.report));
  const places = placesOf(parts);
  const toIdCount = ({ firstOffset: _first, lastOffset: _last, ...frame }: FrameCount): IdCount => ({
    ...frame,
    ...(places.get(nameOf(frame)) ?? NOWHERE),
  });
  return {
    records: report.records,
    key: report.key,
    value: report.value,
    ids: report.frames.map(toIdCount).sort(compareIds),
    missing: missingFrames(report).map(toIdCount).sort(compareIds),
    longs,
  };
}

/**
 * What a second look with `longs: 'data'` would count. `looksLikeLongs` says that every payload of the side has eight
 * bytes and none has its id in a header, so each of its frames is data, and nothing need be read again.
 */
function withoutFrames(report: FrameReport, sides: readonly RecordSide[]): FrameReport {
  if (sides.length === 0) return report;
  const asData = (side: RecordSide): SideCount =>
    sides.includes(side) ? { ...report[side], plain: report[side].eightBytes } : report[side];
  return {
    ...report,
    key: asData('key'),
    value: asData('value'),
    frames: report.frames.filter((frame) => !sides.includes(frame.side)),
  };
}

interface Places {
  readonly partitions: number;
  readonly first: RecordPlace;
  readonly last: RecordPlace;
}

const NOWHERE: Places = { partitions: 0, first: { partition: 0, offset: '0' }, last: { partition: 0, offset: '0' } };

function placesOf(
  scans: readonly { readonly partition: number; readonly report: FrameReport }[],
): ReadonlyMap<string, Places> {
  const places = new Map<string, Places>();
  for (const { partition, report } of [...scans].sort((a, b) => a.partition - b.partition)) {
    for (const frame of report.frames) {
      const name = nameOf(frame);
      const known = places.get(name);
      places.set(name, {
        partitions: (known?.partitions ?? 0) + 1,
        first: known?.first ?? { partition, offset: `${frame.firstOffset}` },
        last: { partition, offset: `${frame.lastOffset}` },
      });
    }
  }
  return places;
}

function nameOf({ side, kind, verdict, id }: Pick<FrameCount, 'side' | 'kind' | 'verdict' | 'id'>): string {
  return `${side} ${kind} ${verdict} ${id}`;
}

function compareIds(a: IdCount, b: IdCount): number {
  if (a.side !== b.side) return a.side === 'key' ? -1 : 1;
  if (a.kind !== b.kind) return a.kind < b.kind ? -1 : 1;
  return a.id.length - b.id.length || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}
