// What a page of WebTorrent's users does, with WebTorrent's own bundle. These
// functions run in the page; `globalThis.torrent` is the torrent it has.

/** Adds a torrent (its file as base64); resolves when it knows its peers may come. */
export async function add(file) {
  const { default: WebTorrent } = await import('/webtorrent.min.js');
  const bytes = Uint8Array.from(atob(file), (letter) => letter.charCodeAt(0));
  const client = new WebTorrent({ tracker: { rtcConfig: {} } });
  globalThis.warnings = [];
  client.on('error', (error) => globalThis.warnings.push(String(error)));
  await new Promise((resolve, reject) => {
    client.on('error', reject);
    const torrent = client.add(bytes, resolve);
    torrent.on('warning', (warning) => globalThis.warnings.push(String(warning)));
    globalThis.torrent = torrent;
  });
}

/** Waits until all is there; { hashes: { name: SHA-256 }, peers: bytes from other visitors }. */
export async function whole() {
  const { torrent } = globalThis;
  if (!torrent.done) await new Promise((resolve) => { torrent.once('done', resolve); });
  const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const hashes = {};
  for (const file of torrent.files) {
    const bytes = await (await file.blob()).arrayBuffer();
    hashes[file.name] = hex(await crypto.subtle.digest('SHA-256', bytes));
  }
  return hashes;
}

/** Its counters: bytes from and to other visitors, and who they are. */
export function numbers() {
  const { torrent } = globalThis;
  const visitors = torrent.wires.filter((wire) => wire.type === 'webrtc');
  return {
    infoHash: torrent.infoHash, uploaded: torrent.uploaded, downloaded: torrent.downloaded,
    progress: torrent.progress,
    visitors: visitors.map((wire) => ({ id: wire.peerId, downloaded: wire.downloaded, uploaded: wire.uploaded,
      client: wire.peerExtendedHandshake?.v && new TextDecoder().decode(wire.peerExtendedHandshake.v) })),
    warnings: globalThis.warnings,
  };
}
