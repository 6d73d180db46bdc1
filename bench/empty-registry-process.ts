/** The embedded registry with nothing in it, in a process of its own: prints its URL, then serves until killed. */
import { schemaLanguages } from '../src/schema/schema-port.ts';
import { createState } from '../src/semantics/state.ts';
import { startServer } from '../src/server/server.ts';

const server = await startServer({ state: createState(), strictConfluent: true, schemas: schemaLanguages });
console.log(server.url);
