/** What an attachment needs to know and to do. */
export interface AttachmentContext {
  /** Whether a plain URL is answered by the service worker. */
  intercepting(): boolean;
  /** Whether visitors deliver this URL. */
  isIndexed(url: string): boolean;
  fetch(url: string, init: RequestInit): Promise<Response>;
}

const SELECTOR = 'img[data-src], video[data-src], audio[data-src], [data-background]';

/**
 * Fills in elements marked with `data-src` (images, video, audio) and
 * `data-background` (a CSS background), those there now and those that come:
 * with what visitors deliver, or else with the plain URL.
 */
export class Attachment {
  readonly #context: AttachmentContext;
  readonly #abort = new AbortController();
  readonly #observer: MutationObserver;
  /** What was last filled in, by element and attribute. */
  readonly #filled = new WeakMap<Element, Map<string, string>>();
  readonly #objectUrls = new Map<Element, string>();

  constructor(root: ParentNode & Node, context: AttachmentContext) {
    this.#context = context;
    this.#observer = new MutationObserver((changes) => this.#changed(changes));
    this.#observer.observe(root, {
      subtree: true,
      childList: true,
      attributes: true,
      attributeFilter: ['data-src', 'data-background'],
    });
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
    const source = element.getAttribute('data-src');
    if (source !== null && (element instanceof HTMLImageElement || element instanceof HTMLMediaElement)) {
      this.#show(element, 'data-src', source, (url) => (element.src = url));
    }
    const background = element.getAttribute('data-background');
    if (background !== null && element instanceof HTMLElement) {
      this.#show(element, 'data-background', background, (url) => {
        element.style.backgroundImage = `url("${url.replace(/["\\\n]/g, encodeURIComponent)}")`;
      });
    }
  }

  /** Has `set` called with a URL that shows `url`, once. */
  #show(element: Element, attribute: string, url: string, set: (url: string) => void): void {
    const filled = this.#filled.get(element) ?? new Map<string, string>();
    if (filled.get(attribute) === url) return;
    filled.set(attribute, url);
    this.#filled.set(element, filled);
    if (this.#context.intercepting() || !this.#context.isIndexed(url)) {
      set(url);
      return;
    }
    const isCurrent = () => filled.get(attribute) === url;
    this.#load(url).then(
      (blob) => {
        if (isCurrent()) this.#setBlob(element, blob, url, set);
      },
      () => {
        if (isCurrent()) set(url);
      },
    );
  }

  async #load(url: string): Promise<Blob> {
    const response = await this.#context.fetch(url, { signal: this.#abort.signal });
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    return response.blob();
  }

  #setBlob(element: Element, blob: Blob, url: string, set: (url: string) => void): void {
    this.#revoke(element);
    const objectUrl = URL.createObjectURL(blob);
    this.#objectUrls.set(element, objectUrl);
    if (element instanceof HTMLImageElement || element instanceof HTMLMediaElement) {
      const plain = () => set(url);
      element.addEventListener('error', plain, { once: true });
      if (element instanceof HTMLImageElement) {
        const loaded = () => {
          element.removeEventListener('error', plain);
          if (this.#objectUrls.get(element) === objectUrl) this.#revoke(element);
        };
        element.addEventListener('load', loaded, { once: true });
      }
    }
    set(objectUrl);
  }

  #revoke(element: Element): void {
    const url = this.#objectUrls.get(element);
    if (url !== undefined) URL.revokeObjectURL(url);
    this.#objectUrls.delete(element);
  }
}
