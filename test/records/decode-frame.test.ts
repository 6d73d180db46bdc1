import { describe, expect, it } from 'vitest';
import { decodeFrame } from '../../src/records/decode-frame.ts';

const hex = (text: string) => Buffer.from(text, 'hex');
const GUID = '01234567-89ab-cdef-0123-456789abcdef';
const BARE = GUID.replaceAll('-', '');

describe('the frame of a record', () => {
  it.each([
    ['0000000007', { kind: 'id', id: 7, payloadAt: 5 }],
    ['00ffffffff02', { kind: 'id', id: -1, payloadAt: 5 }],
    ['00000000', { kind: 'none', payloadAt: 0 }],
    ['0000000000', { kind: 'id', id: 0, payloadAt: 5 }],
    ['000000000000000008aa', { kind: 'apicurio-id', longId: '8', payloadAt: 9 }],
    [`01${BARE}`, { kind: 'guid', guid: GUID, payloadAt: 17 }],
    [`01${BARE.slice(2)}`, { kind: 'none', payloadAt: 0 }],
    [`0300${BARE}`, { kind: 'glue', guid: GUID, payloadAt: 18 }],
    [`0305${BARE}`, { kind: 'glue', guid: GUID, payloadAt: 18, compressed: true }],
    [`0301${BARE}`, { kind: 'none', payloadAt: 0 }],
    ['', { kind: 'none', payloadAt: 0 }],
    ['7b7d', { kind: 'none', payloadAt: 0 }],
  ])('%s', (bytes, frame) => {
    expect(decodeFrame(hex(bytes))).toEqual(frame);
  });

  it('may be in a header, of its own side, of which the last counts', () => {
    const header = (name: string, value: string | null) => ({ name, value: value === null ? null : hex(value) });
    const bytes = hex('0000000007');
    const ofGuid = { kind: 'header-guid', guid: GUID, payloadAt: 0, headerRest: hex('0202') };
    expect(
      decodeFrame(bytes, [header('__value_schema_id', '00'), header('__value_schema_id', `01${BARE}0202`)]),
    ).toEqual(ofGuid);
    expect(decodeFrame(bytes, [header('__key_schema_id', `01${BARE}`)])).toMatchObject({ kind: 'id', id: 7 });
    expect(decodeFrame(bytes, [header('__key_schema_id', '0000000009')], 'key')).toEqual({
      kind: 'header-id',
      id: 9,
      payloadAt: 0,
      headerRest: hex(''),
    });
    expect(decodeFrame(bytes, [header('__value_schema_id', null)])).toEqual({ kind: 'id', id: 7, payloadAt: 5 });
    expect(decodeFrame(bytes, [header('__value_schema_id', 'ff')])).toEqual({
      kind: 'id',
      id: 7,
      payloadAt: 5,
      warning: 'the header __value_schema_id has 1 bytes that are no id',
    });
    const apicurio = header('apicurio.value.globalId', '0000000000000003');
    expect(decodeFrame(bytes, [apicurio])).toEqual({ kind: 'apicurio-header-global-id', longId: '3', payloadAt: 0 });
    expect(decodeFrame(bytes, [header('apicurio.value.contentId', '03')])).toEqual({ kind: 'id', id: 7, payloadAt: 5 });
  });
});
