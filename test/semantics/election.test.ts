import { expect, it } from 'vitest';
import { readElection } from '../../src/semantics/election.ts';

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const member = (host: string, assignment: unknown, more: object = {}) => ({
  metadata: json({ version: 1, host, port: 8081, master_eligibility: true, ...more }),
  assignment: assignment === undefined ? Buffer.alloc(0) : json(assignment),
});
const elected = { version: 1, error: 0, master: 'id', master_identity: { host: 'b', port: 8081, scheme: 'https' } };

it('names the leader as it advertises itself, and all members', () => {
  expect(readElection('Stable', [member('b', elected, { scheme: 'https' }), member('::1', elected)])).toEqual({
    leader: 'https://b:8081',
    members: ['http://[::1]:8081', 'https://b:8081'],
    outcome: 'elected',
  });
});

it('tells why nobody leads', () => {
  const outcomeOf = (state: string, ...members: Parameters<typeof readElection>[1]) =>
    readElection(state, members).outcome;
  expect(outcomeOf('Empty')).toBe('empty');
  expect(outcomeOf('PreparingRebalance', member('a', undefined))).toBe('rebalancing');
  expect(outcomeOf('Stable', member('a', { error: 0, master: null, master_identity: null }))).toBe('none');
  expect(outcomeOf('Stable', member('a', { error: 1, master: null }))).toBe('twice');
});

it('passes over what is not of a registry', () => {
  const strange = { metadata: Buffer.from([0, 1, 255]), assignment: json([1, 2]) };
  const odd = member('a', { error: 0, master_identity: { host: 7, port: 'x' } }, { port: '8081' });
  expect(readElection('Stable', [strange, odd])).toEqual({ members: [], outcome: 'none' });
});
