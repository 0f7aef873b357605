// The little picture of rates must not invent bytes, and must fall when nothing comes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateHistory } from '../src/elements/rate-history.ts';

test('rates are what the counters grew by in each second', () => {
  const history = new RateHistory(4);
  history.add(10_000, { peers: 500, origin: 70 }); // what was there before is no rate
  assert.deepEqual(history.rates, { peers: [0, 0, 0, 0], origin: [0, 0, 0, 0] });
  history.add(10_400, { peers: 600, origin: 70 });
  history.add(10_900, { peers: 650, origin: 75 });
  history.add(12_100, { peers: 660, origin: 75 });
  assert.deepEqual(history.rates, { peers: [0, 150, 0, 10], origin: [0, 5, 0, 0] });
});

test('they fall to nothing when nothing comes, and begin anew with another instance', () => {
  const history = new RateHistory(3);
  history.add(1000, { peers: 0, origin: 0 });
  history.add(1500, { peers: 9, origin: 1 });
  assert.equal(history.isQuiet, false);
  history.rest(3500);
  assert.deepEqual(history.rates.peers, [9, 0, 0]);
  history.rest(1_000_000);
  assert.equal(history.isQuiet, true);
  history.add(1_000_100, { peers: 90, origin: 1 });
  history.clear();
  history.add(1_000_200, { peers: 1, origin: 0 });
  assert.equal(history.isQuiet, true);
});
