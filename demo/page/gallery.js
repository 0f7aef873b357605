// The pictures, each with a line that shows who brought it.

import { bytesText } from './words.js';

export class Gallery {
  #ledger;
  #figures = new Map();

  /** Builds the pictures into `root`; `images` as in manifest.json. */
  constructor(root, images, ledger) {
    this.#ledger = ledger;
    root.append(...images.map((image) => this.#figure(image)));
  }

  /** Is it one of the gallery's pictures? */
  has(path) {
    return this.#figures.has(path);
  }

  /** Shows what the ledger now knows of a picture. */
  update(path) {
    const { share, source, length } = this.#figures.get(path);
    const entry = this.#ledger.entry(path);
    drawShare(share, entry, length, this.#ledger);
    source.textContent = entry.text;
    source.dataset.kind = entry.kind;
  }

  #figure({ path, width, height, bytes, title, alt }) {
    const figure = element('figure', 'picture');
    figure.style.setProperty('--ratio', (width / height).toFixed(4));
    const image = Object.assign(new Image(width, height), { alt });
    image.addEventListener('load', () => this.#settle(path, bytes), { once: true });
    const share = element('div', 'share');
    share.setAttribute('aria-hidden', 'true');
    const caption = element('figcaption');
    const name = element('span', 'picture-title', title);
    const source = element('span', 'source', 'on its way');
    source.dataset.kind = 'none';
    source.title = bytesText(bytes);
    caption.append(name, source);
    figure.append(image, share, caption);
    this.#figures.set(path, { share, source, length: bytes });
    image.src = path; // an ordinary address: the service worker answers it
    return figure;
  }

  /** A picture that is shown although no piece was reported came plainly. */
  #settle(path, bytes) {
    setTimeout(() => {
      if (this.#ledger.entry(path).bytes === 0) this.#ledger.addPlain(path, bytes);
      this.update(path);
    }, 1500);
  }
}

/** Draws a file's givers as segments of a line, as long as what has come. */
function drawShare(line, entry, length, ledger) {
  const givers = [...entry.givers];
  while (line.children.length < givers.length) line.append(element('i'));
  givers.forEach(([giver, bytes], i) => {
    const segment = line.children[i];
    segment.style.flexBasis = `${Math.min(100, (100 * bytes) / Math.max(length, entry.bytes)).toFixed(2)}%`;
    segment.style.background = ledger.colour(giver);
  });
}

/** A new element with a class and a text. */
export function element(name, className = '', text = '') {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}
