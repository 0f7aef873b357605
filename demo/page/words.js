// How numbers and visitors are written on the page.

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Bytes as people say them: '0 B', '48 kB', '1.2 MB'. */
export function bytesText(bytes) {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0;
  return `${value.toFixed(digits).replace(/\.0$/, '')} ${UNITS[unit]}`;
}

/** A share (0 to 1) in per cent; never 100 % or 0 % unless it is exactly that. */
export function percentText(share) {
  const percent = share * 100;
  if (percent > 99 && percent < 100) return `${(Math.floor(percent * 10) / 10).toFixed(1)} %`;
  if (percent > 0 && percent < 1) return `${Math.max(0.1, percent).toFixed(1)} %`;
  return `${Math.round(percent)} %`;
}

/** The first digits of a visitor's id: enough to tell them apart. */
export const shortId = (id) => id.slice(0, 6);

/** 1 -> '1 visitor', 3 -> '3 visitors'. */
export const visitorsText = (count) => (count === 1 ? '1 visitor' : `${count} visitors`);
