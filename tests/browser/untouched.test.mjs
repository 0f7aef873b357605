// What Peertide has no business with must pass as if it were not there: a
// private answer given to strangers, or a changed request, is a harm no
// saving of bytes makes good.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { copySite, smallSite } from './harness/fixture.mjs';
import { proxyTo } from './harness/proxy.mjs';
import { Stage, statsOf } from './harness/stage.mjs';

let stage, proxy, plain, tidal;
const secret = 'for one pair of eyes only';

before(async () => {
  const { folder, remove } = await copySite(await smallSite());
  await writeFile(path.join(folder, 'work.js'), 'postMessage(crossOriginIsolated)');
  stage = await Stage.open({ site: folder });
  stage.atEnd(remove);
  proxy = await proxyTo(stage.server.url);
  stage.atEnd(() => proxy.close());
  // An endpoint of the site that is no file: every answer differs.
  let count = 0;
  proxy.answer.set('/api/me', (request, response) => {
    response.writeHead(200, { 'content-type': 'image/jpeg', 'set-cookie': 'seen=1; Path=/api', 'x-count': String(++count) });
    response.end(`${secret} ${request.method} ${count}`);
  });
  const neighbour = await stage.arrive();
  await stage.takeAll(neighbour);
  // Requests are compared to the letter: both call the site by the same name.
  plain = await stage.arrive({ url: proxy.url, start: false, privately: true });
  tidal = await stage.arrive({ url: proxy.url, privately: true });
  await stage.take(tidal, stage.pictures.slice(0, 2));
});
after(() => stage?.close());

/** The requests for `url` that reach the server while the page does `fetch(url, init)`. */
async function seen(visitor, url, init) {
  const from = proxy.requests.length;
  const answer = await visitor.evaluate(async (target, options) => {
    const response = await fetch(target, options);
    return { status: response.status, type: response.headers.get('content-type'), text: (await response.text()).slice(0, 60) };
  }, url, init);
  const requests = proxy.requests.slice(from).filter((request) => request.url === url);
  return { answer, requests };
}

const picture = '/img/picture-10.jpg';
const cases = {
  'a URL that is not in the index': ['/api/me', {}],
  'a POST to a private URL': ['/api/me', { method: 'POST', body: 'a=1', headers: { 'content-type': 'text/x-test' } }],
  'a HEAD of an indexed URL': [picture, { method: 'HEAD' }],
  'a request with Authorization': [picture, { headers: { authorization: 'Bearer abc' } }],
  'a request with credentials': [picture, { credentials: 'include' }],
  'a request for an indexed URL with a query': [`${picture}?version=2`, {}],
  'a request that wants no stored copy': [picture, { cache: 'no-store' }],
};

for (const [name, [url, init]] of Object.entries(cases)) {
  test(`${name} reaches the server as from a page without Peertide`, async () => {
    // A query of its own keeps the browser's cache from answering for one of them.
    const [wanted, got] = [await seen(plain, url, init), await seen(tidal, url, init)];
    assert.equal(got.requests.length, 1, 'exactly one request must arrive');
    assert.deepEqual(got.requests, wanted.requests);
    assert.equal(got.answer.status, wanted.answer.status);
    assert.equal(got.answer.type, wanted.answer.type);
    tidal.assertNoProblems();
  });
}

test('private answers are never announced, never shared, never in the statistics', async () => {
  await seen(tidal, '/api/me', {});
  const { assets } = await statsOf(tidal);
  assert.ok(assets.length > 0, 'there are assets to speak of');
  assert.deepEqual(assets.map(({ path }) => path).filter((path) => !stage.expected.has(path) && path !== '/index.html'), []);
  const index = await (await fetch(`${stage.server.url}/.peertide/index.json`)).json();
  assert.ok(!Object.keys(index.assets).some((path) => path.startsWith('/api') || path.startsWith('/.peertide')));
});

test('a picture with crossorigin="use-credentials" is fetched from the server', async () => {
  const from = proxy.requests.length;
  await tidal.evaluate((url) => new Promise((resolve, reject) => {
    const image = new Image();
    image.crossOrigin = 'use-credentials';
    image.onload = resolve;
    image.onerror = reject;
    image.src = url;
  }), '/img/picture-12.jpg');
  assert.equal(proxy.requests.slice(from).filter(({ url }) => url === '/img/picture-12.jpg').length, 1);
});

test('a hash that the page gives with a request is checked, as it is by fetch()', async () => {
  const [url] = stage.pictures;
  const outcome = (sha256) => tidal.evaluate((target, integrity) => globalThis.kit.tide.fetch(target, { integrity })
    .then((response) => response.arrayBuffer()).then(() => 'came', (error) => error.name), url, `sha256-${sha256}`);
  const right = createHash('sha256').update(await readFile(path.join(stage.site, url))).digest('base64');
  assert.equal(await outcome(right), 'came');
  assert.equal(await outcome(`A${right.slice(1)}` === right ? `B${right.slice(1)}` : `A${right.slice(1)}`), 'TypeError');
  tidal.problems.splice(0); // the console says so
});

test('a worker of a site that isolates itself has the policies that the server gives it', async () => {
  const isolating = await proxyTo(stage.server.url);
  stage.atEnd(() => isolating.close());
  isolating.headers = { 'cross-origin-embedder-policy': 'require-corp', 'cross-origin-opener-policy': 'same-origin' };
  const visitor = await stage.arrive({ url: isolating.url });
  assert.equal((await statsOf(visitor)).intercepting, true);
  assert.equal(await visitor.evaluate(() => new Promise((resolve, reject) => {
    const worker = new Worker('/work.js');
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = () => reject(new Error('the worker was not started'));
  })), true);
  visitor.assertNoProblems();
});
