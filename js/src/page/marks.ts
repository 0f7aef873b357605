/** One of an element's marks: its background, or what it shows itself. */
export interface Mark {
  readonly element: HTMLElement;
  readonly background: boolean;
  /** Says the same as long as the mark does. */
  readonly text: string;
}

/** The marks of an element that is to be filled in. */
export function marksOf(element: HTMLElement): Mark[] {
  const { sizes, src, background } = element.dataset;
  const marks: Mark[] = [];
  const add = (parts: readonly (string | undefined)[], isBackground: boolean) => {
    if (parts.some((part) => part !== undefined)) {
      marks.push({ element, background: isBackground, text: JSON.stringify([isBackground, sizes, ...parts]) });
    }
  };
  if (element instanceof HTMLImageElement) {
    add([src, element.dataset.srcset, ...sourcesOf(element).map(({ dataset }) => dataset.srcset)], false);
  } else if (element instanceof HTMLMediaElement) {
    add([src], false);
  }
  add([background], true);
  return marks;
}

/** The `<source>`s beside an image in a `<picture>`. */
export function sourcesOf({ parentElement }: Element): HTMLSourceElement[] {
  const siblings = parentElement instanceof HTMLPictureElement ? [...parentElement.children] : [];
  return siblings.filter((element): element is HTMLSourceElement => element instanceof HTMLSourceElement);
}

/** Makes a mark the plain attributes, from which the browser chooses itself. */
export function applyPlain({ element, background }: Mark): void {
  if (background) {
    setBackground(element, element.dataset.background!);
    return;
  }
  for (const each of [...sourcesOf(element), element as HTMLImageElement]) {
    const { sizes, srcset, src } = each.dataset;
    if (sizes !== undefined) each.sizes = sizes;
    if (srcset !== undefined) each.srcset = srcset;
    if (src !== undefined) each.src = src;
  }
}

/** Shows a file as the element's CSS background. */
export function setBackground(element: HTMLElement, url: string): void {
  element.style.backgroundImage = `url("${url.replace(/["\\\n]/g, encodeURIComponent)}")`;
}
