// The tab that runs the node is closed while another one reads a film: what it
// has is right, and it must get the rest from wherever the node is then.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { AssetClient } from '../src/shared/asset-client.ts';
import type { AssetTuple, ConsumerMessage, ProviderMessage } from '../src/shared/protocol.ts';

const assets: AssetTuple[] = [['/film.webm', 1000, 'video/webm']];
const bytes = (length: number) => new Uint8Array(length);

/** A client on a named channel, and the node's end of it. */
async function meet(run: (client: AssetClient, node: {
  say(message: ProviderMessage): void;
  next(): Promise<ConsumerMessage>;
}) => Promise<void>): Promise<void> {
  const name = `test ${Math.random()}`;
  const far = new BroadcastChannel(name);
  const heard: ConsumerMessage[] = [];
  const bell = new EventTarget();
  far.onmessage = (event) => {
    heard.push((event as MessageEvent<ConsumerMessage>).data);
    bell.dispatchEvent(new Event('heard'));
  };
  const client = new AssetClient(name);
  try {
    await run(client, {
      say: (message) => far.postMessage(message),
      next: async () => {
        while (heard.length === 0) await once(bell, 'heard');
        return heard.shift()!;
      },
    });
  } finally {
    client.close(0);
    far.close();
  }
}

test('whichever end opens first, the client learns of the node and the index', () =>
  meet(async (client, node) => {
    assert.deepEqual(await node.next(), { t: 'hello?' });
    node.say({ t: 'hello', node: 'a' });
    node.say({ t: 'index', assets, foldLoading: false });
    await client.indexed;
    assert.equal(client.lookup('/film.webm')?.length, 1000);
  }));

test('a file whose name has a percent sign is not taken for the one whose name is spelt so in URLs', () =>
  meet(async (client, node) => {
    await node.next();
    const named = ['/a%20b.jpg', '/a%2520b.jpg', '/100%25.jpg', '/a%252fb.jpg'];
    node.say({ t: 'hello', node: 'a' });
    node.say({ t: 'index', assets: named.map((path) => [path, 1, 'image/jpeg']), foldLoading: false });
    await client.indexed;
    for (const path of named) assert.equal(client.lookup(path)?.path, path);
    assert.equal(client.lookup('/a b.jpg')?.path, '/a%20b.jpg');
    assert.equal(client.lookup('/a%2fb.jpg'), undefined);
  }));

test('a node that moved is asked for the rest, with the credit that is left; the old one is not heard any more', () =>
  meet(async (client, node) => {
    await node.next();
    node.say({ t: 'hello', node: 'a' });
    node.say({ t: 'index', assets, foldLoading: false });
    await client.indexed;
    const got: number[] = [];
    const ended = new Promise<number>((resolve) => {
      const request = { asset: client.lookup('/film.webm')!, offset: 100, length: 900, credit: 400, blocking: false };
      const running = client.open(request, { data: ({ length }) => got.push(length), end: resolve });
      running.credit(100);
    });
    const first = (await node.next()) as ConsumerMessage & { t: 'open' };
    assert.deepEqual(first, { t: 'open', id: first.id, path: '/film.webm', offset: 100, length: 900, credit: 400, blocking: false });
    assert.deepEqual(await node.next(), { t: 'credit', id: first.id, bytes: 100 });
    node.say({ t: 'data', id: first.id, data: bytes(300), source: 0 });
    // The same node says hello twice when both ends opened at once: nothing moved.
    node.say({ t: 'hello', node: 'a' });
    node.say({ t: 'index', assets, foldLoading: false });
    node.say({ t: 'hello', node: 'b' });
    node.say({ t: 'index', assets, foldLoading: false });
    const second = (await node.next()) as ConsumerMessage & { t: 'open' };
    assert.notEqual(second.id, first.id);
    assert.deepEqual({ ...second, id: 0 }, { t: 'open', id: 0, path: '/film.webm', offset: 400, length: 600, credit: 200, blocking: false });
    node.say({ t: 'data', id: first.id, data: bytes(300), source: 0 });
    node.say({ t: 'data', id: second.id, data: bytes(600), source: 1 });
    node.say({ t: 'end', id: second.id, code: 0 });
    assert.equal(await ended, 0);
    assert.deepEqual(got, [300, 600]);
  }));
