// A tree into another registry, which numbers its schemas itself: a plan to look at, its application, and the map of ids.
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyPlan, buildIdMap, planRestore, serve } from 'srgit';

// A copy, because the id map is written into the tree.
const tree = join(mkdtempSync(join(tmpdir(), 'example-')), 'schemas');
cpSync(process.argv[2] ?? 'schemas', tree, { recursive: true });

// Stands for the registry that is to be filled.
const target = await serve();
const request = { from: { tree }, to: { url: target.url, name: 'dr' } };

// Nothing is written yet. A plan is JSON: it can be stored, reviewed, and applied later.
const plan = await planRestore({ ...request, ids: 'rewrite' });
for (const { severity, reason, message } of plan.problems) console.log(severity, reason, message);
console.log(
  plan.steps.length,
  'steps, of which',
  plan.steps.filter((step) => step.action === 'register').length,
  'register',
);

const { outcome, idMap } = await applyPlan(plan, request);
console.log(outcome, idMap?.ids.map(({ from, to }) => `${from}→${to}`).join(' '));

// The map can be made at any time, from what is in the tree and in the registry.
const { map, missing } = await buildIdMap(request);
console.log(map.ids.length, 'ids found by content,', missing.length, 'missing');
await target.close();
