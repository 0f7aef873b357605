// The browser speaks JSON with the server and packed bytes with the core: what one of them says
// must reach the other whole, and what is malformed must neither be believed nor stop the worker.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getU32, setU32, setU64, toHex } from '../src/core/words.ts';
import { packMessage, readMessage, unpackMessage } from '../src/worker/messages.ts';

const A = '01'.repeat(20);
const B = '02'.repeat(20);
const NOBODY = '00'.repeat(20);
const pack = (message: unknown) => packMessage(readMessage(JSON.stringify(message)));
const u32 = (...numbers: number[]) => {
  const bytes = new Uint8Array(4 * numbers.length);
  numbers.forEach((number, i) => setU32(new DataView(bytes.buffer), 4 * i, number));
  return toHex(bytes);
};
const u64 = (...numbers: number[]) => {
  const bytes = new Uint8Array(8 * numbers.length);
  numbers.forEach((number, i) => setU64(new DataView(bytes.buffer), 8 * i, number));
  return toHex(bytes);
};
const text = (value: string) => u32(Buffer.byteLength(value)) + Buffer.from(value).toString('hex');
const unpack = (hex: string) => JSON.parse(unpackMessage(Uint8Array.from(Buffer.from(hex, 'hex')))) as unknown;

test('what the server says is packed as signalling_packed.h has it', () => {
  const candidate = { candidate: 'c 1', sdpMid: 'é' };
  const messages: [object, string][] = [
    [{ action: 'welcome', resume: 'ticket', iceServers: [{}], settings: {} }, u32(2) + text('ticket')],
    [{ action: 'welcome', resume: null }, u32(2) + text('')],
    [
      { action: 'peers', h: A, peers: [{ peer: B.toUpperCase(), near: 3 }, { peer: A, legacy: B }], complete: 5, interval: 120 },
      u32(5) + A + u32(5, 0, 120, 2) + B + NOBODY + u32(3) + A + B + u32(0),
    ],
    [
      { action: 'signal', to: A, from: B, kind: 'offer', nonce: 'n1', sdp: 'v=0\r\n' },
      u32(6) + A + B + NOBODY + u32(1) + text('n1') + text('v=0\r\n') + text(''),
    ],
    [
      { action: 'signal', from: B, legacy: A, kind: 'candidate', nonce: 'n1', candidate },
      u32(6) + NOBODY + B + A + u32(3) + text('n1') + text('') + text(JSON.stringify(candidate)),
    ],
    [{ action: 'undelivered', to: A, reason: 'gone' }, u32(7) + A],
    [{ action: 'indexed' }, u32(10)],
    [{ action: 'drain', afterMs: 2 ** 53 }, u32(11) + u64(2 ** 53)],
    [{ action: 'error', code: 'bad-token', message: 'no \u001b good' }, u32(12) + text('bad-token') + text('no \u001b good')],
    [{ action: "tomorrow's", peers: 7 }, u32(13)],
    [{ action: 'constructor' }, u32(13)],
    [{ action: '__proto__' }, u32(13)],
  ];
  for (const [message, packed] of messages) assert.equal(toHex(pack(message)), packed, JSON.stringify(message));
});

test('many peers with long texts are packed, too', () => {
  const peers = Array.from({ length: 64 }, (_, i) => ({ peer: A, near: i }));
  const packed = pack({ action: 'peers', h: B, peers });
  assert.equal(packed.length, 4 + 20 + 12 + 4 + 64 * 44);
  assert.equal(getU32(new DataView(packed.buffer, packed.byteOffset), packed.length - 4), 63);
  const sdp = 'é'.repeat(8000);
  assert.equal(pack({ action: 'signal', from: A, kind: 'answer', nonce: 'n', sdp }).length, 4 + 60 + 4 + 5 + 4 + 16_000 + 4);
});

test('of a malformed message the core is told nothing, which it calls malformed', () => {
  const peers = { action: 'peers', h: A, peers: [{ peer: B }] };
  const signal = { action: 'signal', from: B, kind: 'offer', nonce: 'n', sdp: 'v=0' };
  const messages: unknown[] = [
    null, 7, 'peers', [], {}, { action: 7 }, { action: null }, { action: ['peers'] },
    { action: 'peers' }, { ...peers, h: A.slice(1) }, { ...peers, h: `g${A.slice(1)}` }, { ...peers, h: [A] }, { ...peers, h: 7 },
    { ...peers, h: `${A}0101` }, { ...peers, peers: undefined }, { ...peers, peers: 'peers' }, { ...peers, peers: {} },
    { ...peers, peers: '' }, { ...peers, peers: { length: 0 } }, { ...peers, peers: [null] }, { ...peers, peers: [{}] },
    { ...peers, peers: [{ peer: B, near: -1 }] }, { ...peers, complete: 1.5 }, { ...peers, complete: '5' }, { ...peers, interval: 2 ** 32 },
    { ...signal, from: 7 }, { ...signal, nonce: 7 }, { ...signal, nonce: ['n'] }, { ...signal, sdp: {} }, { ...signal, sdp: '\ud800' },
    { ...signal, candidate: 'c' }, { ...signal, candidate: [] }, { ...signal, candidate: 7 },
    { action: 'undelivered' }, { action: 'undelivered', to: null }, { action: 'drain' }, { action: 'drain', afterMs: -1 },
    { action: 'drain', afterMs: '5' }, { action: 'error' }, { action: 'error', code: 'x', message: 5 }, { action: 'hello' }, { action: 'stats' },
  ];
  for (const message of messages) assert.equal(pack(message).length, 0, JSON.stringify(message));
  for (const json of ['', '{', '{"action":"indexed"', '[oops', '{"action":"indexed"}}', '\ufeff{"action":"indexed"}']) {
    assert.equal(packMessage(readMessage(json)).length, 0, json);
  }
});

test('a message that is too long is not read, one that is nested too deeply does no harm', () => {
  const fill = (length: number) => `{"action":"indexed","x":"${'é'.repeat(length / 2)}"}`;
  const around = Buffer.byteLength(fill(0));
  assert.equal(packMessage(readMessage(fill(65536 - around))).length, 4);
  assert.equal(readMessage(fill(65538 - around)), undefined);
  const deep = `{"action":"signal","from":"${A}","kind":"candidate","nonce":"n","candidate":{"x":${'['.repeat(30_000)}${']'.repeat(30_000)}}}`;
  packMessage(readMessage(deep));
});

test('what the core says is JSON as the server knows it', () => {
  const fingerprint = '0304'.repeat(16);
  assert.deepEqual(unpack(u32(1) + A + fingerprint + u32(1) + text('r')), {
    action: 'hello', peer: A, fingerprint, anywhere: 1, caps: [], resume: 'r',
  });
  assert.deepEqual(unpack(u32(1) + A + fingerprint + u32(0) + text('')), { action: 'hello', peer: A, fingerprint, anywhere: 0, caps: [] });
  assert.deepEqual(unpack(u32(3, 2) + u64(2 ** 53) + u32(8) + A + u64(0) + u32(0) + B), {
    action: 'join', swarms: [{ h: A, left: 2 ** 53, want: 8 }, { h: B, left: 0, want: 0 }],
  });
  assert.deepEqual(unpack(u32(4, 1) + u64(0) + u32(0) + A), { action: 'leave', swarms: [A] });
  assert.deepEqual(unpack(u32(6) + A + B + NOBODY + u32(2) + text('n1') + text('v=0\r\n') + text('')), {
    action: 'signal', to: A, from: B, kind: 'answer', nonce: 'n1', sdp: 'v=0\r\n',
  });
  assert.deepEqual(unpack(u32(6) + A + B + A + u32(3) + text('n1') + text('') + text('{"candidate":"","sdpMid":null}')), {
    action: 'signal', to: A, from: B, legacy: A, kind: 'candidate', nonce: 'n1', candidate: { candidate: '', sdpMid: null },
  });
  assert.deepEqual(unpack(u32(6) + A + B + NOBODY + u32(4) + text('') + text('') + text('')), { action: 'signal', to: A, from: B, kind: 'bye' });
  assert.deepEqual(unpack(u32(8) + u64(1, 2, 3, 2 ** 53) + u32(2) + A + u32(0) + u64(5) + B + u32(0) + u64(2 ** 40)), {
    action: 'stats', originBytes: 1, peerBytesIn: 2, peerBytesOut: 3, wasted: 2 ** 53, from: { [A]: 5, [B]: 2 ** 40 },
  });
  assert.deepEqual(unpack(u32(9) + A + B + u32(7) + text('corrupt')), { action: 'report', peer: A, swarm: B, piece: 7, kind: 'corrupt' });
});
