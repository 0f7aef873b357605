// The film and its strata: which parts of the file are here, coloured by giver.

import { ORIGIN } from './ledger.js';
import { bytesText, percentText, shortId } from './words.js';

const SVG = 'http://www.w3.org/2000/svg';
/** One step across the bar. (In bytes its numbers would be too large for a drawing.) */
const UNIT_BYTES = 1024;

export class Film {
  #ledger;
  #video;
  #bar;
  #text;
  #givers;
  #strata = new Map(); // giver -> the outline of what it brought
  #writing = false;

  /** Shows the film of manifest.json in the page's film section. */
  constructor(section, video, ledger) {
    this.#ledger = ledger;
    this.#video = video;
    this.#bar = section.querySelector('#strata');
    this.#text = section.querySelector('#strata-text');
    this.#givers = section.querySelector('#strata-givers');
    this.#bar.setAttribute('viewBox', `0 0 ${video.bytes / UNIT_BYTES} 1`);
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
  add({ ranges, source, peer }) {
    const stratum = this.#stratum(source === 'peer' && peer ? peer : ORIGIN);
    const outlines = ranges.map(({ offset, length }) => {
      const wide = length / UNIT_BYTES;
      return `M${offset / UNIT_BYTES} 0h${wide}v1h${-wide}z`;
    });
    stratum.setAttribute('d', (stratum.getAttribute('d') ?? '') + outlines.join(''));
    if (this.#writing) return;
    this.#writing = true;
    requestAnimationFrame(() => this.#write());
  }

  #stratum(giver) {
    let stratum = this.#strata.get(giver);
    if (!stratum) {
      this.#strata.set(giver, (stratum = document.createElementNS(SVG, 'path')));
      stratum.style.fill = this.#ledger.colour(giver);
      this.#bar.append(stratum);
    }
    return stratum;
  }

  /** How much is here, and who brought it, in words. */
  #write() {
    this.#writing = false;
    const { givers, bytes } = this.#ledger.entry(this.path);
    const here = `${percentText(Math.min(1, bytes / this.#video.bytes))} of the film is here`;
    this.#text.textContent = `${here}, each part in the colour of who brought it:`;
    const names = [...givers].map(([giver, given]) => {
      const item = document.createElement('li');
      item.style.setProperty('--giver', this.#ledger.colour(giver));
      item.textContent = `${giver === ORIGIN ? 'the origin' : `visitor ${shortId(giver)}`} ${bytesText(given)}`;
      return item;
    });
    this.#givers.replaceChildren(...names);
    this.#bar.setAttribute('aria-label', `${here}: ${names.map((item) => item.textContent).join(', ')}`);
  }
}
