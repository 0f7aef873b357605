// Where several tabs share a node, one that asks anew must not have the host forget what it asks already.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Seat, type GuestChannel } from '../src/page/seat.ts';

test('a new service worker takes the place of the last one on the list, whatever comes after it', async () => {
  const heard: (readonly GuestChannel[])[] = [];
  const host = new BroadcastChannel('site');
  const all = new Promise<void>((resolve) => {
    host.onmessage = ({ data }) => {
      heard.push((data as { channels: GuestChannel[] }).channels);
      if (heard.length === 3) resolve();
    };
  });
  const nothing = () => undefined;
  const seat = new Seat('site', { host: nothing, guest: nothing, left: nothing, told: nothing, consent: nothing });
  seat.open('sw');
  const second = seat.open('sw');
  const page = seat.open('page');
  await all;
  assert.deepEqual(heard[1], [{ name: second, kind: 'sw' }]);
  assert.deepEqual(heard[2], [{ name: second, kind: 'sw' }, { name: page, kind: 'page' }]);
  seat.close();
  host.close();
});
