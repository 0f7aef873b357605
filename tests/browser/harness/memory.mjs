// What a tab of Chromium's keeps once its garbage is collected.

/** Runs in a worker, on all its objects of one kind. */
function sumOfMemories() {
  return this.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
}

async function heapOf(session) {
  // What the first collection lets go of may hold something that only the second one finds free.
  for (let at = 0; at < 2; at++) await session.send('HeapProfiler.collectGarbage');
  return (await session.send('Runtime.getHeapUsage')).usedSize;
}

/** Bytes of all WebAssembly memories that there are. */
async function wasmOf(session) {
  const { result } = await session.send('Runtime.evaluate', { expression: 'WebAssembly.Memory.prototype' });
  const { objects } = await session.send('Runtime.queryObjects', { prototypeObjectId: result.objectId });
  const { result: sum } = await session.send('Runtime.callFunctionOn', { objectId: objects.objectId,
    functionDeclaration: String(sumOfMemories), returnByValue: true });
  for (const { objectId } of [result, objects]) await session.send('Runtime.releaseObject', { objectId });
  return sum.value;
}

/** Bytes: { page, worker } of the JavaScript heaps, { wasm } of the core's memory; the tab has to run the node. */
export async function memoryOf({ page }) {
  const session = await page.createCDPSession();
  const { client } = page.workers().find((worker) => worker.url().includes('/peertide.js'));
  const kept = { page: await heapOf(session), worker: await heapOf(client), wasm: await wasmOf(client) };
  await session.detach();
  return kept;
}
