// A film that comes from other visitors must play and seek as from a server:
// else a site that turns Peertide on has broken its player.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { video } from './harness/fixture.mjs';
import { eventsOf, Stage } from './harness/stage.mjs';
import { until } from './harness/wait.mjs';

let stage, giver;
before(async () => {
  stage = await Stage.open();
  giver = await stage.arrive();
  await stage.takeAll(giver);
});
after(() => stage?.close());

/** In the page: opens the film and goes to `part`; the frame shown there. */
async function frameAt(url, part, { code, frames }) {
  const { kit } = globalThis;
  const film = kit.current ?? await kit.film(url);
  const time = await kit.seek(film, part);
  return { time, duration: film.duration, frame: await kit.frameAfterSeek(film, code, part * frames) };
}

test('a seek to 80 % shows the right frame, fetched as ranges from other visitors', async () => {
  const visitor = await stage.arrive();
  const { result, assetBodyBytes } = await stage.server.measure(
    () => visitor.evaluate(frameAt, video.path, 0.8, video));
  const wanted = Math.round(0.8 * video.frames);
  assert.ok(Math.abs(result.duration - video.frames / video.rate_hz) < 0.5, `duration ${result.duration}`);
  assert.ok(Math.abs(result.frame - wanted) <= 1, `frame ${result.frame} where ${wanted} belongs`);
  const { length } = stage.expected.get(video.path);
  assert.ok(assetBodyBytes <= 0.05 * length, `${assetBodyBytes} bytes of the film came from the origin`);

  const back = await visitor.evaluate(frameAt, video.path, 0.25, video);
  assert.ok(Math.abs(back.frame - 0.25 * video.frames) <= 1, `and back: frame ${back.frame}`);
  visitor.assertNoProblems();
  await visitor.close();
});

test('the film plays from other visitors', async () => {
  const visitor = await stage.arrive();
  const { result, assetBodyBytes } = await stage.server.measure(() => visitor.evaluate(async (url, code) => {
    const { kit } = globalThis;
    const film = await kit.film(url);
    const time = await kit.play(film, 2);
    return { time, frame: kit.frameNumber(film, code) };
  }, video.path, video.code));
  const shown = result.time * video.rate_hz;
  // A busy machine shows frames late, never those of elsewhere.
  assert.ok(Math.abs(result.frame - shown) <= 12, `frame ${result.frame} at ${result.time} s`);
  assert.ok(assetBodyBytes <= 0.05 * stage.expected.get(video.path).length);
  visitor.assertNoProblems();
  await visitor.close();
});

test('single ranges, open ranges and ranges past the end are answered as a server would', async () => {
  const visitor = await stage.arrive();
  const { length } = stage.expected.get(video.path);
  const ask = (range, init) => visitor.evaluate(async (url, value, start) => {
    const response = await fetch(url, { headers: { range: value }, ...start });
    const body = new Uint8Array(await response.arrayBuffer());
    return { status: response.status, length: body.length, first: body[0],
      range: response.headers.get('content-range'), type: response.headers.get('content-type') };
  }, video.path, range, init);
  for (const [range, first, last] of [['bytes=0-0', 0, 0], ['bytes=100000-299999', 100_000, 299_999],
    [`bytes=${length - 10}-`, length - 10, length - 1], ['bytes=-20', length - 20, length - 1],
    [`bytes=${length - 5}-${length + 5}`, length - 5, length - 1]]) {
    const answer = await ask(range);
    const direct = await (await fetch(stage.server.url + video.path, { headers: { range } })).arrayBuffer();
    assert.deepEqual([answer.status, answer.length, answer.range],
      [206, last - first + 1, `bytes ${first}-${last}/${length}`], range);
    assert.equal(answer.first, new Uint8Array(direct)[0], range);
    assert.match(answer.type, /^video\/webm/);
  }
  assert.equal((await ask(`bytes=${length}-`)).status, 416);
  // The browser reports the refused range in the console; that is its own and right.
  await visitor.close();
});

test('leaving a film half loaded leaves nothing running for it', async () => {
  const visitor = await stage.arrive();
  await visitor.evaluate(async (url) => {
    const leave = new AbortController();
    const response = await fetch(url, { signal: leave.signal });
    const reader = response.body.getReader();
    await reader.read();
    leave.abort();
    await reader.closed.catch(() => {});
  }, video.path);
  await stage.take(visitor, stage.pictures.slice(0, 4));
  visitor.assertNoProblems();
  await visitor.close();
});

test('a seek does not wait for what lies before it', async () => {
  // This giver needs ten seconds for the whole film; once it alone is left,
  // a player that waited for the film would have it all when the frame shows.
  const slow = await stage.arrive({ start: { uploadLimit: 800_000 } });
  await stage.take(slow, stage.films);
  await giver.close();
  const visitor = await stage.arrive();
  const { frame } = await visitor.evaluate(frameAt, video.path, 0.8, video);
  const { peers, origin } = await visitor.evaluate(() => globalThis.kit.stats());
  assert.ok(Math.abs(frame - 0.8 * video.frames) <= 1, `frame ${frame}`);
  const { length } = stage.expected.get(video.path);
  assert.ok(peers.bytesIn + origin.bytes < 0.8 * length, `${peers.bytesIn} + ${origin.bytes} of ${length} bytes`);
  // And the page is told which parts it has: among them one beyond the gap that the seek left.
  const parts = await until('the part at 80 % to be told', async () => {
    const told = (await eventsOf(visitor, 'progress')).filter(({ path }) => path === video.path).flatMap(({ ranges }) => ranges);
    return told.some((part) => part.offset <= 0.8 * length && part.offset + part.length > 0.7 * length) && told;
  });
  assert.ok(parts.every((part) => part.length > 0 && part.offset + part.length <= length), JSON.stringify(parts));
  visitor.assertNoProblems();
  await visitor.close();
});
