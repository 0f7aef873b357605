/** Whether a part of the element is in the window now. */
export function isInWindow(element: Element): boolean {
  const { top, left, bottom, right } = element.getBoundingClientRect();
  const shown = element.getClientRects().length > 0;
  return shown && bottom >= 0 && right >= 0 && top <= innerHeight && left <= innerWidth;
}

/**
 * Whether a picture with that URL is in the window: an `<img>`, or an element
 * with `data-background`. Backgrounds in style sheets are not looked for.
 */
export function isShownInWindow(url: string): boolean {
  const wanted = plain(url);
  for (const image of document.images) {
    if (plain(image.currentSrc || image.src) === wanted && isInWindow(image)) return true;
  }
  for (const element of document.querySelectorAll('[data-background]')) {
    const background = new URL(element.getAttribute('data-background')!, document.baseURI).href;
    if (plain(background) === wanted && isInWindow(element)) return true;
  }
  return false;
}

function plain(url: string): string {
  return url.split('#')[0]!;
}
