/** The element `<peertide-consent>`: an entry of its own, loaded by pages that use it. */
export { PeertideConsent, type ConsentDetail, type ConsentTarget } from './elements/consent.ts';
export type { ConsentOption } from './page/options.ts';
