// If these fail, the machine or its browsers are at fault, not Peertide:
// nothing of ours is used here. Read the other results only if these pass.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchChromium, launchFirefox } from './harness/browsers.mjs';
import { closeBare, connectBare, sendBare } from './harness/bare-channel.mjs';
import { serveBlankPage } from './harness/web.mjs';

const length = 4 << 20;
let web, chromium, firefox;

before(async () => {
  [web, chromium, firefox] = await Promise.all([serveBlankPage(), launchChromium(), launchFirefox()]);
});
after(async () => {
  await Promise.all([chromium?.close(), firefox?.close()]);
  await web?.close();
});

for (const [from, to] of [['Chromium', 'Chromium'], ['Chromium', 'Firefox'], ['Firefox', 'Chromium']]) {
  test(`a page in ${from} can send to a page in ${to} over WebRTC`, async () => {
    const of = (name) => (name === 'Firefox' ? firefox : chromium);
    const giver = await (await of(from).visitor()).open(web.url);
    const taker = await (await of(to).visitor()).open(web.url);
    await connectBare(giver, taker);
    const { received } = await sendBare(giver, taker, length);
    assert.equal(received, length);
    await closeBare(giver, taker);
    giver.assertNoProblems();
    taker.assertNoProblems();
    await giver.close();
    await taker.close();
  });
}
