/**
 * The form in which paths are compared. The index may have a path as the file
 * system spells it or percent-encoded, and pages encode more or less than they
 * must; both sides are decoded, so that `/a%20b.jpg` and `/a b.jpg` are one.
 * Paths whose decoding would change their meaning (an encoded slash, backslash
 * or NUL; an encoded percent sign, as in the file name `a%20b.jpg`, which is no
 * space) or that don't decode stay as they are.
 */
export function canonicalPath(path: string): string {
  if (!path.includes('%') || /%(2[5f]|5c|00)/i.test(path)) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
