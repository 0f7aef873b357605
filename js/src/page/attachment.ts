import type { Direct } from './direct.ts';
import type { Filler } from './filler.ts';
import { applyPlain, marksOf } from './marks.ts';

const MARKED = 'data-src data-srcset data-sizes data-background'.split(' ');
const SELECTOR =
  'img[data-src], img[data-srcset], picture > source[data-srcset], video[data-src], audio[data-src], [data-background]';

/**
 * Fills in elements marked with `data-src` (images, video, audio), `data-srcset`
 * and `data-sizes` (images, and the sources of a `<picture>`), and
 * `data-background` (a CSS background), those there now and those that come.
 */
export class Attachment {
  readonly #direct: () => Direct | undefined;
  #filler: Filler | undefined;
  readonly #observer: MutationObserver;
  /** What was last filled in, by element: the texts of its marks. */
  readonly #filled = new WeakMap<Element, readonly string[]>();

  /**
   * `direct` gives the way by which visitors deliver. While there is none, the
   * plain URLs are filled in: the service worker answers for them, or the site.
   */
  constructor(root: ParentNode & Node, direct: () => Direct | undefined) {
    this.#direct = direct;
    this.#observer = new MutationObserver((changes) => this.#changed(changes));
    this.#observer.observe(root, { subtree: true, childList: true, attributes: true, attributeFilter: MARKED });
    this.#scan(root);
  }

  /** Stops, and gives back the memory behind what was filled in. */
  close(): void {
    this.#observer.disconnect();
    this.#filler?.close();
  }

  #changed(changes: readonly MutationRecord[]): void {
    for (const { type, target, addedNodes, removedNodes } of changes) {
      if (type === 'attributes') this.#fill(target as Element);
      for (const node of addedNodes) if (node instanceof Element) this.#scan(node);
      if (removedNodes.length > 0) this.#filler?.sweep();
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
    } else if (element instanceof HTMLElement) {
      const before = this.#filled.get(element) ?? [];
      const marks = marksOf(element);
      this.#filled.set(element, marks.map(({ text }) => text));
      for (const mark of marks) {
        const { text } = mark;
        if (before.includes(text)) continue;
        const direct = this.#direct();
        if (direct) {
          this.#filler ??= direct.makeFiller();
          void this.#filler.fill(mark, () => this.#filled.get(element)?.includes(text) ?? false);
        } else {
          applyPlain(mark);
        }
      }
    }
  }
}
