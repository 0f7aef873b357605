// A WebSocket without a library: whatever bytes a hostile client may send.
import { once } from 'node:events';
import net from 'node:net';
import { within } from './server.mjs';

const PROTOCOL = 'Sec-WebSocket-Protocol: peertide.1\r\n';

/** One frame, masked as a client's must be. */
export function frame(payload, { opcode = 1, fin = true, masked = true, length } = {}) {
  const body = Buffer.from(payload);
  const len = length ?? body.length;
  const head = len < 126 ? Buffer.from([0, len]) : len < 65536 ? Buffer.alloc(4) : Buffer.alloc(10);
  if (len >= 65536) head.writeBigUInt64BE(BigInt(len), 2);
  else if (len >= 126) head.writeUInt16BE(len, 2);
  head[0] = (fin ? 0x80 : 0) | opcode;
  head[1] = (masked ? 0x80 : 0) | (len < 126 ? len : len < 65536 ? 126 : 127);
  if (!masked) return Buffer.concat([head, body]);
  const mask = Buffer.from([1, 2, 3, 4]);
  return Buffer.concat([head, mask, body.map((byte, at) => byte ^ mask[at & 3])]);
}

/** Connects; { socket, received(), closed(), write() }. It never fails: what comes is what counts. */
export async function connect(context, server, { localAddress } = {}) {
  const socket = net.connect({ port: server.port, host: '127.0.0.1', localAddress });
  const parts = [];
  let ended = false;
  const closed = new Promise((resolve) => {
    socket.on('error', () => {});
    socket.on('data', (part) => parts.push(part));
    socket.on('close', () => { ended = true; resolve(); });
  });
  context.after(() => socket.destroy());
  await within('the connection', Promise.race([once(socket, 'connect'), closed]));
  return {
    socket,
    received: () => Buffer.concat(parts).toString('latin1'),
    isClosed: () => ended,
    closed: () => within('the server to close', closed),
    write: (bytes) => { if (!ended) socket.write(bytes); },
  };
}

/**
 * The kinds of the whole frames in what a server said after its handshake. (Looking for a close
 * frame's first byte anywhere would find it in ids, too: they are random bytes.)
 */
function opcodes(received) {
  const bytes = Buffer.from(received, 'latin1');
  const handshake = bytes.indexOf('\r\n\r\n');
  const found = [];
  for (let at = handshake + 4; handshake >= 0 && at + 2 <= bytes.length;) {
    const short = bytes[at + 1] & 0x7f;
    const head = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (at + head > bytes.length) break;
    const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    if (at + head + length > bytes.length) break;
    found.push(bytes[at] & 0x0f);
    at += head + length;
  }
  return found;
}

/** Connects and shakes hands. `dialect`: 'native' or 'tracker'. */
export async function openSocket(context, server, { dialect = 'native', ...options } = {}) {
  const raw = await connect(context, server, options);
  raw.write(`GET ${dialect === 'native' ? '/.peertide/ws' : '/'} HTTP/1.1\r\nHost: x\r\n` +
    'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: cGVlcnRpZGVsb2FkZ2VuIQ==\r\n' +
    `Sec-WebSocket-Version: 13\r\n${dialect === 'native' ? PROTOCOL : ''}\r\n`);
  // A close frame is answered by the end, as a library would; else the server waits for it.
  raw.socket.on('data', () => { if (opcodes(raw.received()).includes(8)) raw.socket.end(); });
  await within('the handshake', new Promise((resolve, reject) => {
    const look = () => { if (raw.received().includes('\r\n\r\n')) resolve(); };
    raw.socket.on('data', look);
    raw.socket.on('close', () => reject(new Error(`no handshake: ${raw.received().slice(0, 100)}`)));
    look();
  }));
  return raw;
}
