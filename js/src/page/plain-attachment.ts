import { setBackground } from './marks.ts';

const MARKS = ['sizes', 'srcset', 'src', 'background'] as const;
/** What shows a file of its own. */
const SHOWING = 'img,picture>source,video,audio';

/**
 * Gives marked elements (see attachment.ts) their plain URLs, those there now
 * and those that come: the service worker answers for them, or the site.
 */
export class PlainAttachment {
  readonly #observer: MutationObserver;
  /** What was last filled in, by element and mark. */
  readonly #filled = new WeakMap<Element, DOMStringMap>();

  constructor(root: ParentNode & Node) {
    this.#observer = new MutationObserver((changes) => {
      for (const { type, target, addedNodes } of changes) {
        for (const node of type === 'attributes' ? [target] : addedNodes) if (node instanceof Element) this.#scan(node);
      }
    });
    this.#observer.observe(root, { subtree: true, childList: true, attributes: true, attributeFilter: MARKS.map((mark) => `data-${mark}`) });
    this.#scan(root);
  }

  /** Stops. */
  close(): void {
    this.#observer.disconnect();
  }

  #scan(root: ParentNode & Node): void {
    for (const element of [root, ...root.querySelectorAll(`${SHOWING},[data-background]`)]) {
      if (!(element instanceof HTMLElement)) continue;
      const { dataset } = element;
      const before = this.#filled.get(element);
      this.#filled.set(element, { ...dataset });
      for (const mark of MARKS) {
        const value = dataset[mark];
        if (value === undefined || value === before?.[mark]) continue;
        if (mark === 'background') setBackground(element, value);
        else if (element.matches(SHOWING)) (element as HTMLImageElement)[mark] = value;
      }
    }
  }
}
