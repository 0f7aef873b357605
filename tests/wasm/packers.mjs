// js/src/worker's packers, as they are: TypeScript, bundled for Node.
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const js = new URL('../../js/', import.meta.url)
const { build } = createRequire(new URL('package.json', js))('esbuild')

const { outputFiles } = await build({
  stdin: {
    contents: "export * from './messages.ts'; export * from './packed-index.ts'",
    resolveDir: fileURLToPath(new URL('src/worker', js)),
  },
  bundle: true,
  format: 'esm',
  platform: 'neutral',
  write: false,
})
const packers = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`)

/** A site's index (an object) for the core. */
export const packIndex = packers.packIndex
/** A server's message (an object) for the core. */
export const packMessage = (message) => packers.packMessage(packers.readMessage(JSON.stringify(message)))
/** A message of the core's as an object. */
export const unpackMessage = (packed) => JSON.parse(packers.unpackMessage(packed))
