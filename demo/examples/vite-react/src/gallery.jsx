import { usePeertide } from './use-peertide.js'

const pictures = [
  { src: '/pictures/dawn.svg', alt: 'A red sun rises from a calm sea' },
  { src: '/pictures/noon.svg', alt: 'A white sun stands high over blue waves' },
  { src: '/pictures/night.svg', alt: 'A pale moon over dark water, with stars' },
]

export function Gallery() {
  const { tide, stats } = usePeertide()
  const givers = new Map(stats?.assets.map((asset) => [asset.path, asset.fromPeers > 0 ? 'another visitor' : 'the site']))
  return (
    <main>
      <h1>Vite and React</h1>
      <p role="status">{tide ? `${stats?.peers.connected ?? 0} neighbours` : 'starting'}</p>
      {/* Shown once Peertide runs, so that all of them can come from visitors. */}
      {tide && pictures.map(({ src, alt }) => (
        <figure key={src}>
          <img src={src} alt={alt} width="640" height="360" />
          <figcaption>{alt}: from {givers.get(src) ?? 'the site'}</figcaption>
        </figure>
      ))}
    </main>
  )
}
