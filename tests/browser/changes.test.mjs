// The owner replaces a picture while visitors are there. Whoever asks next
// must get the new one, never the old one from a neighbour.
import assert from 'node:assert/strict';
import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createHash, randomBytes } from 'node:crypto';
import { after, afterEach, beforeEach, test } from 'node:test';
import { Browsers } from './harness/browsers.mjs';
import { copySite, smallSite } from './harness/fixture.mjs';
import { startServer } from './harness/server.mjs';
import { Stage, statsOf } from './harness/stage.mjs';
import { until } from './harness/wait.mjs';

const browsers = new Browsers();
let stage;
beforeEach(async () => {
  const { folder, remove } = await copySite(await smallSite());
  stage = await Stage.open({ site: folder, browsers });
  stage.atEnd(remove);
});
afterEach(() => stage?.close());
after(() => browsers.close());

/** Puts new bytes in place of an asset, as deployments do: written aside, then renamed. */
async function replace(url, bytes) {
  const file = path.join(stage.site, url);
  await writeFile(`${file}.new`, bytes);
  await rename(`${file}.new`, file);
  stage.expected.set(url, { ...stage.expected.get(url), length: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex') });
}

const indexed = async (url) => (await (await fetch(`${stage.server.url}/.peertide/index.json`)).json()).assets[url];

test('a replaced file reaches those who are there and those who come', async () => {
  const [url] = stage.pictures;
  const stays = await stage.arrive();
  const other = await stage.arrive();
  await stage.takeAll(stays);
  await stage.takeAll(other);

  const old = await indexed(url);
  await replace(url, randomBytes(300_001));
  await until('the index to name the new file', async () => (await indexed(url)).root !== old.root);

  const comes = await stage.arrive();
  await stage.take(comes, [url]);
  for (const visitor of [stays, other]) {
    await until('a visitor to see the new file', async () =>
      (await visitor.evaluate((target) => globalThis.kit.hash(target), url)) === stage.expected.get(url).sha256);
  }
  // What did not change is still shared.
  const { assetBodyBytes } = await stage.server.measure(() => stage.take(comes, stage.films));
  assert.ok(assetBodyBytes <= 0.05 * stage.expected.get(stage.films[0]).length, `${assetBodyBytes} bytes`);
  [stays, other, comes].forEach((visitor) => visitor.assertNoProblems());
});

test('a file added while visitors are there is shared among them', async () => {
  const url = '/img/added.jpg';
  const first = await stage.arrive();
  const second = await stage.arrive();
  await replace(url, randomBytes(400_000));
  await until('the index to name it', () => indexed(url));
  await until('a visitor to know of it', async () => {
    await stage.take(first, [url]);
    return (await statsOf(first)).assets.some((asset) => asset.path === url);
  });
  const { assetBodyBytes } = await stage.server.measure(() => stage.take(second, [url]));
  assert.ok(assetBodyBytes < 400_000, 'it came from the first visitor');
});

test('a file replaced while a visitor had no connection to the server reaches it, too', async () => {
  const [url] = stage.pictures;
  const stays = await stage.arrive();
  await stage.take(stays, [url]);
  const { port } = stage.server;
  await stage.server.kill();
  await replace(url, randomBytes(300_001));
  stage.server = await startServer(stage.site, { port });
  const { server } = stage;
  stage.atEnd(() => server.kill());
  await until('the visitor to see the new file', async () =>
    (await stays.evaluate((target) => globalThis.kit.hash(target), url)) === stage.expected.get(url).sha256);
  const { assetBodyBytes } = await server.measure(async () => stage.take(await stage.arrive(), [url]));
  assert.ok(assetBodyBytes < 300_001, 'and it is shared again');
});
