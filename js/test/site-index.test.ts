// What is in the index is shared, and what the owner excludes is not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindOf, SiteIndex } from '../src/worker/site-index.ts';
import { serve } from './http.ts';

const asset = (type: string, length = 10) => ({ type, length, root: '0'.repeat(64), swarm: 'a'.repeat(40), file: 0 });
const documents: Record<string, unknown> = {
  '/.peertide/index.json': {
    version: 1,
    assets: { '/a.jpg': asset('image/jpeg'), '/b.GIF': asset('image/gif'), '/s.css': asset('text/css') },
    swarms: { ['a'.repeat(40)]: { pieceLength: 16384 } },
    shards: { '/video/': 'index/video.json' },
  },
  '/.peertide/index/video.json': {
    version: 1,
    assets: { '/video/f.webm': asset('video/webm', 5_000_000_000) },
    swarms: { ['b'.repeat(40)]: { pieceLength: 1048576 } },
  },
};

test('shards are merged into the document that the core gets', async () => {
  const site = await serve(({ url }, response) => response.end(JSON.stringify(documents[url ?? ''])));
  try {
    const index = await SiteIndex.load(`${site.url}/.peertide/index.json`, new AbortController().signal);
    const given = JSON.parse(new TextDecoder().decode(index.json)) as Record<string, object>;
    assert.deepEqual(Object.keys(given['assets']!), ['/a.jpg', '/b.GIF', '/s.css', '/video/f.webm']);
    assert.equal(Object.keys(given['swarms']!).length, 2);
    assert.equal(given['shards'], undefined);
    const paths = (filter: { mediaTypes?: string[]; excludeFormats?: string[] }) =>
      index.select({ mediaTypes: filter.mediaTypes, excludeFormats: filter.excludeFormats }).map(([path]) => path);
    assert.deepEqual(paths({}), ['/a.jpg', '/b.GIF', '/s.css', '/video/f.webm']);
    assert.deepEqual(paths({ mediaTypes: ['image'] }), ['/a.jpg', '/b.GIF']);
    assert.deepEqual(paths({ mediaTypes: ['image', 'video'], excludeFormats: ['gif'] }), ['/a.jpg', '/video/f.webm']);
    assert.deepEqual(paths({ excludeFormats: ['.gif', 'css'] }), ['/a.jpg', '/video/f.webm']);
  } finally {
    site.close();
  }
});

test('the core gets each swarm with its files in order, of all shards', async () => {
  const key = (digit: string) => digit.repeat(40);
  const file = (path: string, swarm: string, number: number, length: number) => ({
    [path]: { type: 'image/x', length, root: '0'.repeat(64), swarm: key(swarm), file: number },
  });
  const swarm = (digit: string, length: number, more: object = {}) => ({
    [key(digit)]: { v2: digit.repeat(64), pieceLength: 16384, length, ...more },
  });
  const parts: Record<string, object> = {
    '/index.json': {
      version: 1,
      assets: { ...file('/b', 'a', 1, 20), ...file('/é', 'a', 0, 10) },
      swarms: swarm('a', 30),
      shards: { '/x/': 'x.json' },
    },
    '/x.json': { version: 1, assets: file('/x/c', 'b', 0, 40), swarms: swarm('b', 40, { v1: key('c') }) },
  };
  const site = await serve(({ url }, response) => response.end(JSON.stringify(parts[url ?? ''])));
  try {
    const { packed, json } = await SiteIndex.load(`${site.url}/index.json`, new AbortController().signal);
    const numbers = (bytes: number, ...values: number[]) =>
      values.map((value) => Buffer.from(Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) % 256)));
    const text = (value: string) => Buffer.concat([...numbers(4, Buffer.byteLength(value)), Buffer.from(value)]);
    const packedFile = (path: string, length: number) =>
      Buffer.concat([...numbers(8, length), Buffer.alloc(32), text(path), text('image/x')]);
    const packedSwarm = (byte: number, v1: number, length: number, hybrid: number, ...files: Buffer[]) =>
      Buffer.concat([Buffer.alloc(52, byte), Buffer.alloc(20, v1), ...numbers(8, length), ...numbers(4, 16384, hybrid, files.length), ...files]);
    const expected = Buffer.concat([
      ...numbers(4, 1),
      packedSwarm(0xaa, 0, 30, 0, packedFile('/é', 10), packedFile('/b', 20)),
      packedSwarm(0xbb, 0xcc, 40, 1, packedFile('/x/c', 40)),
    ]);
    assert.equal(Buffer.from(packed).toString('hex'), expected.toString('hex'));
    assert.deepEqual(SiteIndex.parse(json).packed, packed, 'and so it is after a visit');
  } finally {
    site.close();
  }
});

test('an index in another encoding is none', () => {
  const json = Buffer.from('{"version":1,"assets":{},"swarms":{}}');
  assert.equal(SiteIndex.parse(json).packed.length, 4);
  for (const bytes of [Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), json]), Buffer.from('{"version":1,"x":"\xff"}', 'latin1')]) {
    assert.throws(() => SiteIndex.parse(bytes));
  }
});

test('an index that is missing or no index is an error, not an empty site', async () => {
  const site = await serve(({ url }, response) => {
    response.writeHead(url === '/none' ? 404 : 200);
    response.end('[oops');
  });
  try {
    const { signal } = new AbortController();
    await assert.rejects(SiteIndex.load(`${site.url}/none`, signal));
    await assert.rejects(SiteIndex.load(`${site.url}/text`, signal));
  } finally {
    site.close();
  }
});

test('kinds follow the media type', () => {
  const kinds: [string, string][] = [
    ['image/svg+xml', 'image'],
    ['video/mp4; codecs="avc1"', 'video'],
    ['font/woff2', 'font'],
    ['application/font-woff', 'font'],
    ['text/css; charset=utf-8', 'style'],
    ['text/javascript', 'script'],
    ['application/javascript', 'script'],
    ['application/json', 'other'],
    ['text/html', 'other'],
  ];
  for (const [type, kind] of kinds) assert.equal(kindOf(type), kind, type);
});
