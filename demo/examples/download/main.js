import { Peertide } from '/.peertide/peertide.js'

const file = '/file.bin'
const [start, stop, bar, words] = ['start', 'stop', 'bar', 'words'].map((id) => document.getElementById(id))

const tide = await Peertide.start({ serviceWorker: false })
globalThis.tide = tide // for the console; a site needs no global

/** Reads the whole file; `onBytes` hears how much of it is there. */
async function download(signal, onBytes) {
  const response = await tide.fetch(file, { signal })
  if (!response.ok) throw new Error(`HTTP status ${response.status}`)
  const total = Number(response.headers.get('content-length'))
  const parts = []
  let bytes = 0
  for (const reader = response.body.getReader(); ; ) {
    const { value, done } = await reader.read()
    if (done) return new Blob(parts, { type: response.headers.get('content-type') })
    parts.push(value)
    onBytes((bytes += value.length), total)
  }
}

function save(blob) {
  const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(blob), download: file.slice(1) })
  link.click()
  URL.revokeObjectURL(link.href)
}

start.onclick = async () => {
  const abort = new AbortController()
  stop.onclick = () => abort.abort()
  start.disabled = !(stop.disabled = false)
  try {
    save(await download(abort.signal, (bytes, total) => (bar.value = bytes / total)))
    const { peers, origin } = tide.stats()
    const share = Math.round((100 * peers.bytesIn) / (peers.bytesIn + origin.bytes))
    words.textContent = `Done: ${share} % came from other visitors.`
  } catch (error) {
    words.textContent = abort.signal.aborted ? 'Stopped.' : `It can't be downloaded: ${error.message}`
  } finally {
    start.disabled = !(stop.disabled = true)
  }
}
