/**
 * What an ordinary visit doesn't need is a file of its own: loaded where the
 * service worker doesn't answer, by the first `tide.fetch()`, and with `debug`.
 */
export { DebugLog } from './page/debug-log.ts';
export { Direct } from './page/direct.ts';
