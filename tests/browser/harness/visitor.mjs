// One visitor of a site: a page with a cache, storage and service workers that
// no other visitor has, whichever browser it runs in.
import assert from 'node:assert/strict';
import { seconds } from './wait.mjs';

// Firefox says so whenever whoever asked lets go of a service worker's answer
// before he has read it to its end, as its player does for every jump: the copy
// of the body into the request's pipe then ends early (BodyComplete() in
// dom/serviceworkers/FetchEventOpChild.cpp). No service worker can prevent it:
// it comes for a constant buffer and for a body that ends quietly once it is
// cancelled, too, and for respondWith(fetch(event.request)). Only answers so
// short that they are read at once don't bring it about. A Response made by
// script has no URL, hence the empty quotes; a request that is aborted before
// its first byte is not logged.
const droppedByPlayer = /^Failed to load ‘’\. A ServiceWorker intercepted the request/;

export class Visitor {
  /** What a careful visitor would see in the console: errors and warnings of the page's scripts. */
  problems = [];
  #places;
  #browser;

  constructor(browser, places, page) {
    this.#browser = browser;
    this.#places = places;
    this.page = page;
    page.setDefaultTimeout(seconds(120));
    page.on('pageerror', (error) => {
      const text = String(error?.message ?? error);
      if (!droppedByPlayer.test(text)) this.problems.push(`uncaught: ${text}`);
    });
    page.on('error', (error) => this.problems.push(`the page is gone: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') this.problems.push(`console.error: ${message.text()} ${message.location()?.url ?? ''}`);
    });
  }

  /** The browser's: `Chromium` or `Firefox`. */
  get name() {
    return this.#browser.name;
  }

  /** Another tab of the same visitor. */
  async tab() {
    return new Visitor(this.#browser, this.#places, await this.#places.newPage());
  }

  /** Closes this tab only. */
  async closeTab() {
    await this.page.close({ runBeforeUnload: false });
  }

  /** Runs `script` (a function) in every document of this visitor before its own scripts. */
  async prepare(script, ...args) {
    await this.page.evaluateOnNewDocument(script, ...args);
    return this;
  }

  /** The address that a page of 127.0.0.1 has for this visitor. */
  at(url) {
    return this.#places.at(url);
  }

  async open(url) {
    await this.page.goto(this.at(url), { waitUntil: 'load', timeout: seconds(120) });
    return this;
  }

  evaluate(script, ...args) {
    return this.page.evaluate(script, ...args);
  }

  assertNoProblems() {
    assert.deepEqual(this.problems, [], 'the page must stay free of errors');
  }

  /** Leaves politely: the tab is closed, its pagehide handlers run. */
  async close() {
    await this.page.close({ runBeforeUnload: false }).catch(() => {});
    await this.#places.close().catch(() => {});
  }

  /** Gone without a farewell, and with it all visitors of the same browser. */
  kill() {
    return this.#browser.kill();
  }
}
