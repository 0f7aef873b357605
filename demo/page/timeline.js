// Bytes per second over the last minute, drawn by uPlot.

import uPlot from './vendor/uPlot.esm.js';
import { bytesText } from './words.js';

const STEP_MS = 250;
const STEPS = 240; // a minute
const SMOOTH = 4; // steps averaged: one second
const SERIES = ['peers', 'origin', 'given'];

export class Timeline {
  #root;
  #chart;
  #times = Array.from({ length: STEPS }, (_, i) => ((i - STEPS + 1) * STEP_MS) / 1000);
  #bytes = Object.fromEntries(SERIES.map((name) => [name, new Array(STEPS).fill(0)]));
  #step = Object.fromEntries(SERIES.map((name) => [name, 0]));
  #quiet = 0;

  constructor(root) {
    this.#root = root;
    this.#make();
    new ResizeObserver(() => this.#chart.setSize(this.#size())).observe(root);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#make());
    setInterval(() => this.#advance(), STEP_MS);
  }

  /** Bytes moved now: 'peers', 'origin' or 'given'. */
  add(name, bytes) {
    this.#step[name] += bytes;
  }

  #advance() {
    let moved = false;
    for (const name of SERIES) {
      this.#bytes[name].push(this.#step[name]);
      this.#bytes[name].shift();
      moved ||= this.#step[name] > 0;
      this.#step[name] = 0;
    }
    this.#quiet = moved ? 0 : this.#quiet + 1;
    if (this.#quiet < STEPS + SMOOTH && !document.hidden) this.#chart.setData(this.#data());
  }

  #data() {
    const rates = SERIES.map((name) => {
      const bytes = this.#bytes[name];
      let sum = 0;
      return bytes.map((value, i) => {
        sum += value - (i >= SMOOTH ? bytes[i - SMOOTH] : 0);
        return (sum * 1000) / (STEP_MS * SMOOTH);
      });
    });
    return [this.#times, ...rates];
  }

  #size() {
    return { width: Math.max(200, this.#root.clientWidth), height: 190 };
  }

  /** Makes the chart anew, in the colours of the moment. */
  #make() {
    this.#chart?.destroy();
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const font = `12px ${style.getPropertyValue('--sans')}`;
    const axis = { stroke: colour('--muted'), font, ticks: { show: false } };
    const area = (name, dash) => ({
      stroke: colour(name), width: 2, points: { show: false }, dash,
      fill: dash ? undefined : `color-mix(in srgb, ${colour(name)} 22%, transparent)`,
    });
    this.#chart = new uPlot({
      ...this.#size(),
      padding: [12, 22, 0, 0],
      cursor: { show: false },
      legend: { show: false },
      scales: { x: { time: false, range: [-60, 0] }, y: { range: (_, low, high) => [0, Math.max(high, 1e5) * 1.08] } },
      axes: [
        { ...axis, grid: { show: false }, size: 26, splits: [-60, -45, -30, -15, 0], values: (_, all) => all.map((value) => (value === 0 ? 'now' : `${value} s`)) },
        { ...axis, grid: { stroke: colour('--line'), width: 1 }, size: 62, space: 44, values: (_, all) => all.map((value) => (value ? bytesText(value) : '')) },
      ],
      series: [{}, area('--peers'), area('--origin'), area('--given', [5, 4])],
    }, this.#data(), this.#root);
  }
}
