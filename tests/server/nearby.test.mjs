// Who is told of whom when the server knows where visitors are: those nearby,
// so that bytes need not cross an ocean to reach the house next door.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { mmdb } from './harness/mmdb.mjs';
import { makeSite, run, serve, suiteContext } from './harness/server.mjs';
import { visit } from './harness/visitor.mjs';

// Every address of 127.0.0.0/8 is this machine's: each city has 127.CITY.0.0/16.
const cities = { 1: [52.52, 13.405], 2: [48.857, 2.352], 3: [40.713, -74.006], 4: [35.682, 139.76] };
const database = mmdb(Object.entries(cities).map(([city, [latitude, longitude]]) =>
  ({ network: `127.${city}.0.0/16`, latitude, longitude })));
const perCity = 8;

/** A server with eight visitors in each city: in networks of their own (/24), all in one swarm. */
async function populated(context, { args = [], config = {} } = {}) {
  const site = await makeSite(context, { 'a.jpg': randomBytes(1000) });
  const folder = await makeSite(context, { 'places.mmdb': database, 'config.json': JSON.stringify(config) });
  const server = await serve(context, site, { args: ['--config', path.join(folder, 'config.json'),
    ...args.map((arg) => (arg === 'DATABASE' ? path.join(folder, 'places.mmdb') : arg))] });
  const [swarm] = Object.keys((await server.index()).swarms);
  const cityOf = new Map();
  for (const city of Object.keys(cities)) {
    for (let i = 0; i < perCity; i++) {
      const visitor = await visit(context, server, { localAddress: `127.${city}.${i}.1` });
      await visitor.join(swarm);
      cityOf.set(visitor.peer, city);
    }
  }
  /** A newcomer at an address is told of `want` others: [{ city, near }]. */
  const newcomer = async (t, localAddress, hello = {}, want = 8) => {
    const visitor = await visit(t, server, { localAddress, hello });
    const { peers } = await visitor.join(swarm, 1000, want);
    visitor.send({ action: 'leave', swarms: [swarm] });
    await visitor.settled();
    return peers.map(({ peer, near }) => ({ city: cityOf.get(peer), near }));
  };
  return { server, newcomer };
}

/** How many of 30 newcomers' 240 peers are in city 1, where the newcomers are. */
async function near(t, { newcomer }, hello) {
  let count = 0;
  for (let i = 0; i < 30; i++) {
    const told = await newcomer(t, `127.1.${100 + i}.1`, hello);
    assert.equal(told.length, 8);
    count += told.filter(({ city }) => city === '1').length;
  }
  return count;
}

describe('a server that knows places', () => {
  const context = suiteContext(after);
  let stage;
  before(async () => { stage = await populated(context, { args: ['--geoip-db', 'DATABASE'] }); });

  test('names visitors of the same city first, then those of the next, and a few from anywhere', async (t) => {
    for (const city of Object.keys(cities)) {
      const told = await stage.newcomer(t, `127.${city}.99.1`);
      const here = told.filter((each) => each.city === city);
      assert.ok(here.length >= 6, `${here.length} of 8 from city ${city}`);
      for (const { near: distance } of here) assert.ok(distance >= 1 && distance <= 3, String(distance));
      for (const { near: distance } of told.filter((each) => each.city !== city)) assert.ok(distance > 500);
    }
    const told = await stage.newcomer(t, '127.1.99.1', {}, 20); // Berlin: then Paris
    assert.equal(told.filter(({ city }) => city === '1').length, 8);
    assert.ok(told.filter(({ city }) => city === '2').length >= 7);
  });

  test('names the visitor in the same network before all others', async (t) => {
    const told = await stage.newcomer(t, '127.4.3.77', {}, 4);
    assert.ok(told.some(({ city, near: distance }) => city === '4' && distance === 1));
  });

  test('names some from anywhere, so that the swarm stays one', async (t) => {
    let elsewhere = 0;
    for (let i = 0; i < 10; i++) {
      const told = await stage.newcomer(t, `127.3.${100 + i}.1`);
      elsewhere += told.filter(({ city }) => city !== '3').length;
    }
    assert.ok(elsewhere >= 5 && elsewhere <= 20, `${elsewhere} of 20 by lot`);
  });

  test('names anybody to a visitor who does not want the nearest', async (t) => {
    const count = await near(t, stage, { anywhere: 1 });
    assert.ok(count > 30 && count < 100, `${count} of 240 in the same city: 60 expected`);
  });

  test('names whoever is there to a visitor of an unknown place', async (t) => {
    assert.equal((await stage.newcomer(t, '127.77.0.1')).length, 8);
  });
});

test('with geoLocate off everybody is named alike', async (t) => {
  const stage = await populated(t, { args: ['--geoip-db', 'DATABASE'], config: { geoLocate: false } });
  const count = await near(t, stage);
  assert.ok(count > 30 && count < 100, `${count} of 240 in the same city: 60 expected`);
  assert.ok((await stage.newcomer(t, '127.1.99.1')).every(({ near: distance }) => distance === 0));
});

test('without a database the same network is nearest, and all others are alike', async (t) => {
  const stage = await populated(t);
  const count = await near(t, stage);
  assert.ok(count > 30 && count < 100, `${count} of 240 in the same city: 60 expected`);
  const told = await stage.newcomer(t, '127.4.3.77', {}, 4);
  assert.ok(told.some(({ city, near: distance }) => city === '4' && distance === 1));
});

test('a database that is none is one line and status 1', async (t) => {
  const folder = await makeSite(t, { 'places.mmdb': 'no database', 'a.txt': 'a' });
  await writeFile(path.join(folder, 'cut.mmdb'), database.subarray(0, database.length - 40));
  for (const name of ['places.mmdb', 'cut.mmdb', 'none.mmdb']) {
    const { status, stderr } = await run('serve', '--port', '0', '--geoip-db', path.join(folder, name), folder);
    assert.equal(status, 1, name);
    assert.match(stderr, /^peertide serve: geoip-db: [^\n]+\n$/);
  }
});
