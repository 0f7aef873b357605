// A mistyped option must be named at once, not be found out in production.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PeertideError } from '../src/errors.ts';
import { checkOptions } from '../src/page/option-checks.ts';
import { defaultOptions, refuse, type PeertideOptions } from '../src/page/options.ts';

const base = 'https://site.example/gallery/index.html';
const resolveOptions = (options: PeertideOptions, from: string) => checkOptions(options, from, refuse);

test('without options everything has its documented default', () => {
  assert.deepEqual(resolveOptions({}, base), {
    server: ['wss://site.example/.peertide/ws'],
    serviceWorker: 'https://site.example/.peertide/peertide.sw.js',
    consent: 'granted',
    prefer: 'speed',
    mediaTypes: undefined,
    excludeFormats: undefined,
    threshold: undefined,
    foldLoading: undefined,
    geoLocate: true,
    maxPeers: 24,
    uploadLimit: Infinity,
    uploadQuota: Infinity,
    uploadOn: { cellular: false, saveData: false, lowBattery: false, hidden: true },
    iceServers: undefined,
    iceTransportPolicy: 'all',
    shareNode: true,
    store: 'auto',
    storeLimit: 1 << 30,
    workerUrl: undefined,
    wasmUrl: undefined,
    wasmNoSimdUrl: undefined,
    indexUrl: 'https://site.example/.peertide/index.json',
    debug: false,
  });
});

test('options that are not given are what they are where none is given', () => {
  assert.deepEqual(resolveOptions({ debug: undefined, threshold: null } as unknown as PeertideOptions, base), defaultOptions(base));
});

test('a plain http page talks to its server by ws', () => {
  assert.deepEqual(resolveOptions({}, 'http://localhost:7000/').server, ['ws://localhost:7000/.peertide/ws']);
});

test('options are taken', () => {
  const resolved = resolveOptions(
    {
      server: ['wss://a.example/ws', 'ws://b.example/ws'],
      serviceWorker: false,
      mediaTypes: ['image'],
      excludeFormats: ['gif', '.svg'],
      uploadOn: { hidden: false },
      uploadQuota: 0,
      workerUrl: 'w.js',
    },
    base,
  );
  assert.deepEqual(resolved.server, ['wss://a.example/ws', 'ws://b.example/ws']);
  assert.equal(resolved.serviceWorker, undefined);
  assert.deepEqual(resolved.mediaTypes, ['image']);
  assert.deepEqual(resolved.excludeFormats, ['gif', '.svg']);
  assert.deepEqual(resolved.uploadOn, { cellular: false, saveData: false, lowBattery: false, hidden: false });
  assert.equal(resolved.uploadQuota, 0);
  assert.equal(resolved.workerUrl, 'https://site.example/gallery/w.js');
});

test('a wrong option is refused by name', () => {
  const wrong: [string, unknown][] = [
    ['server', 'ftp://site.example/'],
    ['server', []],
    ['server', 7],
    ['serviceWorker', 'javascript:1'],
    ['consent', 'yes'],
    ['prefer', 'cheap'],
    ['mediaTypes', 'image'],
    ['mediaTypes', ['images']],
    ['excludeFormats', [1]],
    ['excludeFormats', ['*.gif']],
    ['threshold', -1],
    ['threshold', '3'],
    ['foldLoading', 1],
    ['geoLocate', 'no'],
    ['debug', 'yes'],
    ['maxPeers', 0],
    ['maxPeers', 129],
    ['maxPeers', 1.5],
    ['maxPeers', '24'],
    ['uploadLimit', 0],
    ['uploadLimit', NaN],
    ['uploadQuota', -1],
    ['uploadOn', true],
    ['iceServers', {}],
    ['iceTransportPolicy', 'none'],
    ['store', 'disk'],
    ['storeLimit', 1000],
    ['storeLimit', Infinity],
    ['indexUrl', 3],
  ];
  for (const [option, value] of wrong) {
    assert.throws(
      () => resolveOptions({ [option]: value } as PeertideOptions, base),
      (error) => error instanceof PeertideError && error.code === 'invalid-option' && error.option === option,
      `${option}: ${JSON.stringify(value)}`,
    );
  }
  assert.throws(
    () => resolveOptions({ uploadOn: { hidden: 1 } } as unknown as PeertideOptions, base),
    (error) => error instanceof PeertideError && error.option === 'uploadOn.hidden',
  );
  assert.throws(() => resolveOptions(null as unknown as PeertideOptions, base), PeertideError);
});

test('an option that does not exist is refused, and so is a state of the device', () => {
  const wrong = (options: object) => () => resolveOptions(options as PeertideOptions, base);
  assert.throws(wrong({ consnet: 'denied' }), (error: PeertideError) => error.option === 'consnet' && /consent/.test(error.message));
  assert.throws(wrong({ uploadOn: { celular: true } }), (error: PeertideError) => error.option === 'uploadOn.celular' && /cellular/.test(error.message));
});
