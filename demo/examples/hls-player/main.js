import Hls from 'hls.js'
import { Peertide } from 'peertide'
import { hlsLoader } from 'peertide/hls'

const [film, words] = [document.querySelector('video'), document.getElementById('words')]

Peertide.start({ serviceWorker: false }).then((tide) => {
  const hls = new Hls({ loader: hlsLoader(tide) })
  hls.on(Hls.Events.ERROR, (event, { fatal, details }) => {
    if (fatal) words.textContent = `The film can't be played: ${details}`
  })
  hls.loadSource('/film/film.m3u8')
  hls.attachMedia(film)
  tide.addEventListener('stats', ({ detail: { peers, origin } }) => {
    words.textContent = `${peers.connected} neighbours; ${peers.bytesIn} bytes from them, ${origin.bytes} from the site`
  })
  globalThis.tide = tide // for the console; a site needs no global
})
