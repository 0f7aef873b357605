/** The element `<peertide-stats>`: an entry of its own, loaded by pages that use it. */
export { PeertideStatsElement, type StatsSource } from './elements/stats.ts';
export type { PeertideStats } from './page/stats.ts';
