// The command line: what an operator types and reads.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { describe, test } from 'node:test';
import { makeSite, run, serve } from './harness/server.mjs';

describe('peertide', () => {
  test('explains itself', async () => {
    const { status, stdout } = await run('--help');
    assert.equal(status, 0);
    assert.match(stdout, /serve \[DIR\]/);
    assert.match((await run('--version')).stdout, /^peertide \d+\.\d+\.\d+\n$/);
    assert.match((await run('serve', '--help')).stdout, /--max-connections/);
    assert.match((await run('index', '--help')).stdout, /webTorrent/);
  });

  const wrong = [[], ['dance'], ['--nonsense'], ['serve', '--nonsense'], ['serve', '--port'],
    ['serve', '--port', 'x'], ['serve', '--port', '65536'], ['serve', '--port', '-1'],
    ['serve', '--log-level', 'loud'], ['serve', '--log-format', 'xml'], ['serve', 'a', 'b'],
    ['serve', '--tls-cert', 'x'], ['serve', '--turn-url', 'http://x'], ['index'],
    ['index', 'a', 'b'], ['index', '--port', '1', 'a'], ['serve', '--max-connections', '0'],
    ['serve', '--config', '/nonexistent'], ['serve', '--exclude', '/'], ['index', '--exclude', '', 'a'], ['serve', '-x'], ['serve', ''],
    ['serve', '--allow-origin', 'other.example'], ['serve', '--allow-origin', 'https://other.example/']];
  for (const args of wrong) {
    test(`wrong use is one line and status 2: ${args.join(' ') || '(nothing)'}`, async () => {
      const { status, stdout, stderr } = await run(...args);
      assert.equal(status, 2, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, /^peertide[^\n]+\n$/);
    });
  }

  test('a folder that is not there is one line and status 1', async () => {
    for (const command of ['serve', 'index']) {
      const { status, stderr } = await run(command, '/nonexistent/folder');
      assert.equal(status, 1);
      assert.match(stderr, /^peertide[^\n]+No such file[^\n]+\n$/);
    }
  });

  test('a port in use is one line and status 1', async (context) => {
    const site = await makeSite(context, { 'a.txt': 'a' });
    const other = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => { other.once('listening', resolve); });
    context.after(() => other.close());
    const { status, stderr } = await run('serve', site, '--port', String(other.address().port));
    assert.equal(status, 1);
    assert.match(stderr, /^[^\n]*port \d+ is in use already\n$/);
  });

  test('certificates that are no certificates are one line and status 1', async (context) => {
    const site = await makeSite(context, { 'a.txt': 'a' });
    const file = path.join(site, 'a.txt');
    const { status, stderr } = await run('serve', site, '--port', '0', '--tls-cert', file,
      '--tls-key', file, '--log-level', 'error');
    assert.equal(status, 1);
    assert.match(stderr, /certificate/);
  });
});

describe('the configuration file', () => {
  async function configured(context, settings, args = []) {
    const site = await makeSite(context, { 'a.txt': 'a' });
    const file = path.join(site, '.config.json');
    await writeFile(file, typeof settings === 'string' ? settings : JSON.stringify(settings));
    return run('serve', site, '--config', file, '--tls-cert', 'x', ...args);
  }

  test('knows the options by their names, and PeerConnect\'s settings', async (context) => {
    const { status, stderr } = await configured(context, {
      host: '127.0.0.1', port: 0, 'max-connections': 10, 'log-level': 'warn', 'log-format': 'json',
      'allow-origin': ['https://a.example'], threshold: 3, mediaTypes: ['image', 'video'],
      excludeFormats: ['gif'], foldLoading: true, geoLocate: false, videoRoute: './videos',
      torrentRoute: './torrents', domainName: 'https://site.example', webTorrent: true });
    assert.equal(status, 2);
    assert.match(stderr, /tls-cert and tls-key/); // all else was accepted
  });

  for (const [what, settings] of [
    ['an unknown key', { colour: 'red' }], ['a wrong type', { port: '80' }],
    ['a fraction', { port: 80.5 }], ['a range', { threshold: -1 }],
    ['a wrong word', { mediaTypes: ['smell'] }], ['a wrong list', { excludeFormats: [1] }],
    ['no object', '[]'], ['no JSON', '{'], ['something behind it', '{} x'],
    ['an option as switch', { foldLoading: 'yes' }],
    ['a route out of the site', { videoRoute: '../films' }], ['a hidden route', { videoRoute: '/a/.b' }],
    ['a route with a hole', { videoRoute: 'a//b' }], ['a route that is none', { torrentRoute: 7 }],
    ['torrents of nothing', { torrentRoute: '/torrents' }],
    ['an address that is no site\'s', { domainName: 'ftp://site.example' }],
    ['an address without a host', { domainName: 'https://' }],
    ['an address with a query', { domainName: 'https://site.example/?page' }],
    ['an address of several words', { domainName: 'my site' }]]) {
    test(`is refused in one line for ${what}`, async (context) => {
      const { status, stderr } = await configured(context, settings);
      assert.equal(status, 2);
      assert.match(stderr, /^peertide serve: [^\n]+\n$/);
      assert.doesNotMatch(stderr, /tls-key/);
    });
  }

  test('gives way to the command line', async (context) => {
    const site = await makeSite(context, { 'a.txt': 'a' });
    const file = path.join(site, '.config.json');
    await writeFile(file, JSON.stringify({ port: 1, 'log-format': 'json' }));
    const server = await serve(context, site, { args: ['--config', file] }); // --port 0
    assert.notEqual(server.port, 1);
    assert.match(server.log(), /^\{"time":"[^"]+","level":"info","message":"indexed 1 files/m);
  });
});
