// Waiting for conditions. Time-outs are generous: they end a hang, they are
// no measure of speed. PEERTIDE_PATIENCE multiplies them on a slow machine.

const patience = Number(process.env.PEERTIDE_PATIENCE ?? 1);

/** A time-out of so many seconds on a quiet machine, in milliseconds. */
export const seconds = (count) => count * 1000 * patience;

/**
 * Calls `condition` until it returns something truthy, and returns that.
 * For things that have no event (a counter in another process).
 */
export async function until(what, condition, timeout_ms = seconds(60)) {
  const end_ms = Date.now() + timeout_ms;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end_ms) throw new Error(`waited ${timeout_ms} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** `promise`, or an error that names `what` when it takes longer than the time-out. */
export async function within(what, promise, timeout_ms = seconds(60)) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took longer than ${timeout_ms} ms: ${what}`)), timeout_ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
