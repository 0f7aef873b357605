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
  const shows = (element: Element, shown: string) => plain(shown) === plain(url) && isInWindow(element);
  return (
    [...document.images].some((image) => shows(image, image.currentSrc || image.src)) ||
    [...document.querySelectorAll<HTMLElement>('[data-background]')].some((element) =>
      shows(element, new URL(element.dataset.background!, document.baseURI).href),
    )
  );
}

function plain(url: string): string {
  return url.split('#')[0]!;
}
