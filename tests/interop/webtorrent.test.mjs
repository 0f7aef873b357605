// WebTorrent pages (its own browser bundle, unmodified) and Peertide pages in
// one swarm, in Chromium. What a site owner would lose: that the visitors who
// come with WebTorrent and those who come with Peertide help one another.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { launchChromium } from '../browser/harness/browsers.mjs';
import { installKit } from '../browser/harness/page-kit.mjs';
import { startServer } from '../browser/harness/server.mjs';
import { until } from '../browser/harness/wait.mjs';
import { add, numbers, whole } from './harness/webtorrent-page.mjs';

const MIB = 1 << 20;
const FILM = 16 * MIB;
const bundle = createRequire(import.meta.url).resolve('webtorrent/dist/webtorrent.min.js');
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** An album: its pictures are one swarm, padded to pieces. */
const pictures = { 'one.jpg': 1_000_000, 'three.jpg': 16_384, 'two.jpg': 900_001 };

let temporary, server, chromium, film, album, besides;
const visitors = [];

before(async () => {
  temporary = await mkdtemp(path.join(os.tmpdir(), 'peertide-webtorrent-'));
  const site = path.join(temporary, 'site');
  await mkdir(path.join(site, 'video'), { recursive: true });
  film = randomBytes(FILM);
  await writeFile(path.join(site, 'video', 'film.webm'), film);
  await mkdir(path.join(site, 'img'));
  album = Object.fromEntries(Object.entries(pictures).map(([name, length]) => [name, randomBytes(length)]));
  for (const [name, bytes] of Object.entries(album)) await writeFile(path.join(site, 'img', name), bytes);
  await writeFile(path.join(site, 'index.html'),
    '<!doctype html><title>A site</title><link rel="icon" href="data:,">');
  await copyFile(bundle, path.join(site, 'webtorrent.min.js'));
  besides = (await stat(bundle)).size + 4096;
  const config = path.join(temporary, 'config.json');
  await writeFile(config, JSON.stringify({ videoRoute: '/video' }));
  server = await startServer(site, { args: ['--config', config] });
  chromium = await launchChromium();
});
afterEach(async () => {
  for (const visitor of visitors.splice(0)) await visitor.close();
  await until('everybody to be gone', async () => (await server.stats()).swarms.length === 0);
});
after(async () => {
  await chromium?.close();
  const status = await server.stop();
  await rm(temporary, { recursive: true, force: true });
  assert.equal(status, 0);
});

const filmTorrent = () => '/torrent/film.torrent';
async function albumTorrent() {
  const index = await (await fetch(`${server.url}/.peertide/index.json`)).json();
  return `/.peertide/torrents/${index.assets['/img/one.jpg'].swarm}.torrent`;
}

/** A torrent file as the site has it, or without its web seed: then only visitors are left. */
async function torrentFile({ of = filmTorrent, webSeed = true } = {}) {
  const response = await fetch(server.url + await of());
  const bytes = Buffer.from(await response.arrayBuffer());
  if (webSeed) return bytes.toString('base64');
  const at = bytes.lastIndexOf('8:url-list');
  return Buffer.concat([bytes.subarray(0, at), Buffer.from('e')]).toString('base64');
}

async function page(prepare) {
  // Under the site's own name, which the torrents have for web seed and tracker.
  const visitor = await chromium.visitor({ privately: true });
  visitors.push(visitor);
  if (prepare) await visitor.prepare(prepare);
  return visitor.open(`${server.url}/`);
}

async function webTorrentPage(options) {
  const visitor = await page();
  await visitor.evaluate(add, await torrentFile(options));
  visitor.takeAll = () => visitor.evaluate(whole);
  visitor.takeFilm = async () => (await visitor.takeAll())['film.webm'];
  visitor.numbers = () => visitor.evaluate(numbers);
  return visitor;
}

async function peertidePage() {
  const visitor = await page(installKit);
  await visitor.evaluate(() => globalThis.kit.start());
  visitor.takeFilm = () => visitor.evaluate(() => globalThis.kit.hash('/video/film.webm'));
  visitor.stats = () => visitor.evaluate(() => globalThis.kit.stats());
  return visitor;
}

/** Bytes of the film that the site gave while `action` ran: less than a page loads besides counts as none. */
async function fromSite(action) {
  const { assetBodyBytes } = (await server.stats()).origin;
  await action();
  const more = (await server.stats()).origin.assetBodyBytes - assetBodyBytes;
  return more < besides ? 0 : more;
}
const met = (visitor, count = 1) => until('them to meet', async () =>
  (await visitor.stats()).peers.connected >= count);

describe('WebTorrent and Peertide in one swarm', () => {
  test('a WebTorrent page takes the film from the site, and seeds it to another through the tracker', async () => {
    const first = await webTorrentPage();
    assert.equal(await first.takeFilm(), sha256(film), 'the site is its web seed');
    assert.equal(await fromSite(async () => {
      const second = await webTorrentPage({ webSeed: false });
      assert.equal(await second.takeFilm(), sha256(film));
    }), 0);
    const { uploaded, warnings } = await first.numbers();
    assert.ok(uploaded >= FILM);
    assert.deepEqual(warnings, []);
  });

  test('a Peertide page takes the film from a WebTorrent page', async () => {
    const giver = await webTorrentPage();
    await giver.takeFilm();
    const taker = await peertidePage();
    await met(taker);
    assert.equal(await fromSite(async () => assert.equal(await taker.takeFilm(), sha256(film))), 0);
    assert.equal((await taker.stats()).peers.bytesIn, FILM);
    assert.ok((await giver.numbers()).uploaded >= FILM);
    taker.assertNoProblems();
  });

  test('a WebTorrent page takes the film from a Peertide page', async () => {
    const giver = await peertidePage();
    assert.equal(await giver.takeFilm(), sha256(film));
    const taker = await webTorrentPage({ webSeed: false });
    assert.equal(await fromSite(async () => assert.equal(await taker.takeFilm(), sha256(film))), 0);
    const { visitors: from, warnings } = await taker.numbers();
    assert.match(from[0].client, /^Peertide /);
    assert.deepEqual(warnings, []);
    assert.ok((await giver.stats()).peers.bytesOut >= FILM);
    giver.assertNoProblems();
  });

  test('whoever comes first, they meet: a page that waits is found by the one that comes', async () => {
    // The WebTorrent page can have the film from nobody until the Peertide page has it.
    const taker = await webTorrentPage({ webSeed: false });
    const giver = await peertidePage();
    await met(giver);
    assert.equal(await giver.takeFilm(), sha256(film));
    assert.equal(await taker.takeFilm(), sha256(film));
    giver.assertNoProblems();
  });

  test('a mixed swarm: two of each, who take it all at once', async () => {
    const peertide = [await peertidePage(), await peertidePage()];
    const webTorrent = [];
    const site = await fromSite(async () => {
      webTorrent.push(await webTorrentPage({ webSeed: false }), await webTorrentPage());
      await Promise.all(peertide.map((visitor) => met(visitor, 2)));
      const got = await Promise.all([...peertide, ...webTorrent].map((visitor) => visitor.takeFilm()));
      assert.deepEqual(got, Array(4).fill(sha256(film)));
    });
    assert.ok(site < 3 * FILM, `${site / FILM} films came from the site for four visitors`);
    const given = await Promise.all([...peertide.map(async (visitor) => (await visitor.stats()).peers.bytesOut),
      ...webTorrent.map(async (visitor) => (await visitor.numbers()).uploaded)]);
    const [{ peers }] = await Promise.all(peertide.map((visitor) => visitor.stats()));
    assert.ok(peers.connected >= 2);
    assert.ok(given[0] + given[1] > 0, 'Peertide pages gave');
    for (const visitor of peertide) visitor.assertNoProblems();
    const { answersDropped, hijacks } = (await server.stats()).tracker;
    assert.deepEqual([answersDropped, hijacks], [0, 0]);
  });

  test('an album: a WebTorrent page takes it from the site, a Peertide page from there, and gives it on', async () => {
    const wanted = Object.fromEntries(Object.entries(album).map(([name, bytes]) => [name, sha256(bytes)]));
    const right = (got) => {
      for (const [name, hash] of Object.entries(wanted)) assert.equal(got[name], hash, name);
    };
    const first = await webTorrentPage({ of: albumTorrent });
    right(await first.takeAll());
    assert.deepEqual((await first.numbers()).warnings, []);
    const second = await peertidePage();
    await met(second);
    assert.equal(await fromSite(async () => {
      for (const name of Object.keys(album)) {
        assert.equal(await second.evaluate((url) => globalThis.kit.hash(url), `/img/${name}`), wanted[name]);
      }
      await first.close();
      const third = await webTorrentPage({ of: albumTorrent, webSeed: false });
      right(await third.takeAll());
    }), 0);
    second.assertNoProblems();
  });
});
