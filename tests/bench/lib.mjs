// What the measurements share: medians, and how results are printed.
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { siteCache } from '../browser/harness/paths.mjs';

const sorted = (values) => [...values].sort((a, b) => a - b);

/** The value below which `part` (0..1) of the values lie. */
export const quantile = (values, part) =>
  sorted(values)[Math.min(values.length - 1, Math.floor(part * values.length))];

export function median(values) {
  const all = sorted(values);
  const middle = all.length / 2;
  return all.length % 2 ? all[Math.floor(middle)] : (all[middle - 1] + all[middle]) / 2;
}

export const round = (value, digits = 3) => Number(value.toFixed(digits));

/** A number given in the environment, or what is usual. */
export const setting = (name, usual) => Number(process.env[name] ?? usual);

/** A folder with one file of random bytes and an empty page; kept between runs. */
export async function bigFileSite(length) {
  const folder = path.join(siteCache, `one-file-${length}`);
  const file = path.join(folder, 'big.webm');
  const there = await stat(file).catch(() => undefined);
  if (there?.size !== length) {
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'index.html'), '<!doctype html><title>bench</title><link rel="icon" href="data:,">');
    await writeFile(file, randomBytes(length));
  }
  return { folder, url: '/big.webm' };
}

/** Prints rows (objects with the same keys) as a table for people (stderr), and everything as JSON (stdout). */
export function report(rows, result) {
  const names = Object.keys(rows[0]);
  const text = (value) => String(value ?? '');
  const widths = names.map((name) => Math.max(name.length, ...rows.map((row) => text(row[name]).length)));
  const line = (cells) => cells.map((cell, at) => cell.padEnd(widths[at])).join('  ').trimEnd();
  console.error(line(names));
  for (const row of rows) console.error(line(names.map((name) => text(row[name]))));
  console.log(JSON.stringify(result, null, 2));
}
