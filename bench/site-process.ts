/** One run of what bench/site.ts compares; prints the milliseconds of the work alone: by the clock, and of the processor. */
import { writeSite } from '../src/app/site/write-site.ts';
import { loadConfig } from '../src/config/load-config.ts';
import { loadTree } from '../src/tree/load-tree.ts';
import { builtPages } from '../test/site/support.ts';

const [what, tree = '', out = ''] = process.argv.slice(2);
const pages = builtPages();
const start = performance.now();
const before = process.cpuUsage();
if (what === 'read-tree') await loadTree(tree);
else {
  const config = loadConfig({ tree }, {}, process.cwd(), { registry: false });
  await writeSite({ config, out, env: process.env, pages });
}
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ wall: performance.now() - start, processor: (user + system) / 1000 }));
