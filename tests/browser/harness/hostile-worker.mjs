// A visitor who corrupts what it gives to others: its worker is the real one,
// but before a message leaves over a data channel, one byte inside each block
// (BitTorrent message 7) is changed. The source of `corruptBlocks` is put in
// front of the script that page and worker share, so it must not refer to
// anything outside.

function corruptBlocks() {
  const handshakeLength = 68;
  const streams = new WeakMap();

  // Messages may be cut anywhere by the sends, so each channel is a stream:
  // `skip` bytes belong to what was seen before, `head` collects the five
  // bytes of length and kind of the next message.
  function corrupt(stream, bytes) {
    let at = 0;
    while (at < bytes.length) {
      if (stream.skip > 0) {
        const count = Math.min(stream.skip, bytes.length - at);
        // Bytes past index and begin (8) are the block's own.
        if (stream.block && count > 100) bytes[at + 64] ^= 0x5a;
        stream.skip -= count;
        at += count;
        continue;
      }
      stream.head.push(bytes[at++]);
      const [a, b, c, d, kind] = stream.head;
      const length = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
      if (stream.head.length === 4 && length === 0) stream.head = [];
      if (stream.head.length === 5) {
        stream.block = kind === 7;
        stream.skip = length - 1;
        stream.head = [];
      }
    }
  }

  const send = RTCDataChannel.prototype.send;
  RTCDataChannel.prototype.send = function sendCorrupted(data) {
    if (typeof data === 'string' || data instanceof Blob) return send.call(this, data);
    // A copy: the original may be a view of memory that is used again.
    const bytes = ArrayBuffer.isView(data)
      ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice()
      : new Uint8Array(data).slice();
    if (!streams.has(this)) streams.set(this, { skip: handshakeLength, block: false, head: [] });
    corrupt(streams.get(this), bytes);
    return send.call(this, bytes);
  };
}

/** The script of page and worker with the corruption in front of it, for the worker. */
export const hostileWorker = (script) => `if (!self.document) (${corruptBlocks})();\n${script}`;
