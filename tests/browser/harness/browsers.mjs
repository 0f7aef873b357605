// Headless Chromium and Firefox behind one small interface:
//   const browser = await launchChromium();        // or launchFirefox()
//   const visitor = await browser.visitor();       // as many as wanted
//   await browser.close();                         // or browser.kill()
import assert from 'node:assert/strict';
import { once } from 'node:events';
import puppeteer from 'puppeteer-core';
import { chromiumProgram, firefoxProgram } from './paths.mjs';
import { Visitor } from './visitor.mjs';
import { seconds } from './wait.mjs';

const chromiumFlags = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
  // Host candidates with addresses: there is no mDNS in a test machine. And every visitor looks at his page: as a
  // tab among others it would get the processor last, while the threads that feed it come first.
  '--disable-features=WebRtcHideLocalIpsWithMdns,PMProcessPriorityPolicy',
  '--autoplay-policy=no-user-gesture-required', '--mute-audio',
  // Headless tabs count as visible, but several share one process's timers.
  '--disable-background-timer-throttling', '--disable-renderer-backgrounding',
];

const firefoxPreferences = {
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  'media.peerconnection.ice.loopback': true,
  'media.autoplay.default': 0,
  'network.proxy.type': 0,
  'app.update.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
};

/** Visitors there have been: no host name is ever used twice. */
let hosts = 0;

/** Someone with a browsing context of his own: a private window in Chromium, a container in Firefox. */
class OwnContext {
  #context;

  constructor(context) {
    this.#context = context;
  }

  newPage() {
    return this.#context.newPage();
  }

  /** The address of a page for this visitor. */
  at(url) {
    return url;
  }

  /** Closes what is still open. */
  async close() {
    await this.#context.close();
  }
}

/**
 * Someone in tabs of the browser's own profile. Of others there he is told apart by nothing but the host name
 * that stands for 127.0.0.1: storage, caches, cookies and service workers go by it.
 */
class OwnName {
  #puppet;
  #host;
  #pages = new Set();

  constructor(puppet, host) {
    this.#puppet = puppet;
    this.#host = host;
  }

  /** Behind another tab, but as if it were in front: a window for each takes four times the processor time. */
  async newPage() {
    const page = await this.#puppet.newPage({ background: true });
    this.#pages.add(page);
    page.once('close', () => this.#pages.delete(page));
    await page.emulateFocusedPage(true);
    return page;
  }

  at(url) {
    if (!this.#host) return url;
    const own = url.replace('//127.0.0.1', `//${this.#host}`);
    assert.notEqual(own, url, 'under another name than 127.0.0.1 visitors are told apart by private windows only');
    return own;
  }

  async close() {
    await Promise.all([...this.#pages].map((page) => page.close({ runBeforeUnload: false }).catch(() => {})));
  }
}

class Browser {
  #puppet;
  #ownProfile;

  constructor(name, puppet, profile) {
    this.name = name;
    this.#puppet = puppet;
    this.#ownProfile = profile !== undefined;
  }

  /**
   * A visitor who has never been here. In Chromium an ordinary one: in a private window (`privately`) a site's
   * files are in the memory of another process, and each access to them crosses over to it. Firefox keeps the
   * files of a container on the disk.
   */
  async visitor({ privately = this.name === 'Firefox' } = {}) {
    const places = await this.#places(privately);
    return new Visitor(this, places, await places.newPage());
  }

  async #places(privately) {
    if (!privately) return new OwnName(this.#puppet, this.#ownProfile ? undefined : `v${++hosts}.localhost`);
    return new OwnContext(this.#ownProfile ? this.#puppet.defaultBrowserContext() : await this.#puppet.createBrowserContext());
  }

  /** The process id of the browser. */
  get pid() {
    return this.#puppet.process().pid;
  }

  async close() {
    await this.#puppet.close().catch(() => this.kill());
  }

  /** SIGKILL to the browser's process; its children end with it. */
  async kill() {
    const child = this.#puppet.process();
    if (child && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
  }
}

/**
 * `flags` are added to the command line, e.g. ['--js-flags=--no-expose-wasm'];
 * with `profile`, a folder, all visitors are the same one, who comes again when
 * a browser is launched with that folder again.
 */
export async function launchChromium({ flags = [], profile } = {}) {
  return new Browser('Chromium', await puppeteer.launch({
    browser: 'chrome', executablePath: chromiumProgram, headless: true,
    args: [...chromiumFlags, ...flags], userDataDir: profile, protocolTimeout: seconds(300),
  }), profile);
}

/** `profile` as above. */
export async function launchFirefox({ profile } = {}) {
  return new Browser('Firefox', await puppeteer.launch({
    browser: 'firefox', executablePath: firefoxProgram, headless: true,
    extraPrefsFirefox: firefoxPreferences, userDataDir: profile, protocolTimeout: seconds(300),
  }), profile);
}

/** The launcher of a browser by its name. */
export const launch = (name, options) => (name === 'Firefox' ? launchFirefox : launchChromium)(options);

/** Browsers that many visitors share, each launched when it is asked for first. */
export class Browsers {
  #launched = new Map();

  /** `Chromium` or `Firefox`. */
  get(name) {
    if (!this.#launched.has(name)) this.#launched.set(name, launch(name));
    return this.#launched.get(name);
  }

  async close() {
    await Promise.all([...this.#launched.values()].map(async (browser) => (await browser).close()));
  }
}
