// A site's player must play from other visitors what it played from the
// server, without knowing it: hls.js and dash.js as they are, and <audio>.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Stage, statsOf } from './harness/stage.mjs';
import { album, stream, streamsSite } from './harness/streams.mjs';
import { until } from './harness/wait.mjs';

let stage;
before(async () => { stage = await Stage.open({ site: await streamsSite() }); });
after(() => stage?.close());

/**
 * In the page: loads all of the film with a player (`name`), kept at one of its
 * bit rates (`level`) or as it likes, and plays a second of it from 60 % on.
 */
async function watch(name, url, level, { heights, bits, squares, rate_hz }) {
  const { kit } = globalThis;
  const film = Object.assign(document.createElement('video'), { muted: true });
  document.body.append(film);
  const errors = [];
  const begin = {
    async hls() {
      const options = { maxBufferLength: 60, maxMaxBufferLength: 60, startLevel: level ?? -1 };
      if (globalThis.hlsLoader) options.loader = globalThis.hlsLoader(kit.tide);
      const hls = new globalThis.Hls(options);
      hls.on('hlsError', (event, { details, fatal }) => { if (fatal) errors.push(details); });
      hls.loadSource(url);
      hls.attachMedia(film);
      await new Promise((resolve) => hls.once('hlsManifestParsed', resolve));
      if (level !== undefined) hls.loadLevel = level;
      return { levels: hls.levels.map(({ height }) => height), end: () => hls.destroy() };
    },
    async dash() {
      const player = globalThis.dashjs.MediaPlayer().create();
      const abr = level === undefined ? {} : { autoSwitchBitrate: { video: false }, initialBitrate: { video: level === 0 ? 1 : 100_000 } };
      player.updateSettings({ debug: { logLevel: 0 }, streaming: { abr, buffer: {
        bufferTimeDefault: 60, bufferTimeAtTopQuality: 60, bufferTimeAtTopQualityLongForm: 60 } } });
      player.on('error', ({ error }) => errors.push(error.message));
      const ready = new Promise((resolve) => player.on('streamInitialized', resolve));
      player.initialize(film, url, false);
      await ready;
      return { levels: player.getRepresentationsByType('video').map(({ height }) => height), end: () => player.destroy() };
    },
  };
  const { levels, end } = await begin[name]();
  const all = () => film.buffered.length === 1 && film.buffered.end(0) >= film.duration - 0.3;
  await new Promise((resolve, reject) => {
    const look = () => (errors.length > 0 ? reject(new Error(errors.join(', '))) : all() && resolve());
    film.addEventListener('progress', look);
    film.addEventListener('error', () => reject(new Error(film.error?.message)));
    look();
  });
  await kit.seek(film, 0.6);
  const wanted = Math.floor(film.currentTime * rate_hz + 0.01);
  const seek = { frame: await kit.frameAfterSeek(film, { bits, square_px: film.videoWidth / squares }, wanted), wanted };
  const time = await kit.play(film, 1);
  const height = film.videoHeight;
  end();
  film.remove();
  return { levels: levels.sort((a, b) => a - b), right: heights.includes(height), height, seek, time, duration: film.duration, errors };
}

function assertWatched(seen) {
  assert.deepEqual(seen.errors, []);
  assert.deepEqual(seen.levels, stream.heights, 'the player must know both bit rates');
  assert.ok(seen.right, `height ${seen.height}`);
  assert.ok(Math.abs(seen.seek.frame - seen.seek.wanted) <= 1, `frame ${seen.seek.frame} where ${seen.seek.wanted} belongs`);
}

/** Bytes that visitors deliver of the files in a folder, by the visitor's own count. */
const assetsOf = (visitor, folder) => visitor.evaluate((name) => globalThis.kit.stats().assets
  .filter(({ path }) => path.startsWith(name)), folder);

const ways = {
  'hls.js by the service worker': { name: 'hls', url: stream.hls },
  'dash.js by the service worker': { name: 'dash', url: stream.dash },
  'hls.js by its loader, without a service worker': { name: 'hls', url: stream.hls, explicit: true },
};

async function arrive(browser, explicit) {
  const visitor = await stage.arrive({ browser, start: explicit ? { serviceWorker: false } : {} });
  if (explicit) {
    await visitor.evaluate(async () => { globalThis.hlsLoader = (await import('/.peertide/peertide.hls.js')).hlsLoader; });
  }
  return visitor;
}

for (const browser of ['Chromium', 'Firefox']) {
  for (const [way, { name, url, explicit }] of Object.entries(ways)) {
    test(`${browser}: ${way} plays both bit rates, for the second viewer mostly from the first`, async () => {
      const first = await arrive(browser, explicit);
      for (const level of [0, 1]) {
        const seen = await first.evaluate(watch, name, url, level, stream);
        assertWatched(seen);
        assert.equal(seen.height, stream.heights[level], 'the bit rate that was asked for');
      }
      const second = await arrive(browser, explicit);
      const folder = url.replace(/[^/]*$/, '');
      const { result, assetBodyBytes } = await stage.server.measure(() => second.evaluate(watch, name, url, undefined, stream));
      assertWatched(result);
      const took = await until('the film to be counted', async () => {
        const assets = await assetsOf(second, folder);
        const bytes = assets.reduce((sum, { fromPeers, fromOrigin }) => sum + fromPeers + fromOrigin, 0);
        return bytes > 500_000 && { bytes, peers: assets.reduce((sum, { fromPeers }) => sum + fromPeers, 0) };
      });
      assert.ok(assetBodyBytes <= 0.2 * took.bytes, `${assetBodyBytes} of ${took.bytes} bytes came from the origin`);
      assert.ok(took.peers >= 0.8 * took.bytes, `${took.peers} of ${took.bytes} bytes came from the first viewer`);
      first.assertNoProblems();
      second.assertNoProblems();
      await second.close();
      await first.close();
    });
  }

  test(`${browser}: <audio> plays and seeks from an unchanged URL, from another visitor`, async () => {
    const first = await stage.arrive({ browser });
    await first.evaluate((url) => globalThis.kit.hash(url), album);
    const second = await stage.arrive({ browser });
    const duration = await second.evaluate(async (url) => {
      const sound = Object.assign(new Audio(), { preload: 'metadata', muted: true, controls: true });
      document.body.append(sound);
      await new Promise((resolve, reject) => {
        sound.onloadedmetadata = resolve;
        sound.onerror = () => reject(new Error(sound.error?.message));
        sound.src = url;
      });
      globalThis.sound = sound;
      return sound.duration;
    }, album);
    // Until the visitors have met, a player that is in a hurry is served by the site.
    await until('the visitors to have met', async () => (await statsOf(second)).peers.connected === 1);
    const { result, assetBodyBytes } = await stage.server.measure(() => second.evaluate(async () => {
      const { kit, sound } = globalThis;
      const time = await kit.seek(sound, 0.8);
      return { time, after: await kit.play(sound, 1) };
    }));
    assert.ok(Math.abs(duration - 60) < 0.5, `${duration} s long`);
    assert.ok(Math.abs(result.time - 48) < 0.5 && result.after >= result.time + 1, JSON.stringify(result));
    const length = await second.evaluate(async (url) => (await (await fetch(url)).arrayBuffer()).byteLength, album);
    assert.ok(assetBodyBytes <= 0.2 * length, `${assetBodyBytes} of ${length} bytes came from the origin`);
    first.assertNoProblems();
    second.assertNoProblems();
    await second.close();
    await first.close();
  });
}

test('playlists and segments have the media types that players and other servers know', async () => {
  const { assets } = await (await fetch(`${stage.server.url}/.peertide/index.json`)).json();
  const types = { m3u8: 'application/vnd.apple.mpegurl', mpd: 'application/dash+xml', ts: 'video/mp2t', m4s: 'video/iso.segment', ogg: 'audio/ogg' };
  const seen = new Set();
  for (const [path, { type }] of Object.entries(assets)) {
    const kind = path.split('.').at(-1);
    if (!(kind in types)) continue;
    seen.add(kind);
    assert.equal(type, types[kind], path);
    const response = await fetch(stage.server.url + path, { method: 'HEAD' });
    assert.equal(response.headers.get('content-type'), types[kind], path);
  }
  assert.deepEqual([...seen].sort(), Object.keys(types).sort());
});
