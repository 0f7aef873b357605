// The film and its strata: its bytes in the order they arrived, coloured by giver.

import { ORIGIN } from './ledger.js';
import { bytesText, percentText, visitorsText } from './words.js';

/** Layers drawn at most; beyond, the thinnest neighbours become one. */
const LAYERS_MAX = 400;

export class Film {
  #ledger;
  #video;
  #layers = [];
  #bar;
  #text;
  #drawing = false;

  /** Shows the film of manifest.json in the page's film section. */
  constructor(section, video, ledger) {
    this.#ledger = ledger;
    this.#video = video;
    this.#bar = section.querySelector('#strata');
    this.#text = section.querySelector('#strata-text');
    section.querySelector('#film-title').textContent = video.title;
    section.querySelector('#film-note').textContent =
      `${video.duration} seconds, ${bytesText(video.bytes)}. Jump anywhere: what you look at comes first.`;
    const player = Object.assign(document.createElement('video'), {
      controls: true, muted: true, playsInline: true, preload: 'metadata',
      width: video.width, height: video.height, poster: video.poster,
    });
    player.setAttribute('aria-label', video.alt);
    section.querySelector('#film-frame').append(player);
    section.hidden = false;
    player.src = video.path; // an ordinary address: the service worker answers it
  }

  get path() {
    return this.#video.path;
  }

  /** Takes the detail of a 'progress' event of the film. */
  add({ bytes, source, peer }) {
    const giver = source === 'peer' && peer ? peer : ORIGIN;
    const last = this.#layers.at(-1);
    if (last?.giver === giver) last.bytes += bytes;
    else this.#layers.push({ giver, bytes });
    if (this.#layers.length > LAYERS_MAX) this.#layers = merged(this.#layers);
    if (this.#drawing) return;
    this.#drawing = true;
    requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#drawing = false;
    const bar = this.#bar;
    const entry = this.#ledger.entry(this.path);
    const length = Math.max(this.#video.bytes, entry.bytes);
    while (bar.children.length > this.#layers.length) bar.lastChild.remove();
    while (bar.children.length < this.#layers.length) bar.append(document.createElement('i'));
    this.#layers.forEach(({ giver, bytes }, i) => {
      bar.children[i].style.flexBasis = `${(100 * bytes) / length}%`;
      bar.children[i].style.background = this.#ledger.colour(giver);
    });
    const { peers } = entry;
    const here = `${percentText(Math.min(1, entry.bytes / this.#video.bytes))} of the film is here`;
    const who = peers.length === 0 ? 'all of it from the origin'
      : `${percentText(1 - entry.fromOrigin / entry.bytes)} of that from ${visitorsText(peers.length)}`;
    this.#text.textContent = `${here}, ${who}. Layers lie in the order they arrived.`;
    bar.setAttribute('aria-label', `${here}, ${who}`);
  }
}

/** Half as many layers: each pair becomes one, in the colour of the larger. */
function merged(layers) {
  const result = [];
  for (let i = 0; i < layers.length; i += 2) {
    const [a, b = { bytes: 0 }] = layers.slice(i, i + 2);
    result.push({ giver: a.bytes >= b.bytes ? a.giver : b.giver, bytes: a.bytes + b.bytes });
  }
  return result;
}
