// A stage for one test file: a server with a site, browsers, and visitors
// that arrive, take the site and are looked at. Everything ends with it.
import assert from 'node:assert/strict';
import { Browsers, launch } from './browsers.mjs';
import { expectedMedia, smallSite, totalLength } from './fixture.mjs';
import { installKit } from './page-kit.mjs';
import { startServer } from './server.mjs';

export class Stage {
  #closers = [];
  #visitors = new Set();
  #browsers;

  /**
   * With a server for `site` (default: the small site); `args` go to `peertide serve`. Launching browsers
   * takes seconds: the stages of a file may share `browsers`, which only their visitors leave in the end.
   */
  static async open({ site, args, browsers } = {}) {
    const stage = new Stage();
    stage.#browsers = browsers ?? new Browsers();
    if (!browsers) stage.atEnd(() => stage.#browsers.close());
    stage.site = site ?? (await smallSite());
    stage.expected = await expectedMedia(stage.site);
    stage.length = totalLength(stage.expected);
    stage.server = await startServer(stage.site, { args });
    stage.atEnd(() => stage.server.kill());
    return stage;
  }

  get pictures() {
    return [...this.expected].filter(([, { video }]) => !video).map(([url]) => url);
  }

  get films() {
    return [...this.expected].filter(([, { video }]) => video).map(([url]) => url);
  }

  /** Has `close` called when the stage ends, the last one first. */
  atEnd(close) {
    this.#closers.push(close);
  }

  /** The shared browser of that name, or with `options` one of its own. */
  async browser(name = 'Chromium', options) {
    if (!options) return this.#browsers.get(name);
    const browser = await launch(name, options);
    this.atEnd(() => browser.close());
    return browser;
  }

  /**
   * A new visitor on the site's page.
   * - `browser`: name or browser; `url`: origin to go to (default: the server)
   * - `privately`: in a private window
   * - `start`: options of Peertide.start; false: the page starts nothing
   * - `prepare`: run in the page before everything else
   */
  async arrive({ browser, privately, ...rest } = {}) {
    return this.#open(await this.visitor(browser, { privately }), rest);
  }

  /** A new visitor in a browser (name or browser), on no page yet; options as for Browser.visitor. */
  async visitor(browser = 'Chromium', options) {
    const visitor = await (typeof browser === 'string' ? await this.browser(browser) : browser).visitor(options);
    this.#visitors.add(visitor);
    return visitor;
  }

  /** Another tab of a visitor, on the site's page; options as above. */
  async openTab(visitor, options = {}) {
    return this.#open(await visitor.tab(), options);
  }

  async #open(visitor, { url = this.server.url, start = {}, prepare }) {
    await visitor.prepare(installKit);
    if (prepare) await visitor.prepare(prepare);
    await visitor.open(`${url}/`);
    if (start) await visitor.evaluate((options) => globalThis.kit.start(options), start);
    return visitor;
  }

  /** The visitor looks at every picture and reads every file; all must be right. */
  async takeAll(visitor) {
    const got = await visitor.evaluate((pictures, films) => globalThis.kit.visit(pictures, films), this.pictures, this.films);
    this.assertRight(got);
  }

  /** The visitor reads these files only; all must be right. */
  async take(visitor, urls) {
    const got = await visitor.evaluate((list) => Promise.all(list.map(async (url) => [url, await globalThis.kit.hash(url)])), urls);
    this.assertRight(got);
  }

  /** [[url, sha256], …] as the page saw it is what the site has. */
  assertRight(got) {
    const wrong = got.filter(([url, sha256]) => this.expected.get(url).sha256 !== sha256).map(([url]) => url);
    assert.deepEqual(wrong, [], 'bytes that reached the page but are not those of the site');
  }

  /** Takes everything and returns what the origin's counters grew by. */
  async measureTakeAll(visitor) {
    return this.server.measure(() => this.takeAll(visitor));
  }

  async close() {
    await Promise.all([...this.#visitors].map((visitor) => visitor.close()));
    for (const close of this.#closers.reverse()) await close();
  }
}

/** The visitor's own counters (tide.stats()). */
export const statsOf = (visitor) => visitor.evaluate(() => globalThis.kit.stats());
/** The events of one type the visitor's instance has told so far. */
export const eventsOf = (visitor, type) => visitor.evaluate((name) => globalThis.kit.events[name], type);
