import type { PeertideStats } from '../page/stats.ts';
import { RateHistory } from './rate-history.ts';
import { Base, upgradeProperty } from './upgrade.ts';

/** What the element needs of a running `Peertide`. */
export interface StatsSource extends EventTarget {
  /** See `Peertide.stats`. */
  stats(): PeertideStats;
}

/** Seconds in the picture. */
const SECONDS = 60;
const WIDTH = 240;
const HEIGHT = 48;

const STYLE = `
:host { display: block; font: 0.9375rem/1.4 system-ui, sans-serif; color: var(--peertide-text, #17212b);
  background: var(--peertide-background, #fff); --in: var(--peertide-peers, #0b5c7a); --from: var(--peertide-origin, #9a4b00); }
:host([hidden]) { display: none; }
section { padding: 0.75rem 1rem; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: 0.25rem 1rem; margin: 0 0 0.5rem; }
dt { font-size: 0.8125rem; }
dd { margin: 0; font-size: 1.125rem; font-weight: 600; font-variant-numeric: tabular-nums; }
svg { display: block; width: 100%; height: 3rem; }
path { fill: none; stroke-width: 1.5; vector-effect: non-scaling-stroke; }
.peers { stroke: var(--in); } .origin { stroke: var(--from); stroke-dasharray: 4 2; }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (prefers-reduced-motion: no-preference) { path { transition: d 0.3s linear; } }
@media (prefers-color-scheme: dark) {
  :host { color: var(--peertide-text, #eef2f5); background: var(--peertide-background, #17212b);
    --in: var(--peertide-peers, #8fd3ee); --from: var(--peertide-origin, #fbbf24); }
}`;

const SHAPE = `
<section part="box" aria-label="Delivered by visitors">
<dl part="figures">
<div><dt part="label"><slot name="saved">brought by visitors</slot></dt><dd part="figure" id="saved"></dd></div>
<div><dt part="label"><slot name="peers">connected</slot></dt><dd part="figure" id="peers"></dd></div>
<div><dt part="label"><slot name="down">arriving</slot></dt><dd part="figure" id="down"></dd></div>
<div><dt part="label"><slot name="up">passed on</slot></dt><dd part="figure" id="up"></dd></div>
</dl>
<svg part="graph" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img">
<path class="origin" part="origin"/><path class="peers" part="peers"/></svg>
<p class="spoken" role="status"></p></section>`;

/**
 * Shows what visitors saved the site: bytes, connections, rates, and the last
 * minute as a line. Give it the running instance:
 *
 *     import { PeertideStatsElement } from 'peertide/stats';
 *     PeertideStatsElement.define();
 *     document.querySelector('peertide-stats').tide = tide;
 *
 * A screen reader is told when others come or are gone, not every figure. Labels
 * are slots (`saved`, `peers`, `down`, `up`); looks are parts (`box`, `figures`,
 * `label`, `figure`, `graph`, `origin`, `peers`) and the properties
 * `--peertide-background`, `-text`, `-peers` and `-origin`.
 */
export class PeertideStatsElement extends Base {
  readonly #history = new RateHistory(SECONDS);
  #tide: StatsSource | undefined;
  #abort: AbortController | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #spoken = '';

  /** Makes the browser know the element, under this name. */
  static define(name = 'peertide-stats'): void {
    if (!customElements.get(name)) customElements.define(name, this);
  }

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    root.innerHTML = SHAPE;
  }

  /** The instance whose figures are shown. */
  get tide(): StatsSource | undefined {
    return this.#tide;
  }

  /** Shows another's figures from here on. */
  set tide(tide: StatsSource | undefined) {
    this.#stop();
    this.#tide = tide;
    this.#history.clear();
    if (this.isConnected) this.#begin();
  }

  /** @internal The browser's call. */
  connectedCallback(): void {
    upgradeProperty(this, 'tide');
    this.#begin();
  }

  /** @internal The browser's call. */
  disconnectedCallback(): void {
    this.#stop();
  }

  #begin(): void {
    const tide = this.#tide;
    if (!tide || this.#abort) return;
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    for (const type of ['stats', 'peer', 'fallback']) {
      tide.addEventListener(type, () => this.#show(tide.stats()), { signal });
    }
    this.#show(tide.stats());
  }

  #stop(): void {
    this.#abort?.abort();
    this.#abort = undefined;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #show(stats: PeertideStats): void {
    const { origin, peers } = stats;
    this.#history.add(performance.now(), { peers: peers.bytesIn, origin: origin.bytes });
    const all = origin.bytes + peers.bytesIn;
    const part = all > 0 ? ` (${Math.round((100 * peers.bytesIn) / all)} %)` : '';
    this.#write('saved', `${bytesText(peers.bytesIn)}${part}`);
    this.#write('peers', String(peers.connected));
    this.#write('up', bytesText(peers.bytesOut));
    this.#say(stats);
    this.#draw();
    // Rates fall while nothing is told any more.
    this.#timer ??= setInterval(() => this.#rest(), 1000);
  }

  /** A second in which perhaps nothing happened. */
  #rest(): void {
    this.#history.rest(performance.now());
    this.#draw();
    if (!this.#history.isQuiet) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #draw(): void {
    const { peers, origin } = this.#history.rates;
    const top = Math.max(1, ...peers, ...origin);
    const root = this.shadowRoot!;
    for (const [name, rates] of [['peers', peers], ['origin', origin]] as const) {
      root.querySelector(`path.${name}`)?.setAttribute('d', line(rates, top));
    }
    const now = (peers.at(-1) ?? 0) + (origin.at(-1) ?? 0);
    this.#write('down', `${bytesText(now)}/s`);
    root.querySelector('svg')?.setAttribute('aria-label', `The last minute: at most ${bytesText(top)} a second`);
  }

  #say({ fallback, peers }: PeertideStats): void {
    const { connected } = peers;
    const words =
      fallback !== undefined
        ? 'Everything comes from the site itself.'
        : connected === 0
          ? 'No other visitor is connected.'
          : `${connected === 1 ? 'One other visitor is' : 'Other visitors are'} connected.`;
    if (words === this.#spoken) return;
    this.#spoken = words;
    this.shadowRoot!.querySelector('.spoken')!.textContent = words;
  }

  #write(id: string, text: string): void {
    const place = this.shadowRoot!.getElementById(id);
    if (place && place.textContent !== text) place.textContent = text;
  }
}

function line(rates: readonly number[], top: number): string {
  const y = (rate: number) => (HEIGHT - 2 - (rate / top) * (HEIGHT - 4)).toFixed(1);
  const x = (i: number) => ((i * WIDTH) / Math.max(1, rates.length - 1)).toFixed(1);
  return rates.map((rate, i) => `${i === 0 ? 'M' : 'L'}${x(i)} ${y(rate)}`).join('');
}

function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 99.5 ? Math.round(value) : value.toPrecision(2)} ${units[power]}`;
}
