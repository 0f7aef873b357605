// A bare RTCDataChannel between two visitors, signalled by the test itself:
// what two browsers can do with nothing of ours between them.

/** In the page: makes a connection; resolves to the offer once all candidates are in it. */
function offer() {
  const connection = new RTCPeerConnection();
  const channel = connection.createDataChannel('bare');
  const opened = globalThis.passChannel?.(channel, true) ?? new Promise((resolve) => {
    channel.binaryType = 'arraybuffer';
    channel.onopen = () => resolve();
  });
  globalThis.bare = { connection, channel, opened };
  const gathered = new Promise((resolve) => {
    connection.onicecandidate = ({ candidate }) => candidate ?? resolve();
  });
  return connection.setLocalDescription().then(() => gathered).then(() => connection.localDescription.sdp);
}

/** In the other page: takes the offer; resolves to the answer. */
function answer(sdp) {
  const connection = new RTCPeerConnection();
  const bare = { connection };
  globalThis.bare = bare;
  bare.opened = new Promise((resolve) => {
    connection.ondatachannel = ({ channel }) => {
      if (globalThis.passChannel) {
        globalThis.passChannel(channel, false).then(resolve);
        return;
      }
      channel.binaryType = 'arraybuffer';
      bare.channel = channel;
      bare.received = 0;
      if (channel.readyState === 'open') resolve();
      else channel.onopen = () => resolve();
    };
  });
  const gathered = new Promise((resolve) => {
    connection.onicecandidate = ({ candidate }) => candidate ?? resolve();
  });
  return connection.setRemoteDescription({ type: 'offer', sdp })
    .then(() => connection.setLocalDescription())
    .then(() => gathered)
    .then(() => connection.localDescription.sdp);
}

/**
 * Connects two visitors; afterwards `bare.channel` is open in both pages. A page's `passChannel(channel, gives)`,
 * if it has one, is given the channel at once, and says when it is open.
 */
export async function connectBare(giver, taker) {
  const sdp = await taker.evaluate(answer, await giver.evaluate(offer));
  await giver.evaluate((text) => globalThis.bare.connection.setRemoteDescription({ type: 'answer', sdp: text }), sdp);
  await Promise.all([giver, taker].map((visitor) => visitor.evaluate(() => globalThis.bare.opened)));
}

export async function closeBare(...visitors) {
  await Promise.all(visitors.map((visitor) => visitor.evaluate(() => globalThis.bare.connection.close())));
}

/**
 * Sends `length` bytes in messages of `message` bytes, the next one when the
 * queue is empty (the fastest way between two pages of one machine). Resolves
 * to { received, elapsed_ms }: what the taker got, and the time between its
 * asking for it and the last byte. `hashed`: the taker hashes each message with
 * what hashes fastest in a browser, which no transfer that checks can do without.
 */
export async function sendBare(giver, taker, length, message = 64 * 1024, hashed = false) {
  await giver.evaluate(armGiver, length, message);
  return taker.evaluate(takeAll, length, hashed);
}

/** In the giver: sends everything as soon as the taker asks. */
function armGiver(total, size) {
  const { channel } = globalThis.bare;
  const block = new Uint8Array(size);
  let left = total;
  const next = () => {
    const count = Math.min(left, size);
    left -= count;
    if (count > 0) channel.send(count === size ? block : block.subarray(0, count));
  };
  channel.bufferedAmountLowThreshold = 0;
  channel.onbufferedamountlow = next;
  channel.onmessage = () => { channel.onmessage = null; next(); };
}

/** In the taker: asks, and counts until all is there (and hashed). */
function takeAll(total, hashed) {
  return new Promise((resolve) => {
    const { channel } = globalThis.bare;
    const start_ms = performance.now();
    let received = 0;
    const count = (bytes) => {
      received += bytes;
      if (received >= total) resolve({ received, elapsed_ms: performance.now() - start_ms });
    };
    channel.onmessage = ({ data }) => {
      if (hashed) crypto.subtle.digest('SHA-256', data).then(() => count(data.byteLength));
      else count(data.byteLength);
    };
    channel.send('go');
  });
}
