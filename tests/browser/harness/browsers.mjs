// Headless Chromium and Firefox behind one small interface:
//   const browser = await launchChromium();        // or launchFirefox()
//   const visitor = await browser.visitor();       // as many as wanted
//   await browser.close();                         // or browser.kill()
import { once } from 'node:events';
import puppeteer from 'puppeteer-core';
import { chromiumProgram, firefoxProgram } from './paths.mjs';
import { Visitor } from './visitor.mjs';
import { seconds } from './wait.mjs';

const chromiumFlags = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
  // Host candidates with addresses: there is no mDNS in a test machine.
  '--disable-features=WebRtcHideLocalIpsWithMdns',
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

class Browser {
  #puppet;
  #visitors = new Set();
  #ownProfile;

  constructor(name, puppet, profile) {
    this.name = name;
    this.#puppet = puppet;
    this.#ownProfile = profile !== undefined;
  }

  /** Of the browser's first process. */
  get pid() {
    return this.#puppet.process().pid;
  }

  async visitor() {
    const context = this.#ownProfile ? this.#puppet.defaultBrowserContext() : await this.#puppet.createBrowserContext();
    const visitor = new Visitor(this, context, await context.newPage());
    this.#visitors.add(visitor);
    return visitor;
  }

  /**
   * A tab of the browser's own profile, told apart by nothing but the host name
   * that it opens. The contexts of `visitor()` are private windows, where
   * Chromium keeps a site's files in the memory of another process.
   */
  async ownTab() {
    const visitor = new Visitor(this, { close: async () => {} }, await this.#puppet.newPage());
    this.#visitors.add(visitor);
    return visitor;
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
