import type { Direct } from './direct.ts';
import { isInWindow } from './fold.ts';
import { chooseImage, showChoice, type ImageChoice } from './image-choice.ts';
import { applyPlain, setBackground, type Mark } from './marks.ts';

/** Fills in marked elements with what visitors deliver, out of memory; or else with the plain URLs. */
export class Filler {
  readonly #direct: Direct;
  readonly #abort = new AbortController();
  readonly #objectUrls = new Map<Element, string>();

  constructor(direct: Direct) {
    this.#direct = direct;
  }

  /** Shows what a mark names, unless it has changed meanwhile (`isCurrent` knows). */
  async fill(mark: Mark, isCurrent: () => boolean): Promise<void> {
    const { element, background } = mark;
    const isImage = !background && element instanceof HTMLImageElement;
    let choice: ImageChoice | undefined;
    try {
      const { src, background: url } = element.dataset;
      const mayBeAbove = background || isImage;
      if (!(mayBeAbove && this.#direct.foldLoading && isInWindow(element))) {
        choice = isImage ? await chooseImage(element) : { url: (background ? url : src)!, descriptor: '' };
      }
      if (choice && this.#direct.isIndexed(choice.url)) {
        const blob = await this.#load(choice.url);
        if (isCurrent()) await this.#show(mark, choice, blob);
        return;
      }
    } catch {
      // The origin has it.
    }
    if (isCurrent()) this.#showPlain(mark);
  }

  /** Gives back the memory behind elements that are gone. */
  sweep(): void {
    for (const element of [...this.#objectUrls.keys()]) if (!element.isConnected) this.#revoke(element);
  }

  /** Stops, and gives back all memory. */
  close(): void {
    this.#abort.abort();
    for (const element of [...this.#objectUrls.keys()]) this.#revoke(element);
  }

  async #load(url: string): Promise<Blob> {
    const response = await this.#direct.fetch(new Request(url, { signal: this.#abort.signal }));
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    return response.blob();
  }

  async #show(mark: Mark, choice: ImageChoice, blob: Blob): Promise<void> {
    const { element, background } = mark;
    this.#revoke(element);
    const objectUrl = URL.createObjectURL(blob);
    this.#objectUrls.set(element, objectUrl);
    if (background) {
      // A background tells nobody that it can't be shown (a content security policy without blob:, say).
      const image = new Image();
      image.src = objectUrl;
      await image.decode();
      setBackground(element, objectUrl);
      return;
    }
    const plain = () => this.#showPlain(mark);
    element.addEventListener('error', plain, { once: true });
    if (element instanceof HTMLImageElement) {
      const loaded = () => {
        element.removeEventListener('error', plain);
        if (this.#objectUrls.get(element) === objectUrl) this.#revoke(element);
      };
      element.addEventListener('load', loaded, { once: true });
      showChoice(element, choice, objectUrl);
    } else {
      (element as HTMLMediaElement).src = objectUrl;
    }
  }

  #showPlain(mark: Mark): void {
    const { element } = mark;
    if (element instanceof HTMLImageElement && element.srcset.startsWith('blob:')) element.removeAttribute('srcset');
    applyPlain(mark);
  }

  #revoke(element: Element): void {
    const url = this.#objectUrls.get(element);
    if (url !== undefined) URL.revokeObjectURL(url);
    this.#objectUrls.delete(element);
  }
}
