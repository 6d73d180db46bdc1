/** What the system says, in words: a newcomer need not know what ENOENT is. */

/** Errors of files and sockets (errno(3)) as they come to people who type paths and ports. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'the system does not allow it',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is a file',
  EEXIST: 'something of that name is there already',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the disk is read-only',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'the name is too long',
  EADDRINUSE: 'another program listens there already',
  EADDRNOTAVAIL: 'this machine has no such address',
};

/** Node's message where it has one, the bare code else: `ENOENT: no such file or directory, open 'x'`. */
const NODE_MESSAGE =
  /\b(?:(?:listen|bind) )?(E[A-Z]{3,12})\b(?:: [^,\n:]+(?:, \w+ '[^'\n]*'(?: -> '[^'\n]*')?|(?<=address already in use|address not available) \S+))?/g;

/** Every code in a message, with what Node says beside it, becomes words and keeps the code in brackets. */
export function plainReasons(message: string): string {
  return message.replace(NODE_MESSAGE, (found, code: string) => {
    const reason = REASONS[code];
    return reason === undefined ? found : `${reason} (${code})`;
  });
}
