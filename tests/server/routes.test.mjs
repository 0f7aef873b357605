// videoRoute, torrentRoute, domainName: PeerConnect's users keep their folders
// and their page's addresses, and get torrents that are never out of date.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { request } from './harness/http.mjs';
import { makeSite, serve, until, writeFiles } from './harness/server.mjs';

async function serveWith(context, files, settings) {
  const site = await makeSite(context, files);
  const config = path.join(await makeSite(context), 'config.json');
  await writeFile(config, JSON.stringify(settings));
  return { site, server: await serve(context, site, { args: ['--config', config] }) };
}

/** What is looked at of a torrent: text between its keys is enough. */
function read(bytes) {
  const text = bytes.toString('latin1');
  const string = (key) => new RegExp(`${key}(\\d+):`).exec(text);
  const value = (key) => {
    const at = string(key);
    return at && text.substr(at.index + at[0].length, Number(at[1]));
  };
  const info = text.slice(text.indexOf('4:info') + 6, text.indexOf('12:piece layers'));
  return { announce: value('8:announce'), webSeed: value('8:url-list'), name: value('4:name'),
    v1: createHash('sha1').update(Buffer.from(info, 'latin1')).digest('hex') };
}

const torrent = async (server, url) => {
  const { status, headers, body } = await request(server, url);
  return { status, type: headers['content-type'], body, ...(status === 200 ? read(body) : {}) };
};

test('each video has a torrent by its name, with the site as web seed and tracker', async (t) => {
  const small = randomBytes(5000);
  const { server } = await serveWith(t, { 'assets/videos/film.mp4': randomBytes(5 << 20),
    'assets/videos/small.webm': small, 'assets/videos/sub/deep.mp4': randomBytes(100),
    'assets/videos/notes.txt': 'no video', 'other.mp4': randomBytes(200) },
  { videoRoute: './assets/videos', torrentRoute: './assets', domainName: 'https://site.example/' });
  const { assets, swarms } = await server.index();
  for (const [name, file] of [['film', 'film.mp4'], ['small', 'small.webm'], ['sub/deep', 'sub/deep.mp4']]) {
    const { v1 } = swarms[assets[`/assets/videos/${file}`].swarm];
    for (const url of [`/torrent/${name}.torrent`, `/torrent/${file}.torrent`,
      `/assets/torrent/${name}.torrent`]) {
      const found = await torrent(server, url);
      assert.equal(found.status, 200, url);
      assert.equal(found.type, 'application/x-bittorrent');
      assert.equal(found.webSeed, `https://site.example/assets/videos/${file}`);
      assert.equal(found.announce, 'wss://site.example/.peertide/ws');
      assert.equal(found.name, path.basename(file));
      assert.equal(found.v1, v1, 'it is the swarm that visitors are in');
    }
  }
  for (const url of ['/torrent/notes.torrent', '/torrent/other.torrent', '/torrent/', '/torrent/film',
    '/torrent/../assets/videos/film.mp4.torrent', '/assets/torrent/x.torrent'])
    assert.equal((await torrent(server, url)).status, 404, url);
  // Their pages also know the videos by this address.
  const film = await request(server, '/video/small.webm', { headers: { range: 'bytes=10-19' } });
  assert.equal(film.status, 206);
  assert.deepEqual(film.body, small.subarray(10, 20));
  assert.equal((await request(server, '/video/none.webm')).status, 404);
  assert.equal((await request(server, '/video/%2e%2e/secret')).status, 404);
});

test('torrents are made anew when a video is added, changed or taken away', async (t) => {
  const { site, server } = await serveWith(t, { 'videos/film.mp4': randomBytes(70_000) },
    { videoRoute: '/videos/' });
  const first = await torrent(server, '/torrent/film.torrent');
  assert.equal((await torrent(server, '/torrent/new.torrent')).status, 404);
  await writeFiles(site, { 'videos/film.mp4': randomBytes(70_000), 'videos/new.mp4': randomBytes(100) });
  const added = await until('the new torrent', async () => {
    const found = await torrent(server, '/torrent/new.torrent');
    return found.status === 200 && found;
  });
  assert.ok(added.webSeed.endsWith('/videos/new.mp4'));
  const changed = await torrent(server, '/torrent/film.torrent');
  assert.notEqual(changed.v1, first.v1);
  await rm(path.join(site, 'videos', 'new.mp4'));
  await until('it to be gone', async () => (await torrent(server, '/torrent/new.torrent')).status === 404);
});

test('what the site has itself comes first, and two videos of one name are told apart', async (t) => {
  const own = randomBytes(300);
  const { server } = await serveWith(t, { 'video/a.mp4': own, 'films/a.mp4': randomBytes(100),
    'films/a.webm': randomBytes(100), 'torrent/hand-made.torrent': 'd4:infodee' },
  { videoRoute: 'films' });
  assert.deepEqual((await request(server, '/video/a.mp4')).body, own);
  assert.equal((await request(server, '/torrent/hand-made.torrent')).body.toString(), 'd4:infodee');
  const short = await torrent(server, '/torrent/a.torrent');
  assert.equal(short.name, 'a.mp4');
  assert.equal((await torrent(server, '/torrent/a.webm.torrent')).name, 'a.webm');
  assert.match(server.log(), /several videos would be torrent\/a\.torrent/);
});

test('without videoRoute there are no such addresses', async (t) => {
  const { server } = await serveWith(t, { 'film.mp4': randomBytes(100) }, { webTorrent: true });
  assert.equal((await torrent(server, '/torrent/film.torrent')).status, 404);
  assert.equal((await request(server, '/video/film.mp4')).status, 404);
});

test('videoRoute "/" means all videos of the site', async (t) => {
  const { server } = await serveWith(t, { 'film.mp4': randomBytes(100), 'b/c.webm': randomBytes(100) },
    { videoRoute: '/' });
  assert.equal((await torrent(server, '/torrent/film.torrent')).status, 200);
  assert.equal((await torrent(server, '/torrent/b/c.torrent')).status, 200);
  assert.equal((await request(server, '/video/film.mp4')).status, 200);
});
