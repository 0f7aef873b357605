// The index and the torrents: what visitors trust, and that it stays true while
// the site's owner works on the files.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { appendFile, mkdir, open, readFile, readdir, rename, rm, symlink, truncate, utimes } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { request } from './harness/http.mjs';
import { makeSite, run, serve, until, writeFiles } from './harness/server.mjs';

const sha256 = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** BEP 52's pieces root of a file, the slow and obvious way. */
function piecesRoot(bytes) {
  let level = [];
  for (let at = 0; at < bytes.length; at += 16384) level.push(sha256(bytes.subarray(at, at + 16384)));
  let padding = Buffer.alloc(32);
  while (level.length > 1 || !level.length) {
    const next = [];
    for (let i = 0; i < level.length; i += 2) next.push(sha256(level[i], level[i + 1] ?? padding));
    level = next;
    padding = sha256(padding, padding);
  }
  return level[0].toString('hex');
}

const small = randomBytes(40_000), film = randomBytes((6 << 20) + 5);
const files = { 'index.html': '<p>home', 'img/a.jpg': small, 'img/b+c & d.jpg': randomBytes(1),
  'img/deep/e.png': randomBytes(16384), 'film.webm': film, 'ü/ö ä.txt': 'text', 'empty.txt': '',
  '.hidden': 'x', 'app.js': 'js', 'app.js.br': 'br', 'app.js.gz': 'gz', 'only.gz': 'gz' };
const paths = ['/index.html', '/img/a.jpg', '/img/b+c%20&%20d.jpg', '/img/deep/e.png', '/film.webm',
  '/%C3%BC/%C3%B6%20%C3%A4.txt', '/app.js', '/only.gz'];

describe('the index', () => {
  test('has each file by the path that browsers ask for, with its Merkle root', async (context) => {
    const site = await makeSite(context, files);
    const server = await serve(context, site);
    const index = await server.index();
    assert.equal(index.version, 1);
    assert.deepEqual(Object.keys(index.assets).sort(), [...paths].sort());
    for (const where of paths) {
      const { body } = await request(server, where);
      const asset = index.assets[where];
      assert.equal(asset.length, body.length, where);
      assert.equal(asset.root, piecesRoot(body), where);
      assert.ok(index.swarms[asset.swarm].v2.startsWith(asset.swarm));
      // WHATWG URL parsing leaves the path alone.
      assert.equal(new URL(where, server.url).pathname, where);
    }
    assert.equal(index.assets['/img/a.jpg'].type, 'image/jpeg');
  });

  test('leaves out what the owner excludes, and serves it all the same', async (context) => {
    const patterns = ['*.webm', 'deep/', '/ü/ö*'];
    const left = ['/index.html', '/img/a.jpg', '/img/b+c%20&%20d.jpg', '/app.js', '/only.gz'];
    const site = await makeSite(context, files);
    const config = path.join(await makeSite(context, { 'c.json': JSON.stringify({ exclude: patterns }) }), 'c.json');
    const server = await serve(context, site, { args: ['--config', config] });
    assert.deepEqual(Object.keys((await server.index()).assets).sort(), [...left].sort());
    assert.deepEqual((await request(server, '/img/deep/e.png')).body, files['img/deep/e.png']);
    // It stays out when it changes, and so does what comes to an excluded folder.
    await writeFiles(site, { 'img/deep/new.png': randomBytes(10), 'new.webm': randomBytes(10), 'new.txt': 'new' });
    await until('the new file to be indexed', async () => (await server.index()).assets['/new.txt']);
    assert.equal(Object.keys((await server.index()).assets).length, left.length + 1);
    // The command line's list takes the place of the file's.
    assert.equal((await run('index', '--config', config, '--exclude', '*.txt', '--exclude', 'img/', site)).status, 0);
    const written = JSON.parse(await readFile(path.join(site, '.peertide/index.json')));
    assert.deepEqual(Object.keys(written.assets).sort(),
      ['/app.js', '/film.webm', '/index.html', '/new.webm', '/only.gz']);
  });

  test('tells visitors the settings of the site, for hosts without a server of ours, too', async (context) => {
    const site = await makeSite(context, files);
    const config = path.join(await makeSite(context, { 'c.json': JSON.stringify({ threshold: 3, foldLoading: true,
      mediaTypes: ['image'] }) }), 'c.json');
    const wanted = { threshold: 3, mediaTypes: ['image'], excludeFormats: [], foldLoading: true, geoLocate: true };
    assert.deepEqual((await (await serve(context, site, { args: ['--config', config] })).index()).settings, wanted);
    assert.equal((await run('index', '--config', config, site)).status, 0);
    assert.deepEqual(JSON.parse(await readFile(path.join(site, '.peertide/index.json'))).settings, wanted);
  });

  test('bundles the small files of a folder and gives a large one its own swarm', async (context) => {
    const site = await makeSite(context, { ...files, 'img/big.mp4': randomBytes(4 << 20) });
    const { assets, swarms } = await (await serve(context, site)).index();
    assert.equal(assets['/img/a.jpg'].swarm, assets['/img/b+c%20&%20d.jpg'].swarm);
    assert.notEqual(assets['/img/a.jpg'].swarm, assets['/img/deep/e.png'].swarm);
    assert.notEqual(assets['/img/a.jpg'].swarm, assets['/img/big.mp4'].swarm);
    assert.equal(assets['/img/big.mp4'].file, 0);
    assert.equal(swarms[assets['/img/big.mp4'].swarm].length, 4 << 20);
    assert.equal(swarms[assets['/img/a.jpg'].swarm].pieceLength, 16384);
  });

  test('comes with a torrent per swarm, the same bytes from run to run', async (context) => {
    const site = await makeSite(context, files);
    const torrents = async () => {
      const server = await serve(context, site);
      const all = {};
      for (const key of Object.keys((await server.index()).swarms)) {
        const { status, headers, body } = await request(server, `/.peertide/torrents/${key}.torrent`);
        assert.equal(status, 200);
        assert.equal(headers['content-type'], 'application/x-bittorrent');
        all[key] = body.toString('latin1').replaceAll(server.url, 'URL').replace(/8:url-list\d+/, '');
      }
      await server.stop();
      return all;
    };
    assert.deepEqual(await torrents(), await torrents());
  });

  test('comes with the piece layers of a swarm: what visitors read instead of its torrent', async (context) => {
    const site = await makeSite(context, files);
    const server = await serve(context, site);
    const { assets, swarms } = await server.index();
    const { swarm, root, length } = assets['/film.webm'];
    const { status, headers, body } = await request(server, `/.peertide/layers/${swarm}.bin`);
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'application/octet-stream');
    assert.equal(swarms[swarm].pieceLength, 16384); // so the layer is that of the leaves
    assert.equal(body.length, 32 * Math.ceil(length / 16384));
    const width = 2 ** Math.ceil(Math.log2(body.length / 32));
    let row = Array.from({ length: width }, (_, at) => Buffer.concat([body.subarray(32 * at, 32 * at + 32)], 32));
    while (row.length > 1) {
      const below = row;
      row = Array.from({ length: below.length / 2 }, (_, at) =>
        createHash('sha256').update(below[2 * at]).update(below[2 * at + 1]).digest());
    }
    assert.equal(row[0].toString('hex'), root);
    // Whoever has but files of one piece has their roots in the index.
    const small = assets['/img/deep/e.png'].swarm;
    assert.equal((await request(server, `/.peertide/layers/${small}.bin`)).status, 404);
  });

  test('serves the padding of hybrid torrents to clients that take it for files', async (context) => {
    const site = await makeSite(context, files);
    const config = path.join(site, '.config.json');
    await writeFiles(site, { '.config.json': JSON.stringify({ webTorrent: true }) });
    const hybrid = await serve(context, site, { args: ['--config', config] });
    await hybrid.index();
    for (const where of ['/img/.pad/16283', '/.pad/1', '/.peertide/seed/site/img/.pad/16283']) {
      const { status, body } = await request(hybrid, where);
      assert.equal(status, 200, where);
      assert.deepEqual(body, Buffer.alloc(Number(where.split('/').at(-1))));
    }
    const { status, body } = await request(hybrid, '/img/.pad/16283', { headers: { range: 'bytes=16000-16282' } });
    assert.deepEqual([status, body.length], [206, 283]);
    for (const where of ['/img/.pad/0', '/img/.pad/01', '/img/.pad/1048576', '/img/.pad/99999999999', '/img/.pad/1x',
      '/img/.pad/', '/img/.pad', '/img/x.pad/5', '/.pads/5', '/.git/5', '/img/.pad/5/6']) {
      assert.equal((await request(hybrid, where)).status, 404, where);
    }
    const plain = await serve(context, await makeSite(context, files));
    await plain.index();
    assert.equal((await request(plain, '/img/.pad/16283')).status, 404);
  });

  test('web seeds lead to the files, as BEP 19 clients build their URLs', async (context) => {
    const site = await makeSite(context, files);
    const server = await serve(context, site);
    const { assets } = await server.index();
    const seedOf = async (where) => {
      const { body } = await request(server, `/.peertide/torrents/${assets[where].swarm}.torrent`);
      const text = body.toString('latin1');
      return { url: /8:url-list\d+:(http[^ ]*?)e$/.exec(text)[1], name: /4:name\d+:(.*?)12:piece length/.exec(text)[1] };
    };
    // A URL that ends in '/' is continued with the name; folders have paths below it.
    const urlOf = async (where, below = '') => {
      const { url, name } = await seedOf(where);
      return url.endsWith('/') ? url + encodeURIComponent(name) + below : url;
    };
    assert.equal(await urlOf('/film.webm'), `${server.url}/film.webm`);
    assert.equal(await urlOf('/img/a.jpg', '/a.jpg'), `${server.url}/img/a.jpg`);
    assert.equal(await urlOf('/img/deep/e.png'), `${server.url}/img/deep/e.png`);
    const top = await seedOf('/index.html');
    assert.equal(top.url, `${server.url}/.peertide/seed/`);
    const { body } = await request(server, `/.peertide/seed/${top.name}/index.html`);
    assert.equal(body.toString(), '<p>home');
    const range = await request(server, `/.peertide/seed/${top.name}/film.webm`,
      { headers: { range: 'bytes=5-9' } });
    assert.ok(range.body.equals(film.subarray(5, 10)));
    assert.equal((await request(server, `/.peertide/seed/${top.name}/.hidden`)).status, 404);
    assert.equal((await request(server, `/.peertide/seed/${top.name}/../../index.html/`)).status, 404);
  });

  test('the same files in two folders are two swarms', async (context) => {
    const site = await makeSite(context, { 'one/x/a.jpg': small, 'two/x/a.jpg': small,
      'one/film.webm': film, 'two/film.webm': film });
    const { assets, swarms } = await (await serve(context, site)).index();
    assert.equal(Object.keys(swarms).length, 4);
    assert.equal(new Set(Object.values(assets).map((asset) => asset.swarm)).size, 4);
  });

  test('never has what leads out of the site', async (context) => {
    const site = await makeSite(context, { 'a.txt': 'a' });
    await symlink('/etc/hostname', path.join(site, 'out.txt'));
    await symlink('/etc', path.join(site, 'etc'));
    await symlink('a.txt', path.join(site, 'b.txt'));
    await symlink('.', path.join(site, 'loop'));
    const { assets } = await (await serve(context, site)).index();
    assert.deepEqual(Object.keys(assets), ['/a.txt', '/b.txt']);
  });

  test('is divided by folder when it is large', async (context) => {
    const site = await makeSite(context);
    for (const folder of ['a', 'b&c d', 'c/deep']) {
      await mkdir(path.join(site, folder), { recursive: true });
      await Promise.all(Array.from({ length: 2000 }, async (_, i) => {
        const handle = await open(path.join(site, folder, `${i}.txt`), 'w');
        await handle.write(`${folder} ${i}`);
        await handle.close();
      }));
    }
    await writeFiles(site, { 'top.txt': 'top' });
    const server = await serve(context, site);
    const index = await server.index();
    assert.deepEqual(Object.keys(index.assets), ['/top.txt']);
    assert.deepEqual(Object.keys(index.shards).sort(), ['/a/', '/b&c%20d/', '/c/']);
    for (const [prefix, location] of Object.entries(index.shards)) {
      const { status, body } = await request(server, `/.peertide/${location}`);
      assert.equal(status, 200, location);
      const shard = JSON.parse(body);
      const names = Object.keys(shard.assets);
      assert.equal(names.length, 2000);
      assert.ok(names.every((name) => name.startsWith(prefix)));
      assert.ok(Object.values(shard.assets).every((asset) => shard.swarms[asset.swarm]));
    }
  });

  test('a site of very many folders still fits one index', async (context) => {
    const site = await makeSite(context, Object.fromEntries(
      Array.from({ length: 600 }, (_, i) => [`shop/item${i}/photo.jpg`, `photo ${i}`])));
    const { assets, swarms } = await (await serve(context, site)).index();
    assert.equal(Object.keys(assets).length, 600);
    assert.ok(Object.keys(swarms).length <= 256);
  });
});

describe('changes', () => {
  async function running(context, more = {}) {
    const site = await makeSite(context, { ...files, ...more });
    const server = await serve(context, site);
    const becomes = (what, condition) => until(what, async () => condition((await server.index()).assets));
    return { site, server, becomes };
  }

  test('a new, a changed, a renamed and a removed file are noticed', async (context) => {
    const { site, server, becomes } = await running(context);
    const before = (await server.index()).assets;
    const changed = randomBytes(40_000); // as long as before
    await writeFiles(site, { 'img/new.jpg': 'new', 'img/a.jpg': changed });
    await becomes('the new file', (assets) => assets['/img/new.jpg']);
    await becomes('the new content', (assets) => assets['/img/a.jpg'].root === piecesRoot(changed));
    await rename(path.join(site, 'img/new.jpg'), path.join(site, 'img/newer.jpg'));
    await becomes('the new name', (assets) => assets['/img/newer.jpg'] && !assets['/img/new.jpg']);
    await rm(path.join(site, 'img/newer.jpg'));
    await becomes('the file to be gone', (assets) => !assets['/img/newer.jpg']);
    const after = (await server.index()).assets;
    assert.equal(after['/film.webm'].swarm, before['/film.webm'].swarm); // untouched
  });

  test('new folders, also filled ones moved in, are watched', async (context) => {
    const { site, becomes } = await running(context);
    await writeFiles(site, { 'x/y/z/1.txt': '1' });
    await becomes('the file in the new folder', (assets) => assets['/x/y/z/1.txt']);
    await writeFiles(site, { 'x/y/z/2.txt': '2' });
    await becomes('a further file there', (assets) => assets['/x/y/z/2.txt']);
    await rename(path.join(site, 'x'), path.join(site, 'moved'));
    await becomes('the moved folder', (assets) => assets['/moved/y/z/2.txt'] && !assets['/x/y/z/2.txt']);
    await writeFiles(site, { 'moved/y/3.txt': '3' });
    await becomes('a file in the moved folder', (assets) => assets['/moved/y/3.txt']);
    await rm(path.join(site, 'moved'), { recursive: true });
    await becomes('the folder to be gone', (assets) => !assets['/moved/y/3.txt']);
  });

  test('a file that is being written ends up right', async (context) => {
    const { site, becomes } = await running(context);
    const parts = Array.from({ length: 30 }, () => randomBytes(300_000));
    for (const part of parts) await appendFile(path.join(site, 'grows.bin'), part);
    const whole = piecesRoot(Buffer.concat(parts));
    await becomes('the whole file', (assets) => assets['/grows.bin']?.root === whole);
  });

  test('content that changes behind an old date is not overlooked', async (context) => {
    const { site, becomes } = await running(context);
    const changed = randomBytes(small.length);
    await writeFiles(site, { 'img/a.jpg': changed });
    await utimes(path.join(site, 'img/a.jpg'), 1_000_000_000, 1_000_000_000);
    await becomes('the new content', (assets) => assets['/img/a.jpg'].root === piecesRoot(changed));
  });

  test('what does not change the site changes no index', async (context) => {
    const { site, server, becomes } = await running(context);
    const before = (await request(server, '/.peertide/index.json')).headers.etag;
    await writeFiles(site, { '.hidden': 'changed', 'empty.txt': '' });
    await utimes(path.join(site, 'img/a.jpg'), new Date(), new Date());
    await writeFiles(site, { 'mark.txt': '1' });
    await becomes('the mark', (assets) => assets['/mark.txt']);
    await rm(path.join(site, 'mark.txt'));
    await becomes('no mark', (assets) => !assets['/mark.txt']);
    const after = await request(server, '/.peertide/index.json', { headers: { 'if-none-match': before } });
    assert.ok([200, 304].includes(after.status));
    assert.equal(after.status === 200 && JSON.parse(after.body).assets['/img/a.jpg'].root,
      after.status === 200 && piecesRoot(small));
  });
});

describe('another folder in the site\'s place', () => {
  /** One release of a site: what every file says. */
  const release = (name, more = {}) => ({ 'index.html': name, 'img/a.txt': `picture of ${name}`, ...more });

  /** What is served, and the index with it, are this release; and the next change there is seen, too. */
  async function assertServes(server, folder, name) {
    await until(`the content of ${name}`, async () =>
      (await request(server, '/img/a.txt')).body.toString() === `picture of ${name}`);
    await until(`the index of ${name}`, async () =>
      (await server.index()).assets['/index.html']?.root === piecesRoot(Buffer.from(name)));
    await writeFiles(folder, { [`mark of ${name}.txt`]: '1' });
    await until(`a change of ${name}`, async () =>
      (await server.index()).assets[`/mark%20of%20${name}.txt`]);
  }

  test('is served when it is renamed to it, each time', async (context) => {
    const home = await makeSite(context, { 'site/x': 'x', ...Object.fromEntries(
      Object.entries(release('first')).map(([name, text]) => [`site/${name}`, text])) });
    const site = path.join(home, 'site');
    const server = await serve(context, site);
    await assertServes(server, site, 'first');
    for (const name of ['second', 'third']) {
      const next = path.join(home, 'next'), old = path.join(home, 'old');
      await writeFiles(next, release(name));
      await rename(site, old);
      await rename(next, site);
      await rm(old, { recursive: true });
      await assertServes(server, site, name);
      assert.equal((await server.index()).assets['/x'], undefined);
    }
  });

  test('is served when it is renamed to it while the old one is being indexed', async (context) => {
    const home = await makeSite(context, { 'site/film.webm': 'f' });
    const site = path.join(home, 'site'), next = path.join(home, 'next');
    await truncate(path.join(site, 'film.webm'), 512 << 20); // takes a while to read
    await writeFiles(next, release('second'));
    const server = await serve(context, site, { ready: false });
    await rename(site, path.join(home, 'old'));
    await rename(next, site);
    await until('the index', async () => (await server.stats()).index.ready);
    assert.equal((await server.index()).assets['/film.webm'], undefined);
    await assertServes(server, site, 'second');
  });

  for (const where of ['.', 'public']) {
    test(`is served when a symbolic link is turned to it (DIR is ${where === '.' ? 'the link' : 'below the link'})`, async (context) => {
      const home = await makeSite(context);
      const link = path.join(home, 'current');
      const turn = async (name) => {
        await writeFiles(path.join(home, name, where), release(name));
        await symlink(name, `${link}.next`);
        await rename(`${link}.next`, link);
      };
      await turn('first');
      const server = await serve(context, path.join(link, where));
      await assertServes(server, path.join(home, 'first', where), 'first');
      for (const name of ['second', 'third']) {
        await turn(name);
        await assertServes(server, path.join(home, name, where), name);
        assert.equal((await server.index()).assets['/mark%20of%20first.txt'], undefined);
      }
    });
  }

  test('is served when it comes a while after the old one was removed', async (context) => {
    const home = await makeSite(context);
    const site = path.join(home, 'site');
    await writeFiles(site, release('first'));
    const server = await serve(context, `${site}/.`);
    await rm(site, { recursive: true });
    await until('an empty index', async () => Object.keys((await server.index()).assets).length === 0);
    await writeFiles(site, release('second'));
    await assertServes(server, site, 'second');
  });
});

describe('peertide index', () => {
  test('writes the same documents for a static host, and clears what is old', async (context) => {
    const site = await makeSite(context, files);
    assert.equal((await run('index', site)).status, 0);
    const folder = path.join(site, '.peertide');
    const index = JSON.parse(await readFile(path.join(folder, 'index.json')));
    assert.deepEqual(Object.keys(index.assets).sort(), [...paths].sort());
    const names = (await readdir(path.join(folder, 'torrents'))).sort();
    assert.deepEqual(names, Object.keys(index.swarms).map((key) => `${key}.torrent`).sort());
    const film = path.join(folder, 'layers', `${index.assets['/film.webm'].swarm}.bin`);
    assert.equal((await readFile(film)).length % 32, 0);
    const served = await (await serve(context, site)).index();
    assert.deepEqual(served.assets, index.assets);
    await rm(path.join(site, 'film.webm'));
    const { status, stdout } = await run('index', site);
    assert.equal(status, 0);
    assert.match(stdout, /7 files .* 4 swarms/);
    assert.equal((await readdir(path.join(folder, 'torrents'))).length, names.length - 1);
    await assert.rejects(readFile(film), { code: 'ENOENT' });
  });

  test('makes hybrid torrents and web seeds when the configuration says so', async (context) => {
    const site = await makeSite(context, { ...files,
      '.config.json': JSON.stringify({ webTorrent: true, domainName: 'https://site.example/' }) });
    const config = path.join(site, '.config.json');
    assert.equal((await run('index', site, '--config', config)).status, 0);
    const index = JSON.parse(await readFile(path.join(site, '.peertide/index.json')));
    for (const swarm of Object.values(index.swarms)) assert.match(swarm.v1, /^[0-9a-f]{40}$/);
    const key = index.assets['/film.webm'].swarm;
    const torrent = (await readFile(path.join(site, `.peertide/torrents/${key}.torrent`))).toString('latin1');
    assert.match(torrent, /8:url-list30:https:\/\/site\.example\/film\.webm/);
    const info = torrent.slice(torrent.indexOf('4:info') + 6, torrent.indexOf('12:piece layers'));
    assert.equal(createHash('sha1').update(Buffer.from(info, 'latin1')).digest('hex'),
      index.swarms[key].v1);
  });

  test('an empty site has an empty index', async (context) => {
    const site = await makeSite(context);
    assert.equal((await run('index', site)).status, 0);
    const index = JSON.parse(await readFile(path.join(site, '.peertide/index.json')));
    assert.deepEqual(index.assets, {});
  });
});
