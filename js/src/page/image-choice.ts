import { sourcesOf } from './marks.ts';

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
 * What the browser would show for an image's marks (its own `data-src`,
 * `data-srcset` and `data-sizes`, and the `data-srcset` of the `<source>`s of
 * its `<picture>`). It is asked itself, by a picture beside the document with
 * the same candidates, of which none has any bytes.
 */
export async function chooseImage(image: HTMLImageElement): Promise<ImageChoice | undefined> {
  const { src, srcset } = image.dataset;
  const sources = sourcesOf(image);
  if (src !== undefined && srcset === undefined && sources.length === 0) return { url: src, descriptor: '' };
  const choices: ImageChoice[] = [];
  const nothing = URL.createObjectURL(new Blob([NOTHING], { type: 'image/svg+xml' }));
  const stand = (url: string, descriptor = '') => `${nothing}#${choices.push({ url, descriptor: descriptor.trim() }) - 1}`;
  const standAll = (text: string) =>
    text.replace(CANDIDATE, (_, url: string, descriptor?: string) => `${stand(url, descriptor)} ${descriptor ?? ''}, `);
  const probe = new Image();
  const picture = document.createElement('picture');
  for (const source of sources) {
    const copy = source.cloneNode() as HTMLSourceElement;
    copy.sizes = source.dataset.sizes ?? source.sizes;
    copy.srcset = standAll(source.dataset.srcset ?? source.srcset);
    picture.append(copy);
  }
  picture.append(probe);
  probe.sizes = image.dataset.sizes ?? image.sizes;
  if (srcset !== undefined) probe.srcset = standAll(srcset);
  if (src !== undefined) probe.src = stand(src);
  try {
    await new Promise((resolve) => (probe.onload = probe.onerror = resolve));
    return choices[Number(probe.currentSrc.split('#')[1])];
  } finally {
    URL.revokeObjectURL(nothing);
  }
}

/** Shows the bytes behind `objectUrl` as what was chosen: a picture for twice the density stays one. */
export function showChoice(image: HTMLImageElement, { descriptor }: ImageChoice, objectUrl: string): void {
  if (descriptor === '') {
    image.src = objectUrl;
    return;
  }
  if (image.dataset.sizes !== undefined) image.sizes = image.dataset.sizes;
  image.srcset = `${objectUrl} ${descriptor}`;
}
