// A registry for tests: the schemas of a tree with their ids, in this process. No Java, no Kafka, no container.
// `await using` closes it at the end of the block; older runtimes call `await registry.close()`.
import { serve } from 'srgit';

await using registry = await serve({ tree: process.argv[2] ?? 'schemas' });

// What a consumer does: the schema of an id that is in a record.
const found = await fetch(`${registry.url}/schemas/ids/7`);
console.log('id 7 is', (await found.json()).schema.slice(0, 46), '…');

// What a producer does. Writes stay in memory: the tree is not touched.
const made = await fetch(`${registry.url}/subjects/returns-value/versions`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ schema: '{"type":"record","name":"Return","fields":[{"name":"order_id","type":"string"}]}' }),
});
console.log('registered as id', (await made.json()).id);
