// WebTorrent in two pages, as its users have it: its own bundle, its own
// tracker (npm bittorrent-tracker), no servers for ICE.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { once } from 'node:events';
import Server from 'bittorrent-tracker/server';
import { serve } from '../browser/harness/web.mjs';

const bundle = await readFile(createRequire(import.meta.url).resolve('webtorrent/dist/webtorrent.min.js'));

/** A page with WebTorrent's bundle and a tracker: { url, tracker, close }. */
export async function serveWebTorrent(file) {
  const tracker = new Server({ udp: false, http: false, ws: true, stats: false });
  tracker.on('error', (error) => { throw error; });
  tracker.listen(0, '127.0.0.1');
  await once(tracker, 'listening');
  const web = await serve((request, response) => {
    const [type, body] = {
      '/': ['text/html', '<!doctype html><title>WebTorrent</title><link rel="icon" href="data:,">'],
      '/webtorrent.min.js': ['text/javascript', bundle],
    }[request.url] ?? ['application/octet-stream', file];
    response.writeHead(200, { 'content-type': type, 'content-length': body.length });
    response.end(body);
  });
  const { port } = tracker.ws.address?.() ?? tracker.http.address();
  const close = async () => {
    await web.close();
    await new Promise((resolve) => tracker.close(resolve));
  };
  return { url: web.url, tracker: `ws://127.0.0.1:${port}`, close };
}

/** In the giver: seeds the file; the torrent as base64. */
export async function seed(announce) {
  const { default: WebTorrent } = await import('/webtorrent.min.js');
  const file = new File([await (await fetch('/big.webm')).arrayBuffer()], 'big.webm');
  const client = new WebTorrent({ tracker: { rtcConfig: {} } });
  globalThis.client = client;
  const torrent = await new Promise((resolve, reject) => {
    client.on('error', reject);
    const made = client.seed(file, { announce: [announce], store: globalThis.storeOf('memory') }, resolve);
    made.on('error', reject);
  });
  return btoa(String.fromCharCode(...new Uint8Array(torrent.torrentFile)));
}

/** In the taker: milliseconds from nothing to a complete, verified file in `store` ('opfs' or 'memory'). */
export async function take(torrent, store) {
  const { default: WebTorrent } = await import('/webtorrent.min.js');
  const bytes = Uint8Array.from(atob(torrent), (letter) => letter.charCodeAt(0));
  const start_ms = performance.now();
  const client = new WebTorrent({ tracker: { rtcConfig: {} } });
  const length = await new Promise((resolve, reject) => {
    client.on('error', reject);
    client.add(bytes, { store: globalThis.storeOf(store) }, (added) => {
      if (added.done) resolve(added.length);
      added.on('done', () => resolve(added.length));
    });
  });
  return { length, elapsed_ms: performance.now() - start_ms };
}

/** In both pages, before everything: a store in memory (abstract-chunk-store). */
export function installStores() {
  class MemoryStore {
    #chunks = [];
    constructor(chunkLength) { this.chunkLength = chunkLength; }
    put(index, bytes, done = () => {}) { this.#chunks[index] = bytes; queueMicrotask(() => done(null)); }
    get(index, options, done) {
      if (typeof options === 'function') return this.get(index, null, options);
      const chunk = this.#chunks[index];
      const from = options?.offset ?? 0;
      const part = chunk && (options ? chunk.subarray(from, from + (options.length ?? chunk.length - from)) : chunk);
      queueMicrotask(() => (part ? done(null, part) : done(new Error('no such chunk'))));
    }
    close(done = () => {}) { queueMicrotask(() => done(null)); }
    destroy(done = () => {}) { this.#chunks = []; queueMicrotask(() => done(null)); }
  }
  // undefined: WebTorrent's own choice, the origin private file system.
  globalThis.storeOf = (name) => (name === 'memory' ? MemoryStore : undefined);
}
