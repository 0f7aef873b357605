// A visitor who does this and that, as a seed says: looks at pictures, jumps in
// the film, reads files and parts of them, changes his mind, reloads, goes to
// the other page, loses the site and finds it again, leaves and comes back.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { video } from './fixture.mjs';
import { installKit } from './page-kit.mjs';
import { proxyTo } from './proxy.mjs';
import { pages, setOptions } from './two-pages.mjs';
import { seconds, within } from './wait.mjs';

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Runs before the page's scripts: which of its connections have not been closed. */
function countConnections() {
  const open = new Set();
  globalThis.openConnections = open;
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...args) {
      super(...args);
      open.add(this);
    }

    close() {
      open.delete(this);
      super.close();
    }
  };
}

// In the page.
const forgetFilm = () => {
  const film = globalThis.kit.current;
  if (!film) return;
  film.removeAttribute('src');
  film.load();
  film.remove();
  globalThis.kit.current = undefined;
};
async function seekTo(url, part, { code, frames }) {
  const { kit } = globalThis;
  if (!kit.current) await kit.film(url);
  await kit.seek(kit.current, part);
  return kit.frameAfterSeek(kit.current, code, part * frames);
}
async function showPicture(url) {
  document.querySelectorAll('img').forEach((image) => image.remove());
  await globalThis.kit.picture(url);
}
async function abortReading(url) {
  const leave = new AbortController();
  const { body } = await fetch(url, { signal: leave.signal });
  const reader = body.getReader();
  const { value } = await reader.read();
  leave.abort();
  return reader.read().then(({ done }) => (done ? value.length : 'read on'), ({ name }) => name);
}
const decide = (consent) => {
  localStorage.consent = consent;
  globalThis.kit.tide.setConsent(consent);
};

// What browsers write into the console when a site can't be reached. Scripts can't prevent it.
const unreachable = /Failed to load resource|net::ERR_|WebSocket connection to .* failed|can’t establish a connection|was interrupted while the page was loading|Cross-Origin Request Blocked|Loading failed for the/;
// A network error goes through the service worker as one, as without it; Firefox says so of each request.
const networkError = /Failed to load ‘([^’]+)’\. A ServiceWorker passed a promise to FetchEvent\.respondWith\(\) that rejected with ‘TypeError: NetworkError/;
// So it says of an answer that the site should have gone on with, and of the picture of which there is only the beginning.
const brokenOff = /Failed to load ‘([^’]+)’\. A ServiceWorker intercepted the request and encountered an unexpected error/;
const halfAPicture = /Image corrupt or truncated/;
// So Firefox says of a connection to somebody who went while it was being made. Scripts hear it as well, as a state.
const goneMeanwhile = /^uncaught: WebRTC: ICE failed/;
/** Firefox's network process tells of an error some actions after it was. */
const TOLD_MS_MAX = 10_000;
const pathOf = (url) => (url === undefined ? undefined : new URL(url).pathname);

export class Restless {
  /** What was done, in order. */
  done = [];
  /** What no visitor may find in his console. */
  problems = [];
  #stage;
  #proxy;
  #random;
  #options;
  #offline = false;
  /** Paths of requests that did not reach the site, and when that was. */
  #refused = new Map();
  #at = pages[0];

  /** `stays`: in one document, from the beginning to the end; `start`: options of Peertide.start. */
  constructor(stage, { name, seed, browser = 'Chromium', stays = false, start = {} }) {
    Object.assign(this, { name, browser, stays });
    this.#stage = stage;
    this.#random = generator(seed);
    this.#options = start;
  }

  async arrive() {
    this.#proxy = await proxyTo(this.#stage.server.url);
    this.#stage.atEnd(() => this.#proxy.close());
    await this.#comeAsNew();
  }

  /** Does one thing, to its end. */
  async act() {
    const moves = this.stays ? [] : ['reload', 'other page', 'other page', 'come again', 'change tabs', 'come as somebody else'];
    const name = this.#pick([...moves, 'seek', 'seek', 'picture', 'picture', 'file', 'file', 'range', 'range', 'range', 'abort', 'abort',
      'consent', this.#offline ? 'online' : 'offline', ...(this.#offline ? ['online', 'online'] : [])]);
    const began = this.#offline;
    this.done.push(began ? `${name} (offline)` : name);
    await within(`${this.name}: ${this.done.slice(-5).join(', ')}`, this.#do(name), seconds(90));
    this.#keepProblems();
    this.#proxy.requests.length = 0;
    this.#proxy.told = '';
  }

  /**
   * Comes to rest, for others to look at: online, with consent, on a page without film and pictures. Who moves
   * takes a new tab: Chromium keeps pages that were left (540 KB each), in case that somebody goes back to them.
   */
  async rest() {
    if (this.#offline) await this.#online();
    if (!this.stays) await this.#comeAgain(false);
    await this.tab.evaluate(decide, 'granted');
    await this.tab.evaluate(forgetFilm);
    await this.tab.evaluate(() => document.querySelectorAll('img').forEach((image) => image.remove()));
  }

  /** Reads all there is; it must be right. */
  async readAll() {
    for (const url of this.#stage.expected.keys()) await this.#read(url);
  }

  async leave() {
    this.#keepProblems();
    await this.tab.close();
  }

  assertNoProblems() {
    this.#keepProblems();
    assert.deepEqual(this.problems, [], `${this.name}: the console must stay free of errors`);
  }

  #pick(list) {
    return list[Math.floor(this.#random() * list.length)];
  }

  #keepProblems() {
    const now = Date.now();
    for (const [path, at] of this.#refused) if (now - at > TOLD_MS_MAX) this.#refused.delete(path);
    const explained = (problem) => unreachable.test(problem) || goneMeanwhile.test(problem) ||
      [networkError, brokenOff].some((error) => this.#refused.has(pathOf(error.exec(problem)?.[1]))) ||
      (halfAPicture.test(problem) && [...this.#refused.keys()].some((path) => path.startsWith('/img/')));
    const left = this.tab.problems.splice(0).filter((problem) => !explained(problem));
    this.problems.push(...left.map((problem) => `${problem} (after ${this.done.slice(-8).join(', ')})`));
  }

  #do(name) {
    const urls = [...this.#stage.expected.keys()];
    switch (name) {
      case 'seek': return this.#seek(Math.floor(this.#random() * video.frames) / video.frames);
      case 'picture': return this.#try(this.tab.evaluate(showPicture, this.#pick(this.#stage.pictures)));
      case 'file': return this.#try(this.#read(this.#pick(urls)));
      case 'range': return this.#try(this.#readRange(this.#pick(urls), this.#random(), this.#random()));
      case 'abort': return this.#try(this.#abort(this.#pick(urls)));
      case 'consent': return this.tab.evaluate(decide, this.#pick(['granted', 'granted', 'download-only', 'denied']));
      case 'offline': return this.#goOffline();
      case 'online': return this.#online();
      case 'reload': return this.#move((lost) => (lost ? this.#open() : this.#reload()));
      case 'other page': return this.#move(() => {
        this.#at = pages.find((page) => page !== this.#at);
        return this.#open();
      });
      case 'come again': return this.#move(() => this.#comeAgain(false));
      case 'change tabs': return this.#move(() => this.#comeAgain(true));
      case 'come as somebody else': return this.#move(() => this.#comeAsNew());
      default: throw new Error(name);
    }
  }

  /** Offline a visitor may get what is here or with others; what he gets is right all the same. */
  async #try(action) {
    try {
      return await action;
    } catch (error) {
      if (!this.#offline || error instanceof assert.AssertionError) throw error;
    }
  }

  async #read(url) {
    const hash = await this.tab.evaluate((target) => globalThis.kit.hash(target), url);
    assert.equal(hash, this.#stage.expected.get(url).sha256, url);
  }

  async #readRange(url, from, part) {
    const bytes = await readFile(path.join(this.#stage.site, url));
    const first = Math.floor(from * bytes.length);
    const last = Math.min(bytes.length - 1, first + Math.floor(part * part * bytes.length));
    const hash = await this.tab.evaluate((target, range) => globalThis.kit.hash(target, { headers: { range } }), url, `bytes=${first}-${last}`);
    assert.equal(hash, createHash('sha256').update(bytes.subarray(first, last + 1)).digest('hex'), `${url} ${first}-${last}`);
  }

  async #abort(url) {
    // A body that is there to its end has nothing to be aborted any more.
    const { length } = this.#stage.expected.get(url);
    const end = await this.tab.evaluate(abortReading, url);
    assert.ok(end === 'AbortError' || end === length, `${url}, ${length} bytes: ${end}`);
  }

  /** A player who can't reach the site may wait for it: that ends with his patience. */
  async #seek(part) {
    const seeking = this.tab.evaluate(seekTo, this.#stage.films[0], part, video);
    if (this.#offline) {
      await within('a seek without the site', seeking, seconds(10)).catch(() => {});
      seeking.catch(() => {});
      await this.tab.evaluate(forgetFilm);
      return;
    }
    const frame = await seeking;
    assert.ok(Math.abs(frame - part * video.frames) <= 1, `frame ${frame} where ${part * video.frames} belongs`);
  }

  async #goOffline() {
    await this.tab.evaluate(forgetFilm);
    this.#offline = true;
    this.#proxy.refuse = ({ url }) => {
      this.#refused.set(url.split('?')[0], Date.now());
      return true;
    };
    this.#proxy.cut();
  }

  async #online() {
    this.#proxy.refuse = () => false;
    this.#offline = false;
    await this.tab.evaluate(forgetFilm);
  }

  /** Leaves the document. Without the site that ends at the browser's own page, or at a copy from its cache. */
  async #move(go) {
    const lost = this.#offline;
    if (lost) {
      await this.tab.page.goto(this.tab.at(this.#proxy.url + this.#at), { timeout: seconds(20) }).catch(() => {});
      this.#proxy.refuse = () => false;
      this.#offline = false;
    }
    await go(lost); // the browser's own page, still on its way, can't be reloaded
  }

  async #open() {
    await this.tab.open(this.#proxy.url + this.#at);
    await this.#adopt();
  }

  async #reload() {
    await this.tab.page.reload({ timeout: seconds(60) });
    await this.#adopt();
  }

  /**
   * The page's own Peertide runs: where it could not start it would say so. A navigation that follows one that
   * failed may be told to be done while the browser's own page, of which that ended, is still there.
   */
  async #adopt() {
    await this.tab.page.waitForFunction(() => globalThis.tide);
    await this.tab.evaluate(() => globalThis.kit.adopt('tide'));
    const { fallback } = await this.tab.evaluate(() => globalThis.kit.stats());
    assert.equal(fallback, undefined, 'Peertide must run on the page');
  }

  /** In another tab, which is there before the first is gone (and takes its node over), or after. */
  async #comeAgain(before) {
    const left = this.tab;
    this.#keepProblems();
    const tab = await left.tab();
    if (!before) await left.closeTab();
    await this.#enter(tab);
    if (before) await left.closeTab();
  }

  async #comeAsNew() {
    if (this.tab) await this.leave();
    await this.#enter(await this.#stage.visitor(this.browser));
  }

  async #enter(tab) {
    this.tab = tab;
    await tab.prepare(installKit);
    await tab.prepare(countConnections);
    await tab.prepare(setOptions, this.#options);
    await this.#open();
  }
}
