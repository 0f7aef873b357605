// bittorrent-tracker's client takes its WebRTC from a package with a binary that
// has to be built. This hook for Node's loader gives it another one instead.
export async function resolve(specifier, context, next) {
  if (specifier !== 'webrtc-polyfill') return next(specifier, context);
  return { url: new URL('wrtc-names.mjs', import.meta.url).href, shortCircuit: true };
}
