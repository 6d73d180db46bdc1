import { describe, expect, it } from 'vitest';
import { freeBytes } from '../../src/records/free-bytes.ts';

describe('memory given back', () => {
  it('is empty for every view of it', () => {
    const bytes = Buffer.allocUnsafeSlow(1 << 20).fill(7);
    const part = bytes.subarray(100, 200);
    freeBytes(bytes);
    expect([bytes.length, part.length]).toEqual([0, 0]);
  });

  it('is never what small buffers share', () => {
    const first = Buffer.from('first');
    const second = Buffer.from('second');
    freeBytes(first);
    expect(`${first} ${second}`).toBe('first second');
  });

  it('may be given back twice', () => {
    const bytes = Buffer.allocUnsafeSlow(1 << 20);
    freeBytes(bytes);
    freeBytes(bytes);
    expect(bytes.length).toBe(0);
  });
});
