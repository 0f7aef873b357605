// What must not be shared is a private answer; what must not be lost is a request.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalPath } from '../src/shared/asset-path.ts';
import { eligiblePath, isBlocking, type RequestFacts } from '../src/shared/eligible.ts';

const origin = 'https://site.example';
function request(facts: Partial<Omit<RequestFacts, 'headers'>> = {}, headers: Record<string, string> = {}): RequestFacts {
  return {
    method: 'GET',
    url: `${origin}/img/a.jpg`,
    mode: 'no-cors',
    credentials: 'include',
    cache: 'default',
    destination: 'image',
    ...facts,
    headers: new Headers(headers),
  };
}

test('what <img>, <video>, fonts and fetch() send by default may come from visitors', () => {
  assert.equal(eligiblePath(request(), origin), '/img/a.jpg');
  assert.equal(eligiblePath(request({ mode: 'cors', credentials: 'same-origin' }), origin), '/img/a.jpg');
  assert.equal(eligiblePath(request({ mode: 'cors', credentials: 'omit' }), origin), '/img/a.jpg');
  assert.equal(eligiblePath(request({}, { range: 'bytes=0-' }), origin), '/img/a.jpg');
  assert.equal(eligiblePath(request({ url: `${origin}/img/a.jpg#part` }), origin), '/img/a.jpg');
});

test('what may be private, or must be fresh, goes to the origin untouched', () => {
  const untouched: [string, RequestFacts][] = [
    ['POST', request({ method: 'POST' })],
    ['HEAD', request({ method: 'HEAD' })],
    ['a navigation', request({ mode: 'navigate' })],
    ['crossorigin="use-credentials"', request({ mode: 'cors' })],
    ['a query', request({ url: `${origin}/img/a.jpg?v=1` })],
    ['an empty query', request({ url: `${origin}/img/a.jpg?` })],
    ['another origin', request({ url: 'https://other.example/img/a.jpg' })],
    ['another port', request({ url: 'https://site.example:8443/img/a.jpg' })],
    ['cache: no-store', request({ cache: 'no-store' })],
    ['cache: reload', request({ cache: 'reload' })],
    ['cache: only-if-cached', request({ cache: 'only-if-cached' })],
    ['Authorization', request({}, { authorization: 'Bearer x' })],
    ['If-None-Match', request({}, { 'if-none-match': '"x"' })],
    ['If-Range', request({}, { range: 'bytes=1-', 'if-range': '"x"' })],
    ['a worker', request({ mode: 'same-origin', credentials: 'same-origin', destination: 'worker' })],
    ['a shared worker', request({ mode: 'same-origin', credentials: 'same-origin', destination: 'sharedworker' })],
    ['our own worker', request({}, { 'peertide-origin': '1' })],
  ];
  for (const [name, facts] of untouched) assert.equal(eligiblePath(facts, origin), undefined, name);
});

test('a path is the same however it is encoded, unless decoding changes its meaning', () => {
  assert.equal(canonicalPath('/a%20b.jpg'), '/a b.jpg');
  assert.equal(canonicalPath('/a b.jpg'), '/a b.jpg');
  assert.equal(canonicalPath('/%C3%A4.jpg'), '/ä.jpg');
  for (const kept of ['/a%2Fb', '/a%5cb', '/a%00', '/100%', '/%ff', '/a%2520b', '/100%25']) assert.equal(canonicalPath(kept), kept);
});

test('what a page cannot be shown without is known by its destination', () => {
  assert.deepEqual(['style', 'script', 'font'].map(isBlocking), [true, true, true]);
  assert.deepEqual(['image', 'video', ''].map(isBlocking), [false, false, false]);
});
