import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignFolderNames, decodeFolderName, encodeFolderName, MAX_FOLDER_NAME } from '../../src/tree/folder-name.ts';

describe('encodeFolderName', () => {
  it.each([
    ['orders-value', 'orders-value'],
    ['../../etc/passwd', '%2E.%2F..%2Fetc%2Fpasswd'],
    ['a/b', 'a%2Fb'],
    ['CON', '%43ON'],
    ['con.txt', '%63on.txt'],
    ['é', '%C3%A9'],
    ['%2F', '%252F'],
    ['', '~empty'],
    ['.', '%2E'],
    ['..', '%2E%2E'],
    ['trailing.', 'trailing%2E'],
    ['a b:c*?"<>|\\', 'a%20b%3Ac%2A%3F%22%3C%3E%7C%5C'],
    ['\u0000\u001f', '%00%1F'],
    ['😀', '%F0%9F%98%80'],
  ])('%j becomes %s', (name, folder) => {
    expect(encodeFolderName(name)).toBe(folder);
    expect(decodeFolderName(folder)).toBe(name);
  });

  it('cuts long names and tells them apart by a hash', () => {
    const one = encodeFolderName('x'.repeat(400));
    const two = encodeFolderName(`${'x'.repeat(399)}y`);
    expect(one).toHaveLength(MAX_FOLDER_NAME);
    expect(one).not.toBe(two);
    expect(decodeFolderName(one)).toBeUndefined();
    expect(encodeFolderName('é'.repeat(400))).toMatch(/^(%C3%A9)+(%C3)?~[0-9a-f]{16}$/);
  });

  it('gives any set of names distinct safe folders, on file systems that fold case too', () => {
    const name = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.string({ unit: fc.constantFrom('a', 'A', '.', '/', '%', '~', 'É', ' '), maxLength: 6 }),
      fc.string({ unit: fc.constantFrom('x', 'X'), minLength: 170, maxLength: 400 }),
      fc.constantFrom('con', 'CON', 'Nul.avsc', 'aux', 'COM1', 'lpt9.x', '', '.', '..'),
    );
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 30 }), (names) => {
        const folders = assignFolderNames(names);
        const folded = new Set([...folders.values()].map((folder) => folder.toLowerCase()));
        expect(folded.size).toBe(names.length);
        for (const [original, folder] of folders) {
          expect(folder).toMatch(/^[A-Za-z0-9._%~-]{1,180}$/);
          expect(folder).not.toMatch(/^\.|\.$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i);
          const decoded = decodeFolderName(folder);
          if (decoded !== undefined) expect(decoded).toBe(original);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
