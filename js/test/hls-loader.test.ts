// hls.js decides by what its loader tells: an error it never hears of is a
// player that stands still.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hlsLoader } from '../src/hls.ts';
import type { HlsLoaderCallbacks, HlsLoaderConfiguration, HlsLoaderContext } from '../src/hls.ts';

type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

const policy = { maxNumRetry: 2, retryDelayMs: 1, maxRetryDelayMs: 2 };
const patient: HlsLoaderConfiguration = {
  loadPolicy: { maxTimeToFirstByteMs: 10_000, maxLoadTimeMs: 20_000, timeoutRetry: null, errorRetry: policy },
};

/** Loads with `fetch` in a Peertide's place; how it ended. */
function load(fetch: Fetch, context: Partial<HlsLoaderContext> = {}, configuration = patient) {
  const loader = new (hlsLoader({ fetch }))();
  const ended = new Promise<{ how: string; value: unknown }>((resolve) => {
    const callbacks: HlsLoaderCallbacks<HlsLoaderContext> = {
      onSuccess: (response) => resolve({ how: 'success', value: response }),
      onError: (error) => resolve({ how: 'error', value: error }),
      onTimeout: () => resolve({ how: 'timeout', value: undefined }),
      onAbort: () => resolve({ how: 'abort', value: undefined }),
    };
    loader.load({ url: '/film/0.ts', responseType: 'arraybuffer', ...context }, configuration, callbacks);
  });
  return { loader, ended };
}

/** Never answers, until it is aborted. */
const silent: Fetch = (_, init) =>
  new Promise((_resolve, reject) => init?.signal?.addEventListener('abort', () => reject(init.signal!.reason)));

test('a segment arrives as bytes, a playlist as text', async () => {
  const { loader, ended } = load(async () => new Response('abc', { headers: { age: '7', 'x-a': 'b' } }));
  const { how, value } = await ended;
  assert.equal(how, 'success');
  const { data, ...rest } = value as { data: ArrayBuffer; url: string; code: number };
  assert.deepEqual(rest, { url: '/film/0.ts', code: 200 });
  assert.equal(new TextDecoder().decode(data), 'abc');
  assert.equal(loader.stats.loaded, 3);
  assert.ok(loader.stats.loading.end >= loader.stats.loading.first && loader.stats.loading.first >= loader.stats.loading.start);
  assert.equal(loader.getCacheAge(), 7);
  assert.equal(loader.getResponseHeader('x-a'), 'b');
  const text = await load(async () => new Response('#EXTM3U'), { responseType: 'text' }).ended;
  assert.equal((text.value as { data: string }).data, '#EXTM3U');
});

test('a byte range is asked for as one', async () => {
  const seen: unknown[] = [];
  const answer: Fetch = async (_, init) => {
    seen.push(new Headers(init?.headers).get('range'));
    return new Response('abc', { status: 206 });
  };
  await load(answer, { rangeStart: 10, rangeEnd: 20 }).ended;
  await load(answer, { rangeEnd: 20 }).ended;
  await load(answer).ended;
  assert.deepEqual(seen, ['bytes=10-19', 'bytes=0-19', null]);
});

test("a server's trouble is tried again as often as hls.js says, a missing file is not", async () => {
  const statuses = [503, 503, 200, 404];
  let asked = 0;
  const answer: Fetch = async () => new Response('x', { status: statuses[asked++]! });
  const first = load(answer);
  assert.equal((await first.ended).how, 'success');
  assert.equal(first.loader.stats.retry, 2);
  const missing = await load(answer).ended;
  assert.equal(missing.how, 'error');
  assert.equal((missing.value as { code: number }).code, 404);
  assert.equal(asked, 4);
  let refusals = 0;
  const refused = await load(async () => (refusals++, new Response('x', { status: 500 }))).ended;
  assert.deepEqual([refused.how, refusals], ['error', 3]);
  const broken = await load(async () => Promise.reject(new TypeError('no network'))).ended;
  assert.deepEqual(broken, { how: 'error', value: { code: 0, text: 'no network' } });
});

test('silence ends after the time that hls.js allows, and is tried again where it says so', async () => {
  const loadPolicy = { ...patient.loadPolicy, maxTimeToFirstByteMs: 5 };
  const { loader, ended } = load(silent, {}, { loadPolicy: { ...loadPolicy, timeoutRetry: policy } });
  assert.equal((await ended).how, 'timeout');
  assert.equal(loader.stats.retry, 2);
});

test('abort tells, destroy is silent', async () => {
  const { loader, ended } = load(silent);
  loader.abort();
  assert.equal((await ended).how, 'abort');
  assert.ok(loader.stats.aborted);
  loader.abort();

  let signal: AbortSignal | null | undefined;
  const gone = load((url, init) => ((signal = init?.signal), silent(url, init)));
  void gone.ended.then(({ how }) => assert.fail(how));
  gone.loader.destroy();
  assert.ok(signal?.aborted);
  assert.equal(gone.loader.context, null);
  await new Promise((resolve) => setImmediate(resolve));
});
