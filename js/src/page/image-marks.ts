/** One of the pictures that an `<img>` may show. */
export interface ImageChoice {
  /** As the page spells it. */
  readonly url: string;
  /** What `srcset` says of it (`480w`, `2x`), or nothing. */
  readonly descriptor: string;
}

/** A picture of no size: whether it can be shown is of no interest. */
const NOTHING = '<svg xmlns="http://www.w3.org/2000/svg"/>';

/** A candidate of a `srcset`: a URL without commas at its ends, and what follows up to the next comma. */
const CANDIDATE = /[\s,]*(\S*[^\s,])(?:\s+([^,]*))?\s*(?:,|$)/g;

/**
 * What an `<img>` is marked with: its own `data-src`, `data-srcset` and
 * `data-sizes`, and the `data-srcset` of the `<source>`s of its `<picture>`.
 */
export class ImageMarks {
  readonly #image: HTMLImageElement;
  readonly #sources: readonly HTMLSourceElement[];

  constructor(image: HTMLImageElement) {
    this.#image = image;
    const { parentElement } = image;
    const siblings = parentElement instanceof HTMLPictureElement ? [...parentElement.children] : [];
    this.#sources = siblings.filter((element): element is HTMLSourceElement => element instanceof HTMLSourceElement);
  }

  /** Says the same as long as the marks do; empty where there are none. */
  get text(): string {
    const { src, srcset, sizes } = this.#image.dataset;
    const marks = [src, srcset, ...this.#sources.map(({ dataset }) => dataset.srcset)];
    return marks.some((mark) => mark !== undefined) ? JSON.stringify([sizes, ...marks]) : '';
  }

  /** Makes them the plain attributes, from which the browser chooses itself. */
  applyPlain(): void {
    for (const source of this.#sources) {
      const { srcset, sizes } = source.dataset;
      if (sizes !== undefined) source.sizes = sizes;
      if (srcset !== undefined) source.srcset = srcset;
    }
    const { src, srcset, sizes } = this.#image.dataset;
    if (sizes !== undefined) this.#image.sizes = sizes;
    if (srcset !== undefined) this.#image.srcset = srcset;
    else if (this.#image.srcset.startsWith('blob:')) this.#image.removeAttribute('srcset');
    if (src !== undefined) this.#image.src = src;
  }

  /** Shows the bytes behind `objectUrl` as what was chosen: a picture for twice the density stays one. */
  apply({ descriptor }: ImageChoice, objectUrl: string): void {
    const image = this.#image;
    if (descriptor === '') {
      image.src = objectUrl;
      return;
    }
    if (image.dataset.sizes !== undefined) image.sizes = image.dataset.sizes;
    image.srcset = `${objectUrl} ${descriptor}`;
  }

  /**
   * What the browser would show. It is asked itself, by a picture beside the
   * document with the same candidates, of which none has any bytes.
   */
  async choose(): Promise<ImageChoice | undefined> {
    const { src, srcset } = this.#image.dataset;
    if (src !== undefined && srcset === undefined && this.#sources.length === 0) return { url: src, descriptor: '' };
    const choices: ImageChoice[] = [];
    const nothing = URL.createObjectURL(new Blob([NOTHING], { type: 'image/svg+xml' }));
    const stand = (url: string, descriptor = '') => `${nothing}#${choices.push({ url, descriptor: descriptor.trim() }) - 1}`;
    const standAll = (text: string) =>
      text.replace(CANDIDATE, (_, url: string, descriptor?: string) => `${stand(url, descriptor)} ${descriptor ?? ''}, `);
    const probe = new Image();
    const picture = document.createElement('picture');
    for (const source of this.#sources) {
      const copy = source.cloneNode() as HTMLSourceElement;
      copy.sizes = source.dataset.sizes ?? source.sizes;
      copy.srcset = standAll(source.dataset.srcset ?? source.srcset);
      picture.append(copy);
    }
    picture.append(probe);
    probe.sizes = this.#image.dataset.sizes ?? this.#image.sizes;
    if (srcset !== undefined) probe.srcset = standAll(srcset);
    if (src !== undefined) probe.src = stand(src);
    try {
      await new Promise((resolve) => (probe.onload = probe.onerror = resolve));
      return choices[Number(probe.currentSrc.split('#')[1])];
    } finally {
      URL.revokeObjectURL(nothing);
    }
  }
}
