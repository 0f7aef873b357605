import { isInWindow } from './fold.ts';
import { ImageMarks } from './image-marks.ts';

/** What an attachment needs to know and to do. */
export interface AttachmentContext {
  /** Whether a plain URL is answered by the service worker. */
  intercepting(): boolean;
  /** Whether visitors deliver this URL. */
  isIndexed(url: string): boolean;
  /** Whether pictures in the window are left to the origin. */
  foldLoading(): boolean;
  fetch(url: string, init: RequestInit): Promise<Response>;
}

const MARKED = 'data-src data-srcset data-sizes data-background'.split(' ');
const SELECTOR =
  'img[data-src], img[data-srcset], picture > source[data-srcset], video[data-src], audio[data-src], [data-background]';

/** How to show a file in an element: its URL, or its bytes. */
interface Place {
  plain(): void;
  bytes(objectUrl: string): void;
}

/**
 * Fills in elements marked with `data-src` (images, video, audio), `data-srcset`
 * and `data-sizes` (images, and the sources of a `<picture>`), and
 * `data-background` (a CSS background), those there now and those that come:
 * with what visitors deliver, or else with the plain URL.
 */
export class Attachment {
  readonly #context: AttachmentContext;
  readonly #abort = new AbortController();
  readonly #observer: MutationObserver;
  /** What was last filled in, by element and kind of mark. */
  readonly #filled = new WeakMap<Element, Map<string, string>>();
  readonly #objectUrls = new Map<Element, string>();

  constructor(root: ParentNode & Node, context: AttachmentContext) {
    this.#context = context;
    this.#observer = new MutationObserver((changes) => this.#changed(changes));
    this.#observer.observe(root, { subtree: true, childList: true, attributes: true, attributeFilter: MARKED });
    this.#scan(root);
  }

  /** Stops, and gives back the memory behind what was filled in. */
  close(): void {
    this.#observer.disconnect();
    this.#abort.abort();
    for (const element of [...this.#objectUrls.keys()]) this.#revoke(element);
  }

  #changed(changes: readonly MutationRecord[]): void {
    for (const { type, target, addedNodes, removedNodes } of changes) {
      if (type === 'attributes') this.#fill(target as Element);
      for (const node of addedNodes) if (node instanceof Element) this.#scan(node);
      if (removedNodes.length === 0) continue;
      for (const element of [...this.#objectUrls.keys()]) if (!element.isConnected) this.#revoke(element);
    }
  }

  #scan(root: ParentNode): void {
    if (root instanceof Element && root.matches(SELECTOR)) this.#fill(root);
    for (const element of root.querySelectorAll(SELECTOR)) this.#fill(element);
  }

  #fill(element: Element): void {
    if (element instanceof HTMLSourceElement) {
      const image = element.parentElement?.querySelector(':scope > img');
      if (image) this.#fill(image);
      return;
    }
    if (element instanceof HTMLImageElement) this.#fillImage(element);
    const { src, background } = (element as HTMLElement).dataset;
    if (src !== undefined && element instanceof HTMLMediaElement && this.#isNew(element, 'src', src)) {
      const set = (url: string) => (element.src = url);
      void this.#show(element, src, { plain: () => set(src), bytes: set }, () => this.#isStill(element, 'src', src));
    }
    if (background !== undefined && element instanceof HTMLElement && this.#isNew(element, 'background', background)) {
      const set = (url: string) =>
        (element.style.backgroundImage = `url("${url.replace(/["\\\n]/g, encodeURIComponent)}")`);
      void this.#show(element, background, { plain: () => set(background), bytes: set }, () =>
        this.#isStill(element, 'background', background),
      );
    }
  }

  #fillImage(image: HTMLImageElement): void {
    const marks = new ImageMarks(image);
    const { text } = marks;
    if (text === '' || !this.#isNew(image, 'image', text)) return;
    if (this.#isForBrowser(image)) {
      marks.applyPlain();
      return;
    }
    const isCurrent = () => this.#isStill(image, 'image', text);
    void marks.choose().then((choice) => {
      if (!isCurrent()) return;
      const place = { plain: () => marks.applyPlain(), bytes: (url: string) => marks.apply(choice!, url) };
      if (choice) void this.#show(image, choice.url, place, isCurrent);
      else place.plain();
    });
  }

  /**
   * Whether the browser is to ask itself: the service worker answers it (and
   * asks what is in the window), or it is above the fold.
   */
  #isForBrowser(element: Element): boolean {
    const { intercepting, foldLoading } = this.#context;
    if (intercepting()) return true;
    return foldLoading() && !(element instanceof HTMLMediaElement) && isInWindow(element);
  }

  /** Notes a mark's value; false where it has been seen to already. */
  #isNew(element: Element, kind: string, value: string): boolean {
    const filled = this.#filled.get(element) ?? new Map<string, string>();
    this.#filled.set(element, filled);
    if (filled.get(kind) === value) return false;
    filled.set(kind, value);
    return true;
  }

  #isStill(element: Element, kind: string, value: string): boolean {
    return this.#filled.get(element)?.get(kind) === value;
  }

  /** Shows the file at `url`, unless the element's mark has changed meanwhile. */
  async #show(element: Element, url: string, place: Place, isCurrent: () => boolean): Promise<void> {
    if (this.#isForBrowser(element) || !this.#context.isIndexed(url)) {
      place.plain();
      return;
    }
    try {
      const blob = await this.#load(url);
      if (isCurrent()) await this.#showBlob(element, blob, place);
    } catch {
      if (isCurrent()) place.plain();
    }
  }

  async #load(url: string): Promise<Blob> {
    const response = await this.#context.fetch(url, { signal: this.#abort.signal });
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    return response.blob();
  }

  async #showBlob(element: Element, blob: Blob, place: Place): Promise<void> {
    this.#revoke(element);
    const objectUrl = URL.createObjectURL(blob);
    this.#objectUrls.set(element, objectUrl);
    if (element instanceof HTMLImageElement || element instanceof HTMLMediaElement) {
      const plain = () => place.plain();
      element.addEventListener('error', plain, { once: true });
      if (element instanceof HTMLImageElement) {
        const loaded = () => {
          element.removeEventListener('error', plain);
          if (this.#objectUrls.get(element) === objectUrl) this.#revoke(element);
        };
        element.addEventListener('load', loaded, { once: true });
      }
    } else {
      // A background tells nobody that it can't be shown (a content security policy without blob:, say).
      const image = new Image();
      image.src = objectUrl;
      await image.decode();
    }
    place.bytes(objectUrl);
  }

  #revoke(element: Element): void {
    const url = this.#objectUrls.get(element);
    if (url !== undefined) URL.revokeObjectURL(url);
    this.#objectUrls.delete(element);
  }
}
