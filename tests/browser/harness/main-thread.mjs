// What a page's main thread did until the page was loaded, as Chromium's trace
// tells it: processor time, which a busy machine doesn't stretch.

/** Events that hold the work of scripts; what lies within another one counts once. */
const work = new Set(['EvaluateScript', 'ScriptRunner::ExecutePendingScript', 'v8.compile', 'v8.compileModule', 'v8.evaluateModule',
  'v8.callFunction', 'FunctionCall', 'HandlePostMessage', 'TimerFire', 'RunMicrotasks', 'BlinkScheduler_PerformMicrotaskCheckpoint']);

/**
 * Opens `url` with a visitor (Chromium) and resolves to what the main thread
 * did before the load event: { script_ms, tasks_ms, longest_ms }, processor
 * time of scripts, of all tasks, and of the longest task.
 */
export async function traceLoad(visitor, url) {
  const { page } = visitor;
  await page.tracing.start({ categories: ['toplevel', 'devtools.timeline', 'v8', 'blink', 'blink.user_timing', 'loading'] });
  let bytes;
  try {
    await visitor.open(url);
  } finally {
    bytes = await page.tracing.stop();
  }
  return read(JSON.parse(Buffer.from(bytes).toString()).traceEvents, visitor.at(url));
}

function read(events, url) {
  const loaded = events.find(({ name, args }) => name === 'navigationStart' && args?.data?.documentLoaderURL === url) ??
    (() => { throw new Error(`the trace knows nothing of ${url}`); })();
  const own = events.filter(({ pid, tid }) => pid === loaded.pid && tid === loaded.tid);
  const end = own.find(({ name, ts }) => name === 'loadEventEnd' && ts > loaded.ts)?.ts;
  if (!end) throw new Error('the trace has no load event');
  const before = own.filter(({ ph, ts }) => ph === 'X' && ts >= loaded.ts && ts < end);
  const tasks = before.filter(({ name }) => name === 'ThreadControllerImpl::RunTask' || name === 'RunTask').map(({ tdur = 0 }) => tdur / 1000);
  return { script_ms: union(before.filter(({ name }) => work.has(name))) / 1000, tasks_ms: tasks.reduce((sum, value) => sum + value, 0),
    longest_ms: Math.max(0, ...tasks) };
}

/** Processor time of events, without those that lie within others. */
function union(events) {
  let sum = 0;
  let until = -Infinity;
  for (const { ts, dur = 0, tdur = 0 } of events.sort((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0))) {
    if (ts < until) continue;
    sum += tdur;
    until = ts + dur;
  }
  return sum;
}
