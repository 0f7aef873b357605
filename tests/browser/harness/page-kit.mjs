// What tests do inside a page, as functions that run there. `installKit` runs
// before a document's own scripts and leaves `globalThis.kit`.
// It must not refer to anything outside itself: its source is what travels.

export function installKit() {
  const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const sha256 = async (response) => hex(await crypto.subtle.digest('SHA-256', await response.arrayBuffer()));

  const kit = {
    /** Everything the instance told the page, by event type. */
    events: { ban: [], fallback: [], error: [], server: [], peer: [], progress: [] },

    /** Starts Peertide as a site's page would, and listens to everything. */
    async start(options = {}, from = '/.peertide/peertide.js') {
      const { Peertide } = await import(from);
      kit.tide = await Peertide.start(options);
      for (const [type, list] of Object.entries(kit.events)) {
        kit.tide.addEventListener(type, (event) => list.push(kit.plain(event.detail)));
      }
    },

    /** Waits for the instance that the page starts by itself (the demo's page names it). */
    async adopt(name) {
      while (!globalThis[name]) await new Promise((resolve) => setTimeout(resolve, 20));
      kit.tide = globalThis[name];
    },

    /** A copy that survives the way to the test: no functions, no big numbers. */
    plain: (value) => JSON.parse(JSON.stringify(value ?? null, (key, inner) =>
      (typeof inner === 'bigint' ? Number(inner) : inner instanceof Error ? { message: inner.message, code: inner.code } : inner))),

    stats: () => kit.plain(kit.tide.stats()),

    /** Shows a picture by an ordinary <img>; rejects when the browser can't show it. */
    picture: (url) => new Promise((resolve, reject) => {
      const image = new Image();
      image.onload = () => resolve(image.naturalWidth);
      image.onerror = () => reject(new Error(`<img src="${url}"> failed`));
      image.src = url;
      document.body.append(image);
    }),

    sha256,

    /** SHA-256 of what an ordinary fetch() of the page gets. */
    async hash(url, options) {
      const response = await fetch(url, options);
      if (!response.ok) throw new Error(`${url}: ${response.status}`);
      return sha256(response);
    },

    /** Shows all pictures at once, then hashes everything: [[url, sha256], …]. */
    async visit(pictures, films = []) {
      await Promise.all(pictures.map(kit.picture));
      return Promise.all([...pictures, ...films].map(async (url) => [url, await kit.hash(url)]));
    },

    /** The film in a <video> that knows its length. */
    film: (url) => new Promise((resolve, reject) => {
      const film = document.createElement('video');
      film.muted = true;
      film.preload = 'metadata';
      film.onloadedmetadata = () => resolve(film);
      film.onerror = () => reject(new Error(`<video src="${url}">: ${film.error?.message}`));
      film.src = url;
      document.body.append(film);
      kit.current = film;
    }),

    /** Moves to a part (0..1) of the film's length; resolves once that frame is there. */
    seek: (film, part) => new Promise((resolve, reject) => {
      film.onseeked = () => resolve(film.currentTime);
      film.onerror = () => reject(new Error(`seek: ${film.error?.message}`));
      film.currentTime = film.duration * part;
    }),

    /** Plays until at least `count` more seconds were shown, then stops. */
    play: (film, count) => new Promise((resolve, reject) => {
      const start = film.currentTime;
      film.ontimeupdate = () => {
        if (film.currentTime < start + count) return;
        film.ontimeupdate = null;
        film.pause();
        resolve(film.currentTime);
      };
      film.play().catch(reject);
    }),

    /** The number written into the frame that is shown now (fixture.mjs). */
    frameNumber(film, { bits, square_px }) {
      const canvas = document.createElement('canvas');
      canvas.width = film.videoWidth;
      canvas.height = film.videoHeight;
      const context = canvas.getContext('2d', { willReadFrequently: true });
      context.drawImage(film, 0, 0);
      let number = 0;
      for (let bit = 0; bit < bits; bit++) {
        const [red] = context.getImageData((bit + 0.5) * square_px, square_px / 2, 1, 1).data;
        if (red > 127) number += 2 ** bit;
      }
      return number;
    },

    /**
     * The number of the frame that a film shows after a seek. `seeked` tells that the film has it, not
     * that it has been painted: on a busy machine the frame before is still there for a moment. So this
     * looks until it sees `wanted` or a neighbour of it, and after three seconds says what is there.
     */
    async frameAfterSeek(film, code, wanted) {
      const end = performance.now() + 3000;
      for (;;) {
        const number = kit.frameNumber(film, code);
        if (Math.abs(number - wanted) <= 1 || performance.now() > end) return number;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  };
  globalThis.kit = kit;
}
