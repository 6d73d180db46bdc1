/** What the npm programs share: packages from where they are installed, tasks from stdin, answers to stdout. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The folder whose `node_modules` has the clients. */
const require = createRequire(join(process.argv[2], 'package.json'));

export function load(name) {
  return require(name);
}

/** Carries out one task after the other; `describeError` adds the status and code the client's own errors have. */
export async function runTasks(tasks, describeError) {
  // Only answers may stand on stdout.
  console.log = console.error;
  for await (const line of createInterface({ input: process.stdin })) {
    const task = JSON.parse(line);
    let answer;
    try {
      answer = await tasks[task.do](task);
    } catch (error) {
      answer = { error: { name: error.constructor.name, message: String(error.message), ...describeError(error) } };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}
