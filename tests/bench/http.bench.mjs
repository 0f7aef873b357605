// Files over loopback beside nginx: 64 MiB, and many of 10 KB
//
//   tests/run bench:http      ROUNDS=7 SECONDS=4 for more
//
// Server on one core, generator on the other; the servers take turns in each round. Bytes are
// thrown away in the kernel, so that the client is not the slower of the two.
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { siteCache } from '../browser/harness/paths.mjs';
import { median, report, round, setting } from './lib.mjs';
import { load, startPeertide, startPinned } from './pinned.mjs';

const rounds = setting('ROUNDS', 5);
const seconds = setting('SECONDS', 2);
const files = { '/film.webm': { bytes: 64 << 20, connections: 4 }, '/picture.jpg': { bytes: 10_000, connections: 64 },
  '/text.html': { bytes: 10_000, connections: 64 } };

const folder = path.join(siteCache, 'beside-nginx');
await mkdir(folder, { recursive: true });
for (const [name, { bytes }] of Object.entries(files)) await writeFile(path.join(folder, name), randomBytes(bytes));

function freePort() {
  return new Promise((resolve) => {
    const probe = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

async function startNginx(work) {
  const port = await freePort();
  const config = path.join(work, 'nginx.conf');
  await writeFile(config, `daemon off; master_process off; pid ${work}/pid; error_log stderr notice;
events { worker_connections 4096; }
http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; include /etc/nginx/mime.types;
  client_body_temp_path ${work}/body; proxy_temp_path ${work}/proxy; fastcgi_temp_path ${work}/fastcgi;
  uwsgi_temp_path ${work}/uwsgi; scgi_temp_path ${work}/scgi;
  server { listen 127.0.0.1:${port} backlog=4096; root ${folder}; } }
`);
  const server = startPinned('nginx', ['-e', 'stderr', '-p', work, '-c', config]);
  await server.says(/start|epoll/);
  return { ...server, url: `http://127.0.0.1:${port}` };
}

const work = await mkdtemp(path.join(os.tmpdir(), 'peertide-nginx-'));
const servers = {};
try {
  servers.Peertide = await startPeertide(folder);
  servers.nginx = await startNginx(work);
  const results = {};
  for (let at = 0; at < rounds; at++) {
    for (const [file, { connections, bytes }] of Object.entries(files)) {
      for (const [name, server] of Object.entries(servers)) {
        const result = await load('--work', 'get', '--connections', connections, '--seconds', seconds,
          '--warmup', 0.5, '--settle', 0, '--pid', server.pid, server.url + file);
        if (result.lost + result.errors > 0 || result.measured.bodyBytes % bytes !== 0) {
          throw new Error(`${name}: ${JSON.stringify(result)}`);
        }
        ((results[file] ??= {})[name] ??= []).push({ bytesPerSecond: result.perSecond.bodyBytes,
          bytesPerCpuSecond: result.measured.bodyBytes / result.serverCpuS });
      }
    }
  }
  const middle = (file, name, what) => median(results[file][name].map((result) => result[what]));
  const rows = Object.keys(files).map((file) => ({ file,
    'MB/s': round(middle(file, 'Peertide', 'bytesPerSecond') / 1e6, 0),
    'nginx MB/s': round(middle(file, 'nginx', 'bytesPerSecond') / 1e6, 0),
    'to nginx': round(middle(file, 'Peertide', 'bytesPerSecond') / middle(file, 'nginx', 'bytesPerSecond')),
    'to nginx, per CPU second':
      round(middle(file, 'Peertide', 'bytesPerCpuSecond') / middle(file, 'nginx', 'bytesPerCpuSecond')) }));
  report(rows, { bench: 'http', rounds, seconds, toNginx: Object.fromEntries(rows.map((row) => [row.file,
    { bytes: files[row.file].bytes, perSecond: row['to nginx'], perCpuSecond: row['to nginx, per CPU second'] }])) });
} finally {
  for (const server of Object.values(servers)) await server.stop();
  await rm(work, { recursive: true, force: true });
}
