/** A part of a file: `offset` of its first byte and its `length`, in bytes. */
export interface ByteRange {
  /** Where it begins; 0 is the first byte of the file. */
  readonly offset: number;
  /** How many bytes it has. */
  readonly length: number;
}

/** The same parts in ascending order, with those that touch made one. */
export function joinRanges(ranges: readonly ByteRange[]): ByteRange[] {
  const joined: { offset: number; length: number }[] = [];
  for (const { offset, length } of [...ranges].sort((a, b) => a.offset - b.offset)) {
    const last = joined.at(-1);
    if (last && offset <= last.offset + last.length) {
      last.length = Math.max(last.length, offset + length - last.offset);
    } else {
      joined.push({ offset, length });
    }
  }
  return joined;
}

/**
 * Reads a `Range` header (RFC 9110, section 14.2) for a file of `total` bytes.
 * Gives one range; `'whole'` where there is no header; `'unsatisfiable'` (to be
 * answered with 416); or `'other'` for what we leave to the origin: several
 * ranges, other units, bad syntax.
 */
export function parseRange(
  header: string | null | undefined,
  total: number,
): ByteRange | 'whole' | 'unsatisfiable' | 'other' {
  if (header === null || header === undefined) return 'whole';
  const match = /^\s*bytes\s*=\s*(\d{0,15})\s*-\s*(\d{0,15})\s*$/i.exec(header);
  if (!match) return 'other';
  const [, from, to] = match as unknown as [string, string, string];
  if (from === '') {
    if (to === '') return 'other';
    const length = Math.min(Number(to), total);
    return length === 0 ? 'unsatisfiable' : { offset: total - length, length };
  }
  const offset = Number(from);
  if (to !== '' && Number(to) < offset) return 'other';
  if (offset >= total) return 'unsatisfiable';
  const last = to === '' ? total - 1 : Math.min(Number(to), total - 1);
  return { offset, length: last - offset + 1 };
}

/** Whether a `Content-Range` header (RFC 9110, section 14.4) names these bytes, of a file of `total` where that is given. */
export function namesBytes(header: string | null, first: number, last: number, total?: number): boolean {
  const [range, length] = (header ?? '').toLowerCase().split('/');
  return range === `bytes ${first}-${last}` && length === `${total ?? length}`;
}
