/// <reference lib="webworker" />
import type { ToServiceWorker } from '../shared/protocol.ts';
import { Interceptor } from './interceptor.ts';
import { MediaWays } from './media-ways.ts';
import { Pages } from './pages.ts';

/** Entry of the service worker. A site's own one may also importScripts() it. */
const scope = self as unknown as ServiceWorkerGlobalScope;
const ways = new MediaWays();
const pages = new Pages(scope, ways);
const interceptor = new Interceptor(scope.location.origin, pages, ways);

scope.addEventListener('install', () => void scope.skipWaiting());
scope.addEventListener('activate', (event) => event.waitUntil(scope.clients.claim()));
scope.addEventListener('fetch', (event) => interceptor.handle(event));
scope.addEventListener('message', (event) => {
  const message = event.data as ToServiceWorker | undefined;
  if (!message?.peertide || !(event.source instanceof Client)) return;
  event.waitUntil(pages.receive(message, event.source, event.ports[0]));
});
