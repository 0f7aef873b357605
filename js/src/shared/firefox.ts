/** Whether this is Firefox (153), some of whose habits cost more than others'. */
export const FIREFOX = globalThis.navigator?.userAgent.includes('Firefox/');
