// The safety net: what the site says must reach the core exactly, and what it
// did not say must not.
import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { test } from 'node:test';
import type { CoreInput } from '../src/core/core-input.ts';
import { In, PtError } from '../src/generated/layout.ts';
import { OriginFetches } from '../src/worker/origin-fetches.ts';
import type { Pump } from '../src/worker/pump.ts';
import { serve } from './http.ts';

const file = new Uint8Array(200_000).map((_, at) => at & 255);

/** Runs one fetch against `handle`; what the core hears of it. */
async function run(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  offset: number,
  length: number,
): Promise<{ data: Uint8Array; code: number; status: number }> {
  const site = await serve(handle);
  Object.assign(globalThis, { location: { origin: site.url } });
  try {
    return await new Promise((resolve) => {
      const chunks: Uint8Array[] = [];
      const input = ({ kind, id, data, code, offset: status }: CoreInput) => {
        assert.equal(id, 7);
        if (kind === In.OriginData) chunks.push(data!);
        else resolve({ data: Buffer.concat(chunks), code: code!, status: status! });
      };
      new OriginFetches({ input } as unknown as Pump).get(7, '/a%20b.bin', offset, length);
    });
  } finally {
    site.close();
  }
}

test('a whole file', async () => {
  const got = await run(
    (request, response) => {
      assert.equal(request.url, '/a%20b.bin');
      assert.equal(request.headers.range, undefined);
      assert.equal(request.headers['peertide-origin'], '1');
      response.end(file);
    },
    0,
    Infinity,
  );
  assert.deepEqual({ ...got, data: new Uint8Array(got.data) }, { data: file, code: PtError.Ok, status: 200 });
});

test('a range', async () => {
  const got = await run(
    (request, response) => {
      assert.equal(request.headers.range, 'bytes=1000-2999');
      response.writeHead(206, { 'content-range': 'bytes 1000-2999/200000' });
      response.end(file.subarray(1000, 3000));
    },
    1000,
    2000,
  );
  assert.deepEqual(new Uint8Array(got.data), file.subarray(1000, 3000));
  assert.equal(got.code, PtError.Ok);
});

test('a site without ranges still gives the start of a file', async () => {
  const got = await run((_, response) => response.end(file), 0, 2000);
  assert.deepEqual(new Uint8Array(got.data), file.subarray(0, 2000));
  assert.equal(got.code, PtError.Ok);
});

test('an answer to another question is refused', async () => {
  const wrongRange = await run(
    (_, response) => {
      response.writeHead(206, { 'content-range': 'bytes 0-1999/200000' });
      response.end(file.subarray(0, 2000));
    },
    1000,
    2000,
  );
  assert.deepEqual({ ...wrongRange, data: wrongRange.data.length }, { data: 0, code: PtError.Range, status: 206 });
  const noRange = await run((_, response) => response.end(file), 1000, 2000);
  assert.deepEqual({ ...noRange, data: noRange.data.length }, { data: 0, code: PtError.Range, status: 200 });
  const missing = await run((_, response) => response.writeHead(404).end('no'), 0, Infinity);
  assert.deepEqual({ ...missing, data: missing.data.length }, { data: 0, code: PtError.Unreachable, status: 404 });
});

test('a connection that breaks is an error after what came', async () => {
  const got = await run(
    (_, response) => {
      response.writeHead(200, { 'content-length': '200000' });
      response.write(file.subarray(0, 5000), () => response.destroy());
    },
    0,
    Infinity,
  );
  assert.equal(got.code, PtError.Unreachable);
});
