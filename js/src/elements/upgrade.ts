/** What an element is; a server that renders pages imports the classes, too, and makes none. */
export const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

/**
 * Gives to the element's accessor what a page set as a plain property before
 * the browser knew the element.
 */
export function upgradeProperty<T extends HTMLElement>(element: T, name: keyof T & string): void {
  if (!Object.hasOwn(element, name)) return;
  const value = element[name];
  delete element[name];
  element[name] = value;
}
