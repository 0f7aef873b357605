/** A file of its own: loaded where `Peertide.start` is given options. */
export { checkOptions } from './page/option-checks.ts';
