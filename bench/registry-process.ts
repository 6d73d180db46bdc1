/** The embedded registry over a synthetic state, in a process of its own: prints its URL, then serves until killed. */
import { stateFromSnapshot } from '../src/semantics/snapshot-state.ts';
import { startServer } from '../src/server/server.ts';
import { syntheticSnapshot } from './synthetic-registry.ts';

const [subjects = '1000', versions = '3', bytes = '2000'] = process.argv.slice(2);
const snapshot = syntheticSnapshot({ subjects: Number(subjects), versions: Number(versions), bytes: Number(bytes) });
const server = await startServer({ state: stateFromSnapshot(snapshot), readOnly: true });
console.log(server.url);
