/**
 * The page's module, and the script of its worker, in one file: as the page has loaded it, the worker
 * has it at once. Which of them it is to be is said by the name that `page/engine.ts` gives the worker.
 */
import { run } from './worker/run.ts';

export * from './index.ts';

if (!('document' in globalThis) && (globalThis as { name?: unknown }).name === 'peertide') run();
