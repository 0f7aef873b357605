/// <reference lib="esnext.disposable" preserve="true" />
/**
 * Peertide: visitors of a web site deliver it to one another.
 *
 *     import { Peertide } from 'peertide';
 *     const tide = await Peertide.start();
 */
export { Peertide } from './page/peertide.ts';
export { PeertideError, type PeertideErrorCode } from './errors.ts';
export type {
  ConsentOption,
  MediaType,
  PeertideOptions,
  PreferOption,
  StoreOption,
  UploadOn,
} from './page/options.ts';
export type {
  AssetDetail,
  AssetSource,
  BanDetail,
  ErrorDetail,
  FallbackDetail,
  PeerDetail,
  PeertideEventMap,
  ProgressDetail,
  ServerDetail,
} from './page/events.ts';
export type { ByteRange } from './shared/range.ts';
export type { AssetStats, PeerStats, PeertideStats } from './page/stats.ts';
