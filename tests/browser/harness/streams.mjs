// A site with an album and a film in two bit rates, as HLS and as DASH, made
// once with ffmpeg and kept. Every frame carries its number (fixture.mjs).
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rename, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { siteCache } from './paths.mjs';

const run = promisify(execFile);
const { resolve } = createRequire(import.meta.url);

/** Changes with what this file makes, so that old copies are not used. */
const version = 'v1';

/** The film: `squares` of them side by side are as wide as the picture, in each of its sizes. */
export const stream = {
  hls: '/hls/film.m3u8', dash: '/dash/film.mpd', duration_s: 20, rate_hz: 25, bits: 9, squares: 16,
  heights: [180, 360],
};
export const album = '/audio/album.ogg';

const page = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Streams</title>
<link rel="icon" href="data:,"><h1>Streams</h1>
<script src="/players/hls.js"></script><script src="/players/dash.js"></script></html>
`;

async function make(folder) {
  for (const name of ['hls', 'dash', 'audio', 'players']) await mkdir(path.join(folder, name));
  await writeFile(path.join(folder, 'index.html'), page);
  await copyFile(resolve('hls.js/dist/hls.min.js'), path.join(folder, 'players', 'hls.js'));
  await copyFile(resolve('dashjs').replace(/dist\/.*/, 'dist/modern/umd/dash.all.min.js'), path.join(folder, 'players', 'dash.js'));
  const { duration_s, rate_hz, bits, squares } = stream;
  const boxes = Array.from({ length: bits }, (_, bit) => {
    const box = (colour, when) => `drawbox=x=${bit}*iw/${squares}:y=0:w=iw/${squares}:h=iw/${squares}:t=fill:c=${colour}${when}`;
    return `${box('black', '')},${box('white', `:enable='mod(floor(n/${2 ** bit}),2)'`)}`;
  }).join(',');
  const ffmpeg = (...args) => run('ffmpeg', ['-loglevel', 'error', '-nostdin', '-y', ...args], { cwd: folder });
  const picture = `testsrc2=s=640x360:r=${rate_hz}:d=${duration_s},noise=alls=12:allf=t:all_seed=3,${boxes}`;
  const sound = `sine=f=330:r=48000:d=${duration_s}`;
  const coded = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '50', '-keyint_min', '50', '-sc_threshold', '0',
    '-b:v:0', '300k', '-b:v:1', '900k', '-c:a', 'aac', '-b:a', '64k', '-threads', '2'];
  const sizes = '[0:v]split[one][high];[one]scale=320:180[low]';
  await ffmpeg('-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', sound, '-filter_complex', sizes,
    '-map', '[low]', '-map', '[high]', '-map', '1:a', '-map', '1:a', ...coded,
    '-f', 'hls', '-hls_time', '2', '-hls_playlist_type', 'vod', '-hls_segment_filename', 'hls/%v-%02d.ts',
    '-master_pl_name', path.basename(stream.hls), '-var_stream_map', 'v:0,a:0 v:1,a:1', 'hls/%v.m3u8');
  await ffmpeg('-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', sound, '-filter_complex', sizes,
    '-map', '[low]', '-map', '[high]', '-map', '1:a', ...coded, '-f', 'dash', '-seg_duration', '2',
    '-adaptation_sets', 'id=0,streams=v id=1,streams=a', '-init_seg_name', 'init-$RepresentationID$.m4s',
    '-media_seg_name', '$RepresentationID$-$Number%02d$.m4s', `dash/${path.basename(stream.dash)}`);
  await ffmpeg('-f', 'lavfi', '-i', `anoisesrc=d=60:c=pink:r=48000:a=0.3:s=5`, '-c:a', 'libopus', '-b:a', '128k', path.join('audio', path.basename(album)));
}

/** The folder of the site; nobody may change it. */
export async function streamsSite() {
  const folder = path.join(siteCache, `streams-${version}`);
  if (!(await stat(folder).catch(() => undefined))) {
    await mkdir(siteCache, { recursive: true });
    const making = await mkdtemp(path.join(siteCache, 'making-'));
    await make(making);
    await rename(making, folder);
  }
  return folder;
}
