// The page of the demonstration. It starts Peertide, then shows ordinary <img>
// and <video> elements, which the service worker answers, and draws what
// Peertide's events tell.

import { Film } from './film.js';
import { Gallery } from './gallery.js';
import { Graph } from './graph.js';
import { Ledger, ORIGIN } from './ledger.js';
import { Timeline } from './timeline.js';
import { bytesText, percentText, shortId, visitorsText } from './words.js';

const CONSENT_KEY = 'peertide-demo-consent';
const find = (id) => document.getElementById(id);

const consent = localStorage.getItem(CONSENT_KEY) === 'download-only' ? 'download-only' : 'granted';
const listing = fetch('manifest.json').then((response) => {
  if (!response.ok) throw new Error(`manifest.json: HTTP ${response.status}`);
  return response.json();
});
listing.catch(() => {}); // reported where it is awaited

const { tide, reason } = await startPeertide();
// For browser tests and for the curious; a site of your own needs no global.
window.__peertide = tide;

const ledger = new Ledger();
const graph = new Graph(find('graph'), find('graph-summary'), find('graph-list'), ledger);
const timeline = new Timeline(find('timeline'));
let gallery;
let film;
let given = 0;

if (tide) listen(tide);
wireControls();
showStatus();
await showMedia();

/** A running Peertide, or none and why. */
async function startPeertide() {
  try {
    const { Peertide } = await import('/.peertide/peertide.js');
    return { tide: await Peertide.start({ consent }) };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

async function showMedia() {
  try {
    const { images, video } = await listing;
    film = new Film(find('film'), video, ledger);
    gallery = new Gallery(find('gallery'), images, ledger);
    if (!runs()) timelineWithoutPeertide();
  } catch (error) {
    notice(`The list of pictures could not be loaded: ${error.message}`);
  }
}

function listen(node) {
  node.addEventListener('progress', ({ detail }) => take(detail));
  node.addEventListener('asset', ({ detail }) => {
    if (gallery?.has(detail.path)) gallery.update(detail.path);
  });
  node.addEventListener('peer', ({ detail }) => {
    graph.setPeer(detail.peer, detail.state === 'connected');
    showStatus();
  });
  node.addEventListener('stats', ({ detail }) => showStats(detail));
  node.addEventListener('server', () => showStatus());
  node.addEventListener('ban', ({ detail }) => {
    notice(`Visitor ${shortId(detail.peer)} sent a piece that doesn’t match the index. It was thrown away, and so was the visitor.`);
  });
  node.addEventListener('fallback', ({ detail }) => {
    if (detail.path === undefined) showStatus();
  });
  showStats(node.stats());
}

/** One 'progress' event: verified bytes of a file arrived. */
function take(detail) {
  const { path, bytes, source, peer } = detail;
  ledger.add(detail);
  if (path === film?.path) film.add(detail);
  if (gallery?.has(path)) gallery.update(path);
  const fromPeer = source === 'peer' && peer !== undefined;
  timeline.add(fromPeer ? 'peers' : 'origin', bytes);
  graph.flow(fromPeer ? peer : ORIGIN, bytes);
}

function showStats(stats) {
  const { origin, peers } = stats;
  timeline.add('given', Math.max(0, peers.bytesOut - given));
  given = peers.bytesOut;
  const all = origin.bytes + peers.bytesIn;
  find('offload').value = all > 0 ? percentText(peers.bytesIn / all) : '–';
  find('from-peers').value = bytesText(peers.bytesIn);
  find('from-origin').value = bytesText(origin.bytes);
  find('given').value = bytesText(peers.bytesOut);
  graph.setStats(stats);
  showStatus(stats);
}

/** Does Peertide deliver here? */
function runs() {
  return tide !== undefined && tide.stats().fallback === undefined;
}

/** The line that says how things are. */
function showStatus(stats = tide?.stats()) {
  const fallback = reason ?? stats?.fallback;
  const count = stats?.peers.connected ?? 0;
  find('invite').hidden = fallback !== undefined || count > 0;
  find('engine').textContent = stats?.id ? `You are visitor ${shortId(stats.id)}.` : '';
  if (fallback !== undefined) {
    say(`Everything comes from the site itself here (${fallback}). The page is the same.`);
  } else if (count > 0) {
    say(`${visitorsText(count)} beside you ${count === 1 ? 'is' : 'are'} here and connected.`);
  } else if (stats.server === 'closed') {
    say('The meeting point is out of reach, so everything comes from the site itself for now.');
  } else {
    say('You are the only visitor here, so everything comes from the site itself.');
  }
}

function say(words) {
  const status = find('status');
  if (status.textContent !== words) status.textContent = words;
}

function notice(words) {
  find('notice').textContent = words;
  find('notice').hidden = false;
}

function wireControls() {
  const box = find('consent');
  box.checked = consent === 'granted';
  box.disabled = !tide;
  box.addEventListener('change', () => {
    const choice = box.checked ? 'granted' : 'download-only';
    localStorage.setItem(CONSENT_KEY, choice);
    tide.setConsent(choice);
  });
  find('second-window').addEventListener('click', () => {
    window.open(location.href, '_blank', 'noopener,width=1100,height=860');
  });
}

/** Without Peertide the browser itself tells what was loaded. */
function timelineWithoutPeertide() {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const { name, encodedBodySize } of list.getEntries()) {
      const { pathname } = new URL(name);
      if (!gallery?.has(pathname) && pathname !== film?.path) continue;
      sum += encodedBodySize;
      timeline.add('origin', encodedBodySize);
      graph.flow(ORIGIN, encodedBodySize);
    }
    graph.setPlainOrigin(sum);
    find('from-origin').value = bytesText(sum);
    find('offload').value = sum > 0 ? percentText(0) : '–';
  }).observe({ type: 'resource', buffered: true });
}
