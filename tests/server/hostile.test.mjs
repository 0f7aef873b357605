// Hostile clients: whatever they send, or don't send, is answered, counted or
// closed, memory stays as it was, and the others are served meanwhile.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { connect, frame, openSocket } from './harness/frames.mjs';
import { request } from './harness/http.mjs';
import { makeSite, program, serve, suiteContext, until } from './harness/server.mjs';
import { visit } from './harness/visitor.mjs';

const sanitized = /asan|valgrind/.test(program);

/** Resident bytes of a process. */
async function memory(pid) {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  return 1024 * Number(/^Rss:\s+(\d+)/m.exec(text)[1]);
}

describe('hostile clients', () => {
  const context = suiteContext(after);
  let server, swarm;

  before(async () => {
    const site = await makeSite(context, { 'a.jpg': randomBytes(20_000) });
    server = await serve(context, site, { args: ['--max-network-connections', '0',
      '--max-connections', '12000'] });
    [swarm] = Object.keys((await server.index()).swarms);
  });

  /** Somebody else is served as if nothing were wrong. */
  async function othersAreServed(t) {
    assert.equal((await request(server, '/a.jpg')).body.length, 20_000);
    const visitor = await visit(t, server);
    await visitor.join(swarm);
    visitor.socket.terminate();
  }

  const refused = async () => (await server.stats()).refused;
  const dialects = ['native', 'tracker'];

  for (const dialect of dialects) {
    const open = (t) => openSocket(t, server, { dialect });
    const answered = (raw, pattern) => until(`an answer like ${pattern}`, () => pattern.test(raw.received()));

    test(`${dialect}: messages that are none are answered, many of them end it`, async (t) => {
      const raw = await open(t);
      raw.write(frame('{"action":'));
      await answered(raw, dialect === 'native' ? /bad-message/ : /failure reason/);
      const wrong = ['[]', '7', 'null', '""', '{"action":{}}', '{"action":7}', '{}{}', '\u0000', '{"a":1}',
        `${'['.repeat(30_000)}`, `${'{"a":'.repeat(9_000)}`, `{"action":"announce","info_hash":${'[['.repeat(500)}`,
        '{"action":"announce","info_hash":7,"peer_id":[]}', '{"action":"join","swarms":"all"}',
        '{"action":"hello","peer":{},"fingerprint":null}', '{"action":"announce","info_hash":"short"}'];
      for (const text of wrong) raw.write(frame(text));
      for (const text of wrong) raw.write(frame(text));
      await raw.closed();
      assert.match(raw.received(), /too.many/);
      await othersAreServed(t);
    });

    test(`${dialect}: a message without an end does not hold up others`, async (t) => {
      const raw = await open(t);
      const on = Buffer.concat(Array.from({ length: 10_000 }, () => frame('', { opcode: 0, fin: false })));
      const flood = () => { while (raw.socket.write(on)); };
      raw.write(frame('a', { fin: false }));
      raw.socket.on('drain', flood);
      flood();
      let answers = 0;
      for (const end = Date.now() + 2000; Date.now() < end; answers++) await request(server, '/healthz');
      raw.socket.destroy();
      assert.ok(answers >= 10, `${answers} answers in two seconds`);
    });

    test(`${dialect}: text that is not UTF-8 ends the connection with 1007`, async (t) => {
      const before = (await refused()).notUtf8;
      const raw = await open(t);
      raw.write(frame(Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x7d])));
      await raw.closed();
      assert.ok(raw.received().includes('\x03\xef'), 'a close frame with 1007');
      assert.equal((await refused()).notUtf8, before + 1);
    });

    test(`${dialect}: binary garbage is answered or ends it`, async (t) => {
      const raw = await open(t);
      for (let i = 0; i < 40; i++) raw.write(frame(randomBytes(500), { opcode: 2 }));
      await raw.closed();
      const noise = await open(t);
      noise.write(randomBytes(100_000));
      await noise.closed();
      await othersAreServed(t);
    });

    test(`${dialect}: frames against the standard end it`, async (t) => {
      const before = await refused();
      const frames = {
        'a message that is too long': frame('x'.repeat(66_000)),
        'a length beyond all reason': frame('x'.repeat(3000), { length: 2 ** 40 }),
        'many fragments of one': Buffer.concat(Array.from({ length: 80 }, (_, at) =>
          frame('x'.repeat(1000), { opcode: at ? 0 : 1, fin: false }))),
        'reserved opcodes': Buffer.concat([3, 5, 7, 11, 15].map((opcode) => frame('x', { opcode }))),
      };
      for (const [what, bytes] of Object.entries(frames)) {
        const raw = await open(t);
        raw.write(bytes);
        await raw.closed().catch(() => assert.fail(`${what} did not end the connection`));
      }
      assert.equal((await refused()).tooLong - before.tooLong, 3);
      await othersAreServed(t);
    });

    test(`${dialect}: truncated frames wait, and harm nobody`, async (t) => {
      const whole = frame('{"action":"announce","info_hash":"01234567890123456789"}');
      for (let length = 1; length < whole.length; length += 7) {
        const raw = await open(t);
        raw.write(whole.subarray(0, length));
        if (length % 2) raw.socket.destroy();
        else raw.socket.end();
      }
      await othersAreServed(t);
    });
  }

  test('a WebTorrent client can\'t take over another\'s peer id', async (t) => {
    const id = Buffer.from(swarm, 'hex').toString('latin1');
    const say = (raw, more) => raw.write(frame(JSON.stringify({ action: 'announce', info_hash: id,
      peer_id: '-WW0200-owner0000000', left: 1, numwant: 0, offers: [], ...more })));
    const [owner, thief] = [await openSocket(t, server, { dialect: 'tracker' }),
      await openSocket(t, server, { dialect: 'tracker' })];
    say(owner);
    await until('the reply', () => owner.received().includes('"interval"'));
    say(thief);
    await until('the refusal', () => thief.received().includes('in use on another connection'));
    say(thief, { event: 'stopped' });
    await until('an answer', () => thief.received().split('"action"').length > 2);
    const { incomplete } = (await server.stats()).swarms.find(({ h }) => h === swarm);
    assert.ok(incomplete >= 1, 'the owner is still there');
    assert.ok((await server.stats()).tracker.hijacks >= 1);
  });

  test('requests that trickle in are cut off, the others go on', async (t) => {
    const raws = [];
    for (let i = 0; i < 50; i++) raws.push(await connect(t, server));
    for (const raw of raws.slice(25)) { // half of them after a request that was none of these
      raw.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
      await until('the answer', () => raw.received().endsWith('ok\n'));
    }
    const text = `GET /a.jpg HTTP/1.1\r\nHost: x\r\nX-Slow: ${'y'.repeat(200)}`;
    let at = 0;
    const trickle = setInterval(() => {
      for (const raw of raws) raw.write(text[at % text.length]);
      at++;
    }, 200);
    t.after(() => clearInterval(trickle));
    await othersAreServed(t);
    await until('all of them to be cut off', () => raws.every((raw) => raw.isClosed()), 60_000);
    assert.ok((await refused()).silent >= 50);
    await othersAreServed(t);
  });

  test('half-open sockets and silent ones take little, and room for others is left', async (t) => {
    const count = sanitized ? 300 : Number(process.env.PEERTIDE_SILENT ?? 1500);
    const start = await memory(server.child.pid);
    const raws = [];
    for (let i = 0; i < count; i += 100) {
      raws.push(...await Promise.all(Array.from({ length: 100 }, () => connect(t, server))));
      if (i % 500 === 0) await othersAreServed(t);
    }
    for (const raw of raws.slice(0, count / 2)) raw.socket.end(); // half of them half-open
    await othersAreServed(t);
    const grown = (await memory(server.child.pid)) - start;
    if (!sanitized) assert.ok(grown < count * 6000, `${grown / count} bytes for each`);
    for (const raw of raws) raw.socket.destroy();
    await until('them to be gone', async () => (await request(server, '/metrics')).body.toString()
      .match(/peertide_connections (\d+)/)[1] < 20);
  });

  test('memory is the same after wave upon wave', { skip: sanitized && 'the sanitizer keeps freed memory' }, async (t) => {
    const wave = async () => {
      for (let i = 0; i < 8; i++) {
        const raws = await Promise.all(dialects.flatMap((dialect) =>
          Array.from({ length: 5 }, () => openSocket(t, server, { dialect }))));
        for (const raw of raws) {
          raw.write(frame(`{"padding":"${'x'.repeat(60_000)}`));
          raw.write(frame('x'.repeat(30_000), { fin: false }));
          raw.write(frame(randomBytes(3000), { opcode: 2 }));
        }
        await Promise.all(raws.map((raw) => until('an answer', () => raw.received().length > 300 || raw.isClosed())));
        for (const raw of raws) raw.socket.destroy();
      }
    };
    await wave();
    const first = await memory(server.child.pid);
    for (let i = 0; i < 3; i++) await wave();
    const last = await memory(server.child.pid);
    assert.ok(last - first < 4 << 20, `it grew by ${last - first} bytes`);
  });
});
