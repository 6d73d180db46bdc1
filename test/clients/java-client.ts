/** The clients for Java from Maven Central, kept and compiled outside the work tree. */
import { readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { findJava } from '../support/find-java.ts';
import { hasProgram, runProgram } from '../support/run-program.ts';
import { cachedFolder } from '../support/test-cache.ts';
import type { ClientProgram } from './client-process.ts';
import { hashOf } from './hash-of.ts';

const SOURCE = join(import.meta.dirname, 'java');
const POM = join(SOURCE, 'pom.xml');
const JAVA_VERSION = 17;

export async function installJavaClient(): Promise<ClientProgram> {
  const [java, libraries] = await Promise.all([findJava(JAVA_VERSION), installLibraries()]);
  const sources = readdirSync(SOURCE)
    .filter((file) => file.endsWith('.java'))
    .sort()
    .map((file) => join(SOURCE, file));
  const classes = await cachedFolder(`clients-java-classes-${hashOf(POM, ...sources)}`, async (target) => {
    // The compiler of that very Java, which a folder of its own on PATH need not have.
    const compiler = ['-m', 'jdk.compiler/com.sun.tools.javac.Main', '-nowarn', '--release', String(JAVA_VERSION)];
    // The compiler started this way does not expand `*`, as the runtime does.
    const path = readdirSync(libraries).map((library) => join(libraries, library));
    await runProgram(java, [...compiler, '-cp', path.join(delimiter), '-d', target, ...sources]);
  });
  const path = [classes, join(libraries, '*')].join(delimiter);
  return { program: java, args: ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', path, 'Main'] };
}

function installLibraries(): Promise<string> {
  return cachedFolder(`clients-java-${hashOf(POM)}`, async (target) => {
    if (!(await hasProgram('mvn', '--version'))) {
      throw new Error('This test needs registry clients for Java: install Maven (mvn), which fetches them.');
    }
    const copy = ['dependency:copy-dependencies', `-DoutputDirectory=${target}`, '-DincludeScope=runtime'];
    await runProgram('mvn', ['-B', '-ntp', '-q', '-f', POM, ...copy]);
  });
}
