// iceTransportPolicy 'relay': visitors who must not learn one another's address
// still share, by way of the site's TURN server, and nothing tells the address.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Stage, statsOf } from './harness/stage.mjs';
import { startTurn } from './harness/turn.mjs';
import { until } from './harness/wait.mjs';

let stage, turn;
before(async () => {
  turn = await startTurn();
  stage = await Stage.open({ args: ['--turn-url', turn.url, '--turn-secret-file', turn.secretFile] });
  stage.atEnd(() => turn.stop());
});
after(() => (stage ? stage.close() : turn?.stop()));

/** Runs before the page's scripts: keeps its connections, and what they tell others. */
function watchConnections() {
  globalThis.connections = [];
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...args) {
      super(...args);
      this.said = [];
      this.addEventListener('icecandidate', ({ candidate }) => { if (candidate?.candidate) this.said.push(candidate.candidate); });
      globalThis.connections.push(this);
    }
  };
}

/** Of all connections: the kinds of candidates in use, and every candidate told. */
function candidates() {
  return Promise.all(globalThis.connections.map(async (connection) => {
    const stats = [...(await connection.getStats()).values()];
    const lines = connection.localDescription.sdp.split('\r\n').filter((line) => line.startsWith('a=candidate'));
    const pairs = stats.filter(({ type, state, nominated }) => type === 'candidate-pair' && state === 'succeeded' && nominated);
    const kind = (id) => stats.find((each) => each.id === id)?.candidateType;
    return { told: [...connection.said, ...lines].map((line) => / typ (\w+)/.exec(line)[1]),
      pairs: pairs.map(({ localCandidateId, remoteCandidateId }) => [kind(localCandidateId), kind(remoteCandidateId)]) };
  }));
}

for (const [giverBrowser, takerBrowser] of [['Chromium', 'Chromium'], ['Chromium', 'Firefox']]) {
  test(`${takerBrowser} takes from ${giverBrowser} through the relay, and no candidate but the relay's is told`, async () => {
    const options = { start: { iceTransportPolicy: 'relay' }, prepare: watchConnections };
    const giver = await stage.arrive({ ...options, browser: giverBrowser });
    await stage.take(giver, stage.pictures);
    const taker = await stage.arrive({ ...options, browser: takerBrowser });
    const { assetBodyBytes } = await stage.server.measure(() => stage.take(taker, stage.pictures));
    const length = stage.pictures.reduce((sum, url) => sum + stage.expected.get(url).length, 0);
    assert.ok(assetBodyBytes <= 0.2 * length, `${assetBodyBytes} of ${length} from the origin`);
    assert.equal((await statsOf(taker)).peers.connected, 1);
    for (const visitor of [giver, taker]) {
      // While it is checked anew, a pair counts as in progress.
      const links = await until('a pair to be in use', async () => {
        const all = await visitor.evaluate(candidates);
        return all.some(({ pairs }) => pairs.length > 0) && all;
      });
      assert.ok(links.length > 0 && links.every(({ told }) => told.length > 0), 'candidates were told');
      assert.deepEqual(new Set(links.flatMap(({ told }) => told)), new Set(['relay']));
      for (const [local, remote] of links.flatMap(({ pairs }) => pairs)) {
        assert.deepEqual([local, remote], ['relay', 'relay']);
      }
    }
    await Promise.all([giver.close(), taker.close()]);
  });
}

test('without a relay that answers, the site delivers', async () => {
  const [first, second] = await Promise.all([1, 2].map(() => stage.arrive({ start: {
    iceTransportPolicy: 'relay', iceServers: [{ urls: 'turn:127.0.0.1:9', username: 'nobody', credential: 'nothing' }] } })));
  await stage.take(first, stage.pictures);
  await stage.take(second, stage.pictures);
  assert.equal((await statsOf(second)).peers.bytesIn, 0);
  second.assertNoProblems();
});
