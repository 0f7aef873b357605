import type { ConsentOption } from '../page/options.ts';
import { Base, upgradeProperty } from './upgrade.ts';

/** What the element needs of a running `Peertide`. */
export interface ConsentTarget {
  /** See `Peertide.setConsent`. */
  setConsent(consent: ConsentOption): void;
}

/** What an event `consent` of the element tells. */
export interface ConsentDetail {
  /** What the visitor has chosen. */
  readonly consent: ConsentOption;
}

const CHOICES: readonly (readonly [ConsentOption, string])[] = [
  ['granted', 'Take and pass on'],
  ['download-only', 'Only take'],
  ['denied', 'No'],
];
const KEY = 'peertide-consent';

const STYLE = `
:host { display: block; position: fixed; z-index: 2147483000; inset: auto 0 0; max-width: 40rem; margin: 0 auto 1rem;
  padding: 0 1rem; box-sizing: border-box; font: 1rem/1.5 system-ui, sans-serif; }
:host([hidden]) { display: none; }
section { padding: 1rem 1.25rem; border: 1px solid var(--peertide-line, #6b7785); border-radius: var(--peertide-radius, 0.75rem);
  background: var(--peertide-background, #fff); color: var(--peertide-text, #17212b); box-shadow: 0 0.25rem 1.5rem #0004; }
h2 { margin: 0 0 0.25rem; font-size: 1.125rem; }
p { margin: 0 0 0.75rem; }
div { display: flex; flex-wrap: wrap; gap: 0.5rem; }
button { flex: 1 1 auto; min-height: 2.75rem; padding: 0.5rem 1rem; border: 1px solid currentColor;
  border-radius: var(--peertide-radius, 0.5rem); background: transparent; color: inherit; font: inherit; cursor: pointer; }
button[part~="granted"] { background: var(--peertide-accent, #0b5c7a); border-color: var(--peertide-accent, #0b5c7a);
  color: var(--peertide-accent-text, #fff); }
button:focus-visible, h2:focus-visible { outline: 3px solid var(--peertide-focus, #b45309); outline-offset: 2px; }
@media (prefers-color-scheme: dark) {
  section { background: var(--peertide-background, #17212b); color: var(--peertide-text, #eef2f5); border-color: var(--peertide-line, #8a97a5); }
  button[part~="granted"] { background: var(--peertide-accent, #8fd3ee); border-color: var(--peertide-accent, #8fd3ee);
    color: var(--peertide-accent-text, #06222e); }
  button:focus-visible, h2:focus-visible { outline-color: var(--peertide-focus, #fbbf24); }
}`;

const WORDS = `
<section part="box" aria-labelledby="title" aria-describedby="words">
<h2 id="title" part="title" tabindex="-1"><slot name="title">May visitors bring you this page?</slot></h2>
<p id="words" part="text"><slot>Visitors of this site can deliver it to one another. Each part is checked, whoever
brings it. Who exchanges data with you sees your network address.</slot></p>
<div part="choices">${CHOICES.map(
  ([choice, words]) =>
    `<button type="button" part="choice ${choice}" value="${choice}"><slot name="${choice}">${words}</slot></button>`,
).join('')}</div></section>`;

/**
 * Asks the visitor once whether to exchange data with others: take and give,
 * only take, or neither. The answer is kept in `localStorage` (attribute
 * `storage-key`, default `peertide-consent`) and given to {@link tide}; where
 * there is one already, nothing is shown.
 *
 *     import { PeertideConsent } from 'peertide/consent';
 *     PeertideConsent.define();
 *     const tide = await Peertide.start({ consent: PeertideConsent.decision() ?? 'denied' });
 *     document.querySelector('peertide-consent').tide = tide;
 *
 * Words are slots (`title`, the text itself, `granted`, `download-only`,
 * `denied`); looks are parts (`box`, `title`, `text`, `choices`, `choice`, and
 * the choices' names) and the properties `--peertide-background`, `-text`,
 * `-line`, `-accent`, `-accent-text`, `-focus` and `-radius`. Fires `consent`
 * ({@link ConsentDetail}) when the visitor has chosen.
 */
export class PeertideConsent extends Base {
  #tide: ConsentTarget | undefined;
  /** The decision, where it can't be kept. */
  #unkept: ConsentOption | undefined;
  #listening: AbortController | undefined;
  /** What had the focus before {@link open} took it. */
  #before: HTMLElement | undefined;

  /** Makes the browser know the element, under this name. */
  static define(name = 'peertide-consent'): void {
    if (!customElements.get(name)) customElements.define(name, this);
  }

  /** The visitor's decision, if there is one; storage that can't be read has none. */
  static decision(storageKey = KEY): ConsentOption | undefined {
    try {
      const kept = localStorage.getItem(storageKey);
      return CHOICES.find(([choice]) => choice === kept)?.[0];
    } catch {
      return undefined;
    }
  }

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet(); // unlike a <style>, allowed by any content security policy
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    root.innerHTML = WORDS;
    root.addEventListener('keydown', (event) => {
      if ((event as KeyboardEvent).key === 'Escape' && this.decision) this.#hide(); // it stays as it was
    });
    for (const button of root.querySelectorAll('button')) {
      button.addEventListener('click', () => this.#decide(button.value as ConsentOption));
    }
  }

  /** @internal The browser's call. */
  connectedCallback(): void {
    upgradeProperty(this, 'tide');
    this.hidden = this.decision !== undefined;
    // The visitor may have decided on another page: in another tab, or before coming back to this one.
    const { signal } = (this.#listening = new AbortController());
    for (const type of ['storage', 'pageshow']) addEventListener(type, () => this.#passOn(), { signal });
  }

  /** @internal The browser's call. */
  disconnectedCallback(): void {
    this.#listening?.abort();
  }

  /** The visitor's decision, if there is one. */
  get decision(): ConsentOption | undefined {
    return this.#unkept ?? PeertideConsent.decision(this.#key);
  }

  /** The running instance: gets the decision when there is one, and every later one. */
  get tide(): ConsentTarget | undefined {
    return this.#tide;
  }

  /** Gives it the instance, and the instance the decision if there is one. */
  set tide(tide: ConsentTarget | undefined) {
    this.#tide = tide;
    this.#passOn();
  }

  /** Asks (again), and moves the focus to the question. To be called by a button of the page's. */
  open(): void {
    this.#before = document.activeElement instanceof HTMLElement ? document.activeElement : undefined;
    this.hidden = false;
    this.shadowRoot?.querySelector('h2')?.focus();
  }

  get #key(): string {
    return this.getAttribute('storage-key') ?? KEY;
  }

  #hide(): void {
    this.hidden = true;
    this.#before?.focus();
    this.#before = undefined;
  }

  #passOn(): void {
    const { decision } = this;
    if (!decision) return;
    try {
      this.#tide?.setConsent(decision);
    } catch {
      this.#tide = undefined; // closed: it has nothing to do with other visitors any more
    }
  }

  #decide(consent: ConsentOption): void {
    this.#unkept = undefined;
    try {
      localStorage.setItem(this.#key, consent);
    } catch {
      this.#unkept = consent; // asked again on the next page
    }
    this.#hide();
    this.#passOn();
    this.dispatchEvent(new CustomEvent<ConsentDetail>('consent', { detail: { consent }, bubbles: true, composed: true }));
  }
}
