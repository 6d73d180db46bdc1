/**
 * Loaded into the command line with `--import`: kills it with SIGKILL, or tells of it, at an exact point of its talk with
 * servers.
 *
 * `KILL_AT=n:ms` is so many milliseconds after the n-th write to a socket (from 1); without milliseconds right before it
 * for an odd n, and right after it, when the bytes are the system's, for an even one. `TELL_AT=n` prints `TELL` to
 * stderr at the n-th. `WRITE_COUNTS` names a file for how many there were.
 */
import { writeFileSync } from 'node:fs';
import { Socket } from 'node:net';

const [number = '0', delay] = (process.env['KILL_AT'] ?? '').split(':');
const at = Number(number);
const tellAt = Number(process.env['TELL_AT'] ?? 0);
let writes = 0;

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

const { write } = Socket.prototype as unknown as { write: (...args: unknown[]) => boolean };
Object.assign(Socket.prototype, {
  write(this: Socket, ...args: unknown[]): boolean {
    // Standard output and error are sockets, too, where they are pipes.
    if (this.remotePort === undefined) return write.apply(this, args);
    const mine = ++writes;
    if (mine === tellAt) process.stderr.write(`${process.env['TELL']}\n`);
    if (mine === at && delay === undefined && at % 2 === 1) die();
    const result = write.apply(this, args);
    if (mine === at && delay === undefined) die();
    if (mine === at) setTimeout(die, Number(delay));
    return result;
  },
});

const file = process.env['WRITE_COUNTS'];
if (file !== undefined) process.on('exit', () => writeFileSync(file, String(writes)));
