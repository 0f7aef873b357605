// The page's bytes: streamed in order, no faster than they are taken, and
// whatever the worker does, completed by the origin or refused.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { PtError, Source } from '../src/generated/layout.ts';
import { AssetClient } from '../src/shared/asset-client.ts';
import { Delivery, type DeliveryRequest } from '../src/shared/delivery.ts';
import type { ConsumerMessage, ProviderMessage } from '../src/shared/protocol.ts';
import { serve } from './http.ts';

const LENGTH = 3_000_000;
const file = new Uint8Array(LENGTH).map((_, at) => (at * 31 + (at >> 8)) & 255);
const CHUNK = 65536;

/** The worker's end of the port: gives what is asked for, within credit. */
class FakeWorker {
  readonly port: MessagePort;
  readonly heard: ConsumerMessage[] = [];
  /** Gives no more than up to this place in the file. */
  stopAt = LENGTH;
  /** What it says there: an end code, or nothing at all. */
  stopCode: number | undefined;
  /** Hangs: it does not even say that it is there. */
  hangs = false;
  outstandingMax = 0;
  cancelled: Promise<void>;
  #onCancel!: () => void;
  #requests = new Map<number, { at: number; end: number; credit: number }>();

  constructor(port: MessagePort) {
    this.port = port;
    this.cancelled = new Promise((resolve) => (this.#onCancel = resolve));
    port.onmessage = ({ data }: MessageEvent<ConsumerMessage>) => this.#hear(data);
    this.#post({ t: 'index', foldLoading: false, assets: [['/film.webm', LENGTH, 'video/webm']] });
  }

  #hear(message: ConsumerMessage): void {
    this.heard.push(message);
    if (message.t === 'ping') {
      if (!this.hangs) this.#post({ t: 'pong' });
    } else if (message.t === 'cancel') {
      this.#requests.delete(message.id);
      this.#onCancel();
    } else if (message.t !== 'hello?') {
      if (message.t === 'open') {
        this.#requests.set(message.id, { at: message.offset, end: message.offset + message.length, credit: 0 });
      }
      const request = this.#requests.get(message.id);
      if (!request) return;
      request.credit += message.t === 'open' ? message.credit : message.bytes;
      this.outstandingMax = Math.max(this.outstandingMax, request.credit);
      this.#give(message.id, request);
    }
  }

  /** Gives on, up to the end. */
  goOn(): void {
    this.stopAt = LENGTH;
    for (const [id, request] of this.#requests) this.#give(id, request);
  }

  #give(id: number, request: { at: number; end: number; credit: number }): void {
    while (request.credit > 0 && request.at < Math.min(request.end, this.stopAt)) {
      const bytes = Math.min(CHUNK, request.credit, request.end - request.at, this.stopAt - request.at);
      const data = file.slice(request.at, request.at + bytes);
      request.at += bytes;
      request.credit -= bytes;
      this.#post({ t: 'data', id, data, source: Source.Peer });
    }
    if (request.at === request.end) this.#post({ t: 'end', id, code: PtError.Ok });
    else if (request.at === this.stopAt && this.stopCode !== undefined) {
      this.#post({ t: 'end', id, code: this.stopCode });
    }
  }

  #post(message: ProviderMessage): void {
    this.port.postMessage(message, message.t === 'data' ? [message.data.buffer as ArrayBuffer] : []);
  }
}

let worker: FakeWorker;
let client: AssetClient;
beforeEach(async () => {
  const { port1, port2 } = new MessageChannel();
  worker = new FakeWorker(port1 as unknown as MessagePort);
  client = new AssetClient(port2 as unknown as MessagePort);
  await client.indexed;
});
afterEach(() => {
  client.close(PtError.Cancelled);
  worker.port.close();
});

let plainCalls: number;
function deliver(request: Partial<DeliveryRequest> = {}) {
  plainCalls = 0;
  return Delivery.respond({
    client,
    asset: client.lookup('/film.webm')!,
    url: 'http://127.0.0.1:1/film.webm',
    range: null,
    blocking: false,
    plain: async () => {
      plainCalls++;
      return new Response('plain');
    },
    patienceMs: 200,
    ...request,
  });
}
const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());

test('a whole asset comes as 200, in order, with its type and length', async () => {
  const { response, done } = deliver();
  const got = await response;
  assert.equal(got.status, 200);
  assert.equal(got.headers.get('content-type'), 'video/webm');
  assert.equal(got.headers.get('content-length'), String(LENGTH));
  assert.equal(got.headers.get('accept-ranges'), 'bytes');
  assert.equal(got.headers.get('x-peertide'), 'peer');
  assert.deepEqual(await bytesOf(got), file);
  await done;
  assert.equal(plainCalls, 0);
});

test('a range comes as 206 with its place', async () => {
  const got = await deliver({ range: 'bytes=-100000' }).response;
  assert.equal(got.status, 206);
  assert.equal(got.headers.get('content-range'), `bytes ${LENGTH - 100000}-${LENGTH - 1}/${LENGTH}`);
  assert.equal(got.headers.get('content-length'), '100000');
  assert.deepEqual(await bytesOf(got), file.subarray(-100000));
});

test('a part that comes in one message needs nothing else', async () => {
  const got = await deliver({ range: 'bytes=0-999' }).response;
  assert.equal(got.headers.get('x-peertide'), 'peer');
  assert.deepEqual(await bytesOf(got), file.subarray(0, 1000));
  assert.equal(plainCalls, 0);
});

test('a range past the end is answered 416 without asking anybody', async () => {
  const got = await deliver({ range: `bytes=${LENGTH}-` }).response;
  assert.equal(got.status, 416);
  assert.equal(got.headers.get('content-range'), `bytes */${LENGTH}`);
  assert.deepEqual(worker.heard, []);
});

test('several ranges are left to the origin', async () => {
  const got = await deliver({ range: 'bytes=0-1,4-5' }).response;
  assert.equal(await got.text(), 'plain');
});

test('a slow reader is not sent more than its window', async () => {
  const reader = (await deliver().response).body!.getReader();
  let at = 0;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    assert.deepEqual(value, file.subarray(at, at + value.length));
    at += value.length;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(at, LENGTH);
  assert.ok(worker.outstandingMax <= 1 << 20, `${worker.outstandingMax} bytes outstanding`);
  assert.ok(worker.heard.some(({ t }) => t === 'credit'));
});

test('a reader that pauses longer than our patience loses nothing', async () => {
  const reader = (await deliver({ patienceMs: 30 }).response).body!.getReader();
  let bytes = (await reader.read()).value!.length;
  await new Promise((resolve) => setTimeout(resolve, 120));
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    bytes += value.length;
  }
  assert.equal(bytes, LENGTH);
});

test('a reader that goes away ends the request in the worker', async () => {
  const { response, done } = deliver();
  await (await response).body!.cancel();
  await worker.cancelled;
  await done;
});

test('an abort reaches the page and the worker', async () => {
  const abort = new AbortController();
  const { response } = deliver({ signal: abort.signal });
  const reader = (await response).body!.getReader();
  await reader.read();
  abort.abort();
  await assert.rejects(async () => {
    while (!(await reader.read()).done);
  }, { name: 'AbortError' });
  await worker.cancelled;
});

test('an abort before the first byte rejects', async () => {
  worker.stopAt = 0;
  const abort = new AbortController();
  const { response } = deliver({ signal: abort.signal });
  abort.abort();
  await assert.rejects(response, { name: 'AbortError' });
  assert.equal(plainCalls, 0);
});

test('a failure before the first byte becomes the plain request', async () => {
  worker.stopAt = 0;
  worker.stopCode = PtError.Unreachable;
  assert.equal(await (await deliver().response).text(), 'plain');
});

for (const hangs of [false, true]) {
  test(`a worker that ${hangs ? 'hangs' : 'brings nothing'} becomes the plain request, and is suspected`, async () => {
    worker.stopAt = 0;
    worker.hangs = hangs;
    let suspected = 0;
    const begun = Date.now();
    const onSilence = async () => {
      suspected++;
    };
    const got = await deliver({ onSilence }).response;
    assert.equal(await got.text(), 'plain');
    assert.equal(suspected, 1);
    assert.equal(Date.now() - begun >= 4 * 200, !hangs, 'only who answers is believed for longer');
    await worker.cancelled;
  });
}

test('a silence after which nobody wants the bytes any more costs the origin nothing', async () => {
  worker.stopAt = 0;
  worker.hangs = true;
  await assert.rejects(deliver({ onSilence: async () => client.close(PtError.State) }).response);
  assert.equal(plainCalls, 0);
});

test('a worker that says that it is there is waited for', async () => {
  worker.stopAt = 0;
  const { response } = deliver({ patienceMs: 100 });
  while (!worker.heard.some(({ t }) => t === 'ping')) await new Promise((resolve) => setImmediate(resolve));
  worker.goOn();
  assert.deepEqual(await bytesOf(await response), file);
  assert.equal(plainCalls, 0);
});

test('a worker that is gone ends in the plain request', async () => {
  worker.stopAt = 0;
  const { response } = deliver();
  client.close(PtError.Cancelled);
  assert.equal(await (await response).text(), 'plain');
});

for (const [how, code] of [['fails', PtError.Unreachable], ['falls silent', undefined]] as const) {
  test(`a worker that ${how} in the middle is completed by a range of the origin`, async () => {
    worker.stopAt = 1_000_000;
    worker.stopCode = code;
    const ranges: (string | undefined)[] = [];
    const site = await serve((request, response) => {
      ranges.push(request.headers.range);
      assert.equal(request.headers['peertide-origin'], '1');
      response.writeHead(206, { 'content-range': `bytes 1000000-${LENGTH - 1}/${LENGTH}` });
      response.end(file.subarray(1_000_000));
    });
    try {
      const got = await deliver({ url: `${site.url}/film.webm` }).response;
      assert.deepEqual(await bytesOf(got), file);
      assert.deepEqual(ranges, [`bytes=1000000-${LENGTH - 1}`]);
    } finally {
      site.close();
    }
  });
}

test('a file that changed under way is refused, not glued together', async () => {
  worker.stopAt = 1_000_000;
  worker.stopCode = PtError.Stale;
  await assert.rejects(bytesOf(await deliver().response), TypeError);
});

test('a rest of another length is refused', async () => {
  worker.stopAt = 1_000_000;
  worker.stopCode = PtError.Unreachable;
  const site = await serve((_, response) => {
    response.writeHead(206, { 'content-range': `bytes 1000000-${LENGTH - 1}/${LENGTH + 1}` });
    response.end(file.subarray(1_000_000));
  });
  try {
    await assert.rejects(bytesOf(await deliver({ url: `${site.url}/film.webm` }).response), TypeError);
  } finally {
    site.close();
  }
});

test('the client tells a living worker from a dead one', async () => {
  assert.equal(await client.isAlive(1000), true);
  worker.port.onmessage = null;
  assert.equal(await client.isAlive(20), false);
});
