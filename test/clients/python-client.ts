/**
 * The client from PyPI, installed outside the work tree at pinned versions. A machine without Python is no fault: these
 * tests skip then, and say so.
 */
import { join } from 'node:path';
import { runProgram } from '../support/run-program.ts';
import { cachedFolder } from '../support/test-cache.ts';
import type { ClientProgram } from './client-process.ts';
import { hashOf } from './hash-of.ts';

const SOURCE = join(import.meta.dirname, 'python');
const PYTHON = 'python3';
/** The lowest that the pinned packages run on. */
const LEAST_MINOR = 11;

/** Version of Python, `3.11`; or what is missing on this machine. */
export async function findPython(): Promise<{ readonly version: string } | { readonly missing: string }> {
  const said = await runProgram(PYTHON, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])']).catch(() => '');
  const version = said.trim();
  if (version === '') return { missing: 'there is no python3' };
  const [major, minor] = version.split('.').map(Number);
  if (major !== 3 || minor === undefined || minor < LEAST_MINOR) {
    return { missing: `Python ${version} is older than 3.${LEAST_MINOR}` };
  }
  const pip = await runProgram(PYTHON, ['-m', 'pip', '--version']).catch(() => undefined);
  return pip === undefined ? { missing: 'python3 has no pip (python3 -m pip)' } : { version };
}

/** @param version of Python: the packages are compiled for that. */
export async function installPythonClient(version: string): Promise<ClientProgram> {
  const requirements = join(SOURCE, 'requirements.txt');
  const folder = await cachedFolder(`clients-python-${version}-${hashOf(requirements)}`, async (target) => {
    // Into a folder, not a virtual environment: that one knows its own path, and needs a package more on Debian.
    const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--only-binary', ':all:'];
    await runProgram(PYTHON, [...install, '--no-deps', '--target', target, '--requirement', requirements]);
  });
  // Bytecode of the program would lie in the work tree.
  const env = { PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1', PYTHONNOUSERSITE: '1' };
  return { program: PYTHON, args: [join(SOURCE, 'confluent.py')], env };
}
