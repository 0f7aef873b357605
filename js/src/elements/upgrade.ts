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
