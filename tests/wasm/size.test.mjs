// A visitor on a slow line waits for every byte of the core before peers can
// help: the files must not pass their budget unnoticed. The budget is what
// wasm/README.md states.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { wasmUrl } from './core.mjs'

const budget = Number(/Budget: (\d+) KB gzip/.exec(
  readFileSync(new URL('../../wasm/README.md', import.meta.url), 'utf8'))[1]) * 1000

for (const name of ['peertide.wasm', 'peertide.nosimd.wasm']) {
  test(`${name} stays within its budget`, () => {
    const file = readFileSync(wasmUrl(name))
    const zipped = gzipSync(file, { level: 9 }).length
    console.log(`${name}: ${file.length} bytes, ${zipped} gzip, of ${budget}`)
    assert.ok(zipped <= budget, `${zipped} bytes gzip are more than ${budget}`)
  })
}
