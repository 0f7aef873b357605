/**
 * hls.js without a service worker: what its player loads comes from other visitors.
 *
 *     import Hls from 'hls.js';
 *     import { Peertide } from 'peertide';
 *     import { hlsLoader } from 'peertide/hls';
 *     const tide = await Peertide.start({ serviceWorker: false });
 *     const hls = new Hls({ loader: hlsLoader(tide) });
 */
import type { HlsLoaderContext } from './hls/contract.ts';
import { HlsLoader, type HlsFetcher } from './hls/loader.ts';

export { HlsLoader, type HlsFetcher } from './hls/loader.ts';
export type {
  HlsLoaderCallbacks,
  HlsLoaderConfiguration,
  HlsLoaderContext,
  HlsLoaderResponse,
  HlsLoaderStats,
  HlsLoadTimes,
  HlsRetryPolicy,
  HlsTimes,
} from './hls/contract.ts';

/** A class of loaders, of which hls.js makes one for each thing it loads. */
export type HlsLoaderClass = new <C extends HlsLoaderContext>() => HlsLoader<C>;

/**
 * The class that hls.js takes as its `loader` (or `fLoader`, `pLoader`):
 * everything it loads is asked for by `tide.fetch()`, so that indexed files
 * come from other visitors and everything else from the site. Time limits and
 * repetitions are those of hls.js's own settings.
 */
export function hlsLoader(tide: HlsFetcher): HlsLoaderClass {
  return class<C extends HlsLoaderContext> extends HlsLoader<C> {
    protected override readonly fetcher = tide;
  };
}
