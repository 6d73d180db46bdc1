// Everything CI does, one step after another; ends on the line `N passed, N failed`.
// A step that is not a test run counts as one check.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

const root = join(import.meta.dirname, '..');
const bin = (name) => join(root, 'node_modules/.bin', name);
const folder = mkdtempSync(join(tmpdir(), 'srgit-check-'));
const report = join(folder, 'vitest.json');

const steps = [
  ['Node 24', process.execPath, ['scripts/check-node.mjs']],
  ['format and lint', bin('biome'), ['ci', '--error-on-warnings', '.']],
  ['types', bin('tsc'), ['--noEmit', '-p', 'tsconfig.json']],
  ['types of the catalogue', bin('tsc'), ['--noEmit', '-p', 'site/tsconfig.json']],
  ['import directions', bin('depcruise'), ['--config', '.dependency-cruiser.cjs', 'src']],
  ['unused code', bin('knip'), []],
  ['build', process.execPath, ['scripts/build.mjs']],
  ['validators of the tree', process.execPath, ['scripts/tree-validators.mjs', '--check']],
  ['configuration reference', process.execPath, ['scripts/config-reference.mjs', '--check']],
  ['error reference', process.execPath, ['scripts/error-reference.mjs', '--check']],
  ['action reference', process.execPath, ['scripts/action-reference.mjs', '--check']],
  ['links', process.execPath, ['scripts/check-links.mjs']],
  ['command reference', process.execPath, ['scripts/command-reference.mjs', '--check']],
];

const firstLine = (text = '') => text.split('\n', 1)[0].slice(0, 300);

let passed = 0;
let failed = 0;
for (const [name, program, args] of steps) {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  if (status === 0) {
    passed++;
    console.log(`ok    ${name}`);
  } else {
    failed++;
    console.log(`FAIL  ${name}\n${stdout ?? ''}${stderr ?? ''}`);
  }
}

const { status } = spawnSync(
  bin('vitest'),
  ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, NO_COLOR: '1' },
  },
);
try {
  const { numPassedTests, numFailedTests, numTotalTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
  passed += numPassedTests;
  failed += numFailedTests;
  const skipped = numTotalTests - numPassedTests - numFailedTests;
  if (skipped > 0) console.log(`${skipped} tests skipped (see their reasons above)`);
  // A run can fail outside of any test: an unhandled error, a file that cannot be loaded, a server that will not start.
  if (status !== 0 && numFailedTests === 0) failed++;
  for (const { name, status: outcome, message, assertionResults } of testResults) {
    if (outcome !== 'failed') continue;
    const tests = assertionResults.filter((test) => test.status === 'failed');
    const file = relative(root, name);
    if (tests.length === 0) console.log(`FAIL  ${file}: ${firstLine(message)}`);
    for (const { fullName, failureMessages } of tests) {
      console.log(`FAIL  ${file}: ${fullName}: ${firstLine(failureMessages[0])}`);
    }
  }
} catch {
  failed++;
  console.log('FAIL  the tests did not run to their end');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && status === 0 ? 0 : 1;
