// Peertide's torrents before an independent judge (libtorrent), and
// libtorrent's torrents before ours. What a site owner would lose: that any
// BitTorrent client can fetch the site's files and agrees on what they are.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { peertideProgram } from '../browser/harness/paths.mjs';
import { startServer } from '../browser/harness/server.mjs';

const run = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));
const readTorrent = process.env.READ_TORRENT ??
  path.join(path.dirname(peertideProgram), 'read_torrent');
const judge = async (...args) =>
  JSON.parse((await run('/usr/bin/python3', [path.join(here, 'judge.py'), ...args])).stdout);
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** The site's files: borders of leaves, pieces and of the bundling of small files. */
const files = {
  'index.html': 700,
  'img/one-byte.jpg': 1,
  'img/leaf.jpg': 16384,
  'img/leaf-and-one.jpg': 16385,
  'img/many leaves.jpg': 300_000,
  'img/ümlaut.jpg': 40_000,
  'img/deep/below/it.png': 123_456,
  'video/film.webm': 20 << 20,
  'video/long.webm': (32 << 20) + 5,
};

let temporary, site;

async function writeFiles(folder) {
  for (const [name, length] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, randomBytes(length));
  }
}

before(async () => {
  temporary = await mkdtemp(path.join(os.tmpdir(), 'peertide-interop-'));
  site = path.join(temporary, 'site');
  await writeFiles(site);
});
after(() => rm(temporary, { recursive: true, force: true }));

/** Runs `peertide index` on the site; the index and the torrent files it made. */
async function index(config) {
  const args = ['index', site];
  if (config) {
    const file = path.join(temporary, 'config.json');
    await writeFile(file, JSON.stringify(config));
    args.push('--config', file);
  }
  await rm(path.join(site, '.peertide'), { recursive: true, force: true });
  await run(peertideProgram, args);
  const folder = path.join(site, '.peertide', 'torrents');
  const document = JSON.parse(await readFile(path.join(site, '.peertide', 'index.json')));
  const torrents = (await readdir(folder)).filter((name) => name.endsWith('.torrent'));
  return { ...document, torrents: torrents.map((name) => path.join(folder, name)) };
}

/** The assets of a swarm in the order of its files, as [root, length]. */
function assetsOf(document, key) {
  return Object.values(document.assets)
    .filter((asset) => asset.swarm === key)
    .sort((a, b) => a.file - b.file)
    .map(({ root, length }) => ({ root, length }));
}

for (const [kind, config] of [['v2', undefined], ['hybrid', { webTorrent: true }]]) {
  describe(`torrents that \`peertide index\` makes (${kind})`, () => {
    test('libtorrent reads them with the info-hashes, files and roots of the index', async () => {
      const document = await index(config);
      const keys = Object.keys(document.swarms);
      assert.ok(keys.length > 0 && document.torrents.length === keys.length, 'one torrent per swarm');
      assert.deepEqual(
        Object.keys(document.assets).map(decodeURIComponent).sort(),
        Object.keys(files).map((name) => `/${name}`).sort(), 'every file is an asset');
      for (const torrent of document.torrents) {
        const [read] = await judge('read', torrent);
        const key = read.v2.slice(0, 40);
        const swarm = document.swarms[key];
        assert.ok(swarm, `${torrent} belongs to a swarm of the index`);
        assert.equal(path.basename(torrent), `${key}.torrent`);
        assert.equal(read.v2, swarm.v2);
        assert.equal(read.v1, kind === 'hybrid' ? swarm.v1 : null);
        assert.equal(read.pieceLength, swarm.pieceLength);
        assert.deepEqual(read.files.map(({ root, length }) => ({ root, length })), assetsOf(document, key));
      }
    });

    test('the same files give the same torrents', async () => {
      const [first, second] = [await index(config), await index(config)];
      assert.deepEqual(second.swarms, first.swarms, 'or every deploy would empty every swarm');
    });

    test('libtorrent downloads the site from `peertide serve` as web seed', async () => {
      await rm(path.join(site, '.peertide'), { recursive: true, force: true });
      const args = config ? ['--config', path.join(temporary, 'config.json')] : [];
      const server = await startServer(site, { args });
      try {
        const document = await (await fetch(`${server.url}/.peertide/index.json`)).json();
        const shapes = new Set();
        for (const key of Object.keys(document.swarms)) {
          const response = await fetch(`${server.url}/.peertide/torrents/${key}.torrent`);
          assert.equal(response.status, 200);
          const torrent = path.join(temporary, `${key}.torrent`);
          await writeFile(torrent, Buffer.from(await response.arrayBuffer()));
          shapes.add(await assertDownload(torrent, document, key));
        }
        assert.deepEqual([...shapes].sort(), ['multi-file', 'single-file']);
      } finally {
        await server.stop();
      }
    });
  });
}

/** Downloads one torrent with libtorrent and compares every file with the site's. */
async function assertDownload(torrent, document, key) {
  const paths = Object.entries(document.assets)
    .filter(([, asset]) => asset.swarm === key)
    .sort(([, a], [, b]) => a.file - b.file)
    .map(([url]) => url);
  const [read] = await judge('read', torrent);
  const single = read.files.length === 1 && read.files[0].path === read.name;
  const folder = await mkdtemp(path.join(temporary, 'download-'));
  const result = await judge('download', torrent, folder);
  assert.ok(result.complete, `${paths[0]} from ${read.webSeeds}: ${JSON.stringify(result)}`);
  for (const [number, { path: name }] of read.files.entries()) {
    const wanted = await readFile(path.join(site, decodeURIComponent(paths[number])));
    const got = await readFile(path.join(folder, name));
    assert.equal(sha256(got), sha256(wanted), paths[number]);
  }
  return single ? 'single-file' : 'multi-file';
}

describe('torrents that libtorrent makes', () => {
  for (const kind of ['v2', 'hybrid']) {
    for (const [shape, source] of [['single-file', 'video/film.webm'], ['multi-file', 'img']]) {
      test(`ours reads a ${kind} ${shape} torrent with the same hashes, files and roots`, async () => {
        const torrent = path.join(temporary, `theirs-${kind}-${shape}.torrent`);
        const made = await judge('make', path.join(site, source), torrent, kind);
        const read = JSON.parse((await run(readTorrent, [torrent])).stdout);
        assert.equal(read.name, made.name);
        assert.equal(read.v2, made.v2);
        assert.equal(read.v1 ?? null, made.v1);
        assert.equal(read.pieceLength, made.pieceLength);
        assert.equal(read.singleFile, shape === 'single-file');
        const prefix = read.singleFile ? '' : `${read.name}/`;
        assert.deepEqual(read.files.map((file) => ({ ...file, path: prefix + file.path })), made.files);
      });
    }
  }

  test('a torrent with a changed piece layer is refused', async () => {
    const torrent = path.join(temporary, 'forged.torrent');
    await judge('make', path.join(site, 'video/film.webm'), torrent, 'v2');
    const bytes = await readFile(torrent);
    const layer = bytes.indexOf('12:piece layers');
    assert.ok(layer > 0);
    bytes[layer + 120] ^= 1;
    await writeFile(torrent, bytes);
    await assert.rejects(run(readTorrent, [torrent]), (error) => error.code === 1);
  });
});
