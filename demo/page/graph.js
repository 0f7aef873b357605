// The harbour: this visitor in the middle, the site above, the others around;
// dots run along the lines as bytes do.

import { bytesText, shortId, visitorsText } from './words.js';
import { ORIGIN } from './ledger.js';

const SVG = 'http://www.w3.org/2000/svg';
const CENTRE = { x: 320, y: 226 };
const ORIGIN_PLACE = { x: 320, y: 46 };
const RADIUS = { x: 236, y: 150 };
const LABELS_MAX = 9; // more visitors than that: only their ids are written
const DOT_BYTES = 48 * 1024; // one dot stands for that much
const DOTS_PER_EVENT_MAX = 10;
const DOTS_MAX = 160;
const DOT_MS = 900;

const still = matchMedia('(prefers-reduced-motion: reduce)');

export class Graph {
  #svg;
  #summary;
  #list;
  #ledger;
  #edges = layer('edges');
  #dots = layer('dots');
  #nodes = layer('nodes');
  #places = new Map(); // giver -> { node, edge, label, detail, at, target, … }
  #running = [];
  #pool = [];
  #frame = 0;
  #stats;

  constructor(svg, summary, list, ledger) {
    this.#svg = svg;
    this.#summary = summary;
    this.#list = list;
    this.#ledger = ledger;
    svg.append(waves(), this.#edges, this.#dots, this.#nodes);
    this.#add(ORIGIN, 'site', ORIGIN_PLACE, 17);
    const me = shape('g', { class: 'node me', transform: `translate(${CENTRE.x} ${CENTRE.y})` });
    me.append(shape('circle', { r: 34, class: 'halo' }), shape('circle', { r: 23 }), text('you', 0, 5, 'me-label'));
    this.#nodes.append(me);
  }

  /** A visitor came (true) or went (false). */
  setPeer(id, here) {
    if (here && !this.#places.has(id)) this.#add(id, shortId(id), CENTRE, 11);
    if (!here && this.#places.has(id)) this.#remove(id);
    this.#arrange();
  }

  /** Bytes ran between us and a giver; `out`: from us to it. */
  flow(giver, bytes, out = false) {
    const place = this.#places.get(giver);
    if (!place || bytes <= 0) return;
    place.heat = 1;
    const wanted = Math.min(DOTS_PER_EVENT_MAX, Math.ceil(bytes / DOT_BYTES), DOTS_MAX - this.#running.length);
    const now = performance.now();
    if (!still.matches) {
      for (let i = 0; i < wanted; i++) this.#running.push({ place, out, start: now + (i * DOT_MS) / 2 / wanted, dot: null });
    }
    this.#wake();
  }

  /** Shows the counters of `tide.stats()`; bytes given to others become dots. */
  setStats(stats) {
    const before = new Map(this.#stats?.peers.list.map(({ id, bytesOut }) => [id, bytesOut]));
    this.#stats = stats;
    const { list } = stats.peers;
    const here = new Set(list.map(({ id }) => id));
    for (const id of this.#places.keys()) if (id !== ORIGIN && !here.has(id)) this.setPeer(id, false);
    for (const peer of list) {
      this.setPeer(peer.id, true);
      this.flow(peer.id, peer.bytesOut - (before.get(peer.id) ?? 0), true);
      this.#describe(peer.id, peer.bytesIn, peer.bytesOut, peer.rttMs);
    }
    this.#describe(ORIGIN, stats.origin.bytes, 0);
    this.#tell(stats);
  }

  /** The origin's total where Peertide doesn't run. */
  setPlainOrigin(bytes) {
    this.#describe(ORIGIN, bytes, 0);
  }

  #add(giver, name, from, radius) {
    const colour = this.#ledger.colour(giver);
    const edge = shape('path', { class: 'edge' });
    edge.style.stroke = colour;
    const node = shape('g', { class: giver === ORIGIN ? 'node origin' : 'node peer' });
    node.style.color = colour;
    const mark = giver === ORIGIN
      ? shape('rect', { x: -radius, y: -radius, width: 2 * radius, height: 2 * radius, rx: 6 })
      : shape('circle', { r: radius });
    const below = giver === ORIGIN ? { x: 28, y: -1, anchor: 'start' } : { x: 0, y: radius + 17, anchor: 'middle' };
    const label = text(name, below.x, below.y, 'name', below.anchor);
    const detail = text('', below.x, below.y, 'detail', below.anchor);
    detail.setAttribute('dy', '1.3em');
    node.append(mark, label, detail);
    this.#edges.append(edge);
    this.#nodes.append(node);
    this.#places.set(giver, { giver, node, edge, detail, radius, at: { ...from }, target: { ...from }, heat: 0, bytes: 0 });
    this.#wake();
  }

  #remove(giver) {
    const { node, edge } = this.#places.get(giver);
    this.#places.delete(giver);
    this.#running = this.#running.filter(({ place, dot }) => {
      if (place.giver !== giver) return true;
      if (dot) this.#release(dot);
      return false;
    });
    edge.remove();
    node.classList.add('gone');
    setTimeout(() => node.remove(), still.matches ? 0 : 600);
  }

  /** Spreads the visitors over an arc that leaves the origin's place free. */
  #arrange() {
    const peers = [...this.#places.values()].filter(({ giver }) => giver !== ORIGIN);
    const gap = Math.PI * 0.55; // of the circle, around the top
    peers.forEach((place, i) => {
      const angle = -Math.PI / 2 + gap / 2 + ((i + 0.5) / peers.length) * (2 * Math.PI - gap);
      place.target = { x: CENTRE.x + RADIUS.x * Math.cos(angle), y: CENTRE.y - 6 + RADIUS.y * Math.sin(angle) };
    });
    this.#svg.classList.toggle('crowded', peers.length > LABELS_MAX);
    this.#wake();
  }

  #describe(giver, bytesIn, bytesOut, rttMs) {
    const place = this.#places.get(giver);
    if (!place) return;
    place.bytes = bytesIn + bytesOut;
    const parts = [];
    if (bytesIn > 0 || giver === ORIGIN) parts.push(`↓ ${bytesText(bytesIn)}`);
    if (bytesOut > 0) parts.push(`↑ ${bytesText(bytesOut)}`);
    if (rttMs !== undefined && rttMs > 0) parts.push(`${Math.max(1, Math.round(rttMs))} ms`);
    place.detail.textContent = parts.join('  ');
    this.#wake();
  }

  /** The same in words, for those who don't see the picture. */
  #tell({ peers, origin }) {
    this.#summary.textContent =
      `You exchange data with ${visitorsText(peers.connected)}. ${bytesText(peers.bytesIn)} came from them, ` +
      `${bytesText(origin.bytes)} from the origin, and you passed on ${bytesText(peers.bytesOut)}.`;
    this.#list.replaceChildren(...peers.list.map(({ id, bytesIn, bytesOut }) => {
      const item = document.createElement('li');
      item.textContent = `Visitor ${shortId(id)}: ${bytesText(bytesIn)} received, ${bytesText(bytesOut)} given`;
      return item;
    }));
  }

  #wake() {
    this.#frame ||= requestAnimationFrame((now) => this.#draw(now));
  }

  #draw(now) {
    let busy = this.#running.length > 0;
    for (const place of this.#places.values()) busy = this.#drawPlace(place) || busy;
    this.#running = this.#running.filter((run) => this.#drawDot(run, now));
    this.#frame = 0;
    if (busy) this.#wake();
  }

  /** True while it moves or cools down. */
  #drawPlace(place) {
    const { at, target, edge, node } = place;
    if (place.giver === ORIGIN) Object.assign(place.target, ORIGIN_PLACE);
    const step = still.matches ? 1 : 0.12;
    at.x += (target.x - at.x) * step;
    at.y += (target.y - at.y) * step;
    place.heat *= 0.965;
    const bend = bendOf(at);
    node.setAttribute('transform', `translate(${at.x.toFixed(1)} ${at.y.toFixed(1)})`);
    edge.setAttribute('d', `M${at.x.toFixed(1)} ${at.y.toFixed(1)}Q${bend.x.toFixed(1)} ${bend.y.toFixed(1)} ${CENTRE.x} ${CENTRE.y}`);
    edge.style.strokeWidth = (1 + Math.log10(1 + place.bytes / 2e5) * 0.9 + place.heat * 1.6).toFixed(2);
    edge.style.strokeOpacity = (0.28 + 0.5 * place.heat).toFixed(2);
    return place.heat > 0.02 || Math.hypot(target.x - at.x, target.y - at.y) > 0.3;
  }

  /** False when the dot has arrived. */
  #drawDot(run, now) {
    const part = (now - run.start) / DOT_MS;
    if (part < 0) return true;
    if (part >= 1) {
      if (run.dot) this.#release(run.dot);
      return false;
    }
    run.dot ??= this.#take(run);
    const eased = part * part * (3 - 2 * part);
    const t = run.out ? 1 - eased : eased;
    const { at } = run.place;
    const bend = bendOf(at);
    run.dot.setAttribute('cx', ((1 - t) ** 2 * at.x + 2 * (1 - t) * t * bend.x + t * t * CENTRE.x).toFixed(1));
    run.dot.setAttribute('cy', ((1 - t) ** 2 * at.y + 2 * (1 - t) * t * bend.y + t * t * CENTRE.y).toFixed(1));
    run.dot.style.opacity = Math.min(1, 4 * part, 4 * (1 - part)).toFixed(2);
    return true;
  }

  #take({ place, out }) {
    const dot = this.#pool.pop() ?? shape('circle', { r: 3.2 });
    dot.setAttribute('class', out ? 'dot out' : 'dot');
    dot.style.fill = out ? '' : this.#ledger.colour(place.giver);
    this.#dots.append(dot);
    return dot;
  }

  #release(dot) {
    dot.remove();
    this.#pool.push(dot);
  }
}

/** The control point of a line from `at` to the middle: bent a little, like a current. */
function bendOf(at) {
  const x = (at.x + CENTRE.x) / 2;
  const y = (at.y + CENTRE.y) / 2;
  return { x: x + (at.y - CENTRE.y) * 0.14, y: y - (at.x - CENTRE.x) * 0.14 };
}

/** Rings of water around the middle. */
function waves() {
  const group = layer('rings');
  for (const part of [0.36, 0.68, 1]) {
    group.append(shape('ellipse', { cx: CENTRE.x, cy: CENTRE.y - 6, rx: RADIUS.x * part, ry: RADIUS.y * part }));
  }
  return group;
}

function layer(name) {
  return shape('g', { class: name });
}

function shape(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function text(content, x, y, className, anchor = 'middle') {
  const made = shape('text', { x, y, class: className, 'text-anchor': anchor });
  made.textContent = content;
  return made;
}
