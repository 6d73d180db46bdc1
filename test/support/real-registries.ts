/** The real registries tests run against, installed on first use and started on free loopback ports. */
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { findJava } from './find-java.ts';
import { hasProgram, runProgram } from './run-program.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { cachedFolder } from './test-cache.ts';

export const REAL_REGISTRIES = ['apicurio-3', 'apicurio-2', 'srfake'] as const;
export type RealRegistry = (typeof REAL_REGISTRIES)[number];

const APICURIO = {
  'apicurio-3': { version: '3.3.3', java: 21, jar: 'quarkus-run.jar' },
  'apicurio-2': { version: '2.6.13.Final', java: 17, jar: 'apicurio-registry-app-2.6.13.Final-runner.jar' },
} as const;

const LOOPBACK = '127.0.0.1';

/**
 * Starts a registry of its own, empty, its state in memory. Stop it with `stop()`; a restart is a reset.
 * Needs Maven and Java (Apicurio) or Go (srfake) and says so when they are missing.
 */
export async function startRealRegistry(name: RealRegistry): Promise<ServerProcess> {
  return name === 'srfake' ? startSrfake() : startApicurio(name);
}

async function startApicurio(name: keyof typeof APICURIO): Promise<ServerProcess> {
  const { version, java, jar } = APICURIO[name];
  const [program, cwd] = await Promise.all([findJava(java), installApicurio(version)]);
  return startServerProcess({
    program,
    args: [
      '-Xmx512m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      `-Dquarkus.http.host=${LOOPBACK}`,
      '-Dquarkus.http.port=0',
      // Without these two 3.x listens on port 9000 of every interface.
      `-Dquarkus.management.host=${LOOPBACK}`,
      '-Dquarkus.management.port=0',
      '-Dquarkus.http.access-log.enabled=false',
      '-jar',
      jar,
    ],
    cwd,
    address: /Listening on: (http:\/\/127\.0\.0\.1:\d+)/,
    basePath: '/apis/ccompat/v7',
  });
}

async function installApicurio(version: string): Promise<string> {
  return cachedFolder(`apicurio-registry-${version}`, async (folder) => {
    if (!(await hasProgram('mvn', '--version'))) {
      throw new Error(`This test needs Apicurio Registry ${version}: install Maven (mvn), which fetches it.`);
    }
    const artifact = `io.apicurio:apicurio-registry-app:${version}:tar.gz:all`;
    await runProgram('mvn', [
      '-B',
      '-ntp',
      '-q',
      'dependency:copy',
      `-Dartifact=${artifact}`,
      `-DoutputDirectory=${folder}`,
    ]);
    const archive = join(folder, `apicurio-registry-app-${version}-all.tar.gz`);
    await runProgram('tar', ['-xzf', archive, '-C', folder]);
    await rm(archive);
  });
}

async function startSrfake(): Promise<ServerProcess> {
  const folder = await cachedFolder('srfake-1.8.0', async (target) => {
    if (!(await hasProgram('go', 'version'))) throw new Error('This test needs Go, to build the fake registry srfake.');
    const source = join(import.meta.dirname, 'srfake');
    for (const file of ['main.go', 'go.mod', 'go.sum']) await copyFile(join(source, file), join(target, file));
    await runProgram('go', ['build', '-o', 'srfake', '.'], { cwd: target, env: { GOFLAGS: '-mod=mod' } });
  });
  return startServerProcess({
    program: join(folder, 'srfake'),
    args: [],
    address: /listening on (http:\/\/127\.0\.0\.1:\d+)/,
    basePath: '',
  });
}
