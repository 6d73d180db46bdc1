// Records of one registry for readers of another: only the schema id in them changes.
import { createRecordRewriter, decodeFrame, type IdMap, isSrgitError, openTree, recordIds } from 'srgit';

const tree = await openTree(process.argv[2] ?? 'schemas');

// As `applyPlan` gives it, or readIdMap('schemas/id-maps/dr.json').
const guid = '3b808944-dd93-9bb8-bc6e-e1413e01c58e';
const idMap: IdMap = {
  source: { kind: 'tree', fingerprint: '' },
  target: { name: 'dr', kind: 'confluent' },
  ids: [{ context: '.', from: 7, toContext: '.', to: 1042, fromGuid: guid, toGuid: guid }],
};
const rewriter = createRecordRewriter({ ids: recordIds(idMap, { tree }), key: 'none', topic: 'orders' });

// Magic byte, id, Avro: what a producer's serializer makes.
const value = Buffer.from([0, 0, 0, 0, 7, 6, 97, 98, 99]);
console.log(decodeFrame(value));

const rewritten = rewriter.rewrite({ key: Buffer.from('order-1'), value }, 100n);
console.log(rewritten?.isChanged, rewritten?.value);

// The tree has id 5, the map does not: a record that nobody could read is an error, not a guess.
try {
  rewriter.rewrite({ key: null, value: Buffer.from([0, 0, 0, 0, 5, 2, 97]) }, 101n);
} catch (error) {
  if (!isSrgitError(error, 'SRGIT_SCHEMA_UNKNOWN')) throw error;
  console.log(error.message);
}

for (const { side, id, target, count } of rewriter.report().frames) console.log(side, id, '→', target ?? '-', count);
