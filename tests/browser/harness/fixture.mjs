// The small site most tests use: 24 images and a video that seeks, made once
// with ffmpeg and kept. Every frame of the video carries its number as a row
// of black and white squares (binary, least significant first).
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { demoFolder, siteCache } from './paths.mjs';

const run = promisify(execFile);

/** Changes with what this file makes, so that old copies are not used. */
const version = 'v2';

export const video = {
  path: '/video/clip.webm', width_px: 480, height_px: 270, frames: 1000, rate_hz: 25,
  code: { bits: 10, square_px: 32 },
};

const page = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>A small site</title>
<link rel="icon" href="data:,"><h1>A small site</h1><main></main></html>
`;

async function ffmpeg(...args) {
  await run('ffmpeg', ['-loglevel', 'error', '-nostdin', '-y', ...args]);
}

/** Eight noisy pictures of one size: they hardly compress, as photographs do. */
function pictures(folder, size, from, kind) {
  return ffmpeg('-f', 'lavfi', '-i', `testsrc2=s=${size}:r=8:d=1,noise=alls=70:all_seed=${from}`,
    '-frames:v', '8', '-start_number', String(from), '-q:v', '3', path.join(folder, `picture-%02d.${kind}`));
}

function film(file) {
  const { width_px, height_px, frames, rate_hz, code } = video;
  const squares = Array.from({ length: code.bits }, (_, bit) => {
    const box = (colour, when) => `drawbox=x=${bit * code.square_px}:y=0:w=${code.square_px}:h=${code.square_px}` +
      `:t=fill:c=${colour}${when}`;
    return `${box('black', '')},${box('white', `:enable='mod(floor(n/${2 ** bit}),2)'`)}`;
  });
  return ffmpeg('-f', 'lavfi',
    '-i', `testsrc2=s=${width_px}x${height_px}:r=${rate_hz}:d=${frames / rate_hz},noise=alls=20:allf=t:all_seed=7,${squares.join(',')}`,
    '-frames:v', String(frames), '-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '-12', '-threads', '2',
    '-b:v', '1600k', '-g', '25', '-fflags', '+bitexact', file);
}

async function make(folder) {
  await mkdir(path.join(folder, 'img'), { recursive: true });
  await mkdir(path.join(folder, 'video'));
  await writeFile(path.join(folder, 'index.html'), page);
  await pictures(path.join(folder, 'img'), '320x240', 1, 'jpg');
  await pictures(path.join(folder, 'img'), '640x480', 9, 'jpg');
  await pictures(path.join(folder, 'img'), '960x720', 17, 'jpg');
  await film(path.join(folder, video.path));
}

/** The folder of the site; nobody may change it (see copySite). */
export async function smallSite() {
  const folder = path.join(siteCache, `small-${version}`);
  try {
    await stat(folder);
  } catch {
    await mkdir(siteCache, { recursive: true });
    const making = await mkdtemp(path.join(siteCache, 'making-'));
    await make(making);
    await rename(making, folder);
  }
  return folder;
}

/** The demonstration's site; made if it is not there yet, which takes minutes. */
export async function demoSite() {
  await run(path.join(demoFolder, 'make-site'), { maxBuffer: 16 << 20 });
  return path.join(demoFolder, 'site');
}

/** A copy of a site that a test may change, and how to get rid of it. */
export async function copySite(site) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'peertide-site-'));
  await cp(site, folder, { recursive: true });
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

const media = /\.(jpe?g|png|webp|avif|gif|svg|webm|mp4)$/;

/**
 * What a right delivery of a site's pictures and films looks like:
 * Map from URL path to { sha256, length, video }.
 */
export async function expectedMedia(folder) {
  const expected = new Map();
  const names = await readdir(folder, { recursive: true });
  for (const name of names.filter((each) => media.test(each) && !each.startsWith('.')).sort()) {
    const bytes = await readFile(path.join(folder, name));
    const url = '/' + name.split(path.sep).map(encodeURIComponent).join('/');
    expected.set(url, { sha256: createHash('sha256').update(bytes).digest('hex'), length: bytes.length,
      video: /\.(webm|mp4)$/.test(name) });
  }
  return expected;
}

export const totalLength = (expected) => [...expected.values()].reduce((sum, { length }) => sum + length, 0);
