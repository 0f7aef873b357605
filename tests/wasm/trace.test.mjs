// Same seed, same inputs, same outputs, natively and in a browser's engine:
// a fault seen at a visitor can be replayed on a desk only while this holds.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { wasmUrl } from './core.mjs'

const native = fileURLToPath(new URL('../../build/native/peertide_trace', import.meta.url))
const wasm = fileURLToPath(wasmUrl('peertide_trace.js'))
const run = (command, args) => execFileSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28 })

/** The first line in which two outputs differ, for the reader of a failure. */
function firstDifference(a, b) {
  const [left, right] = [a.split('\n'), b.split('\n')]
  const at = left.findIndex((line, i) => line !== right[i])
  return `line ${at + 1}:\n  native ${left[at]}\n  wasm   ${right[at]}`
}

for (const seed of ['1', '2', '3', '4', '18446744073709551615']) {
  test(`seed ${seed} gives the same trace natively and in wasm`, () => {
    const [a, b] = [run(native, [seed]), run(process.execPath, [wasm, seed])]
    assert.match(a, /\S/, 'a trace says something')
    assert.ok(a === b, firstDifference(a, b))
    assert.equal(run(native, [seed]), a, 'twice the same natively')
  })
}

// Larger worlds, of tags in the place of bytes: films, many small files, faults.
const simulator = fileURLToPath(new URL('../../build/native/peertide-sim', import.meta.url))
const simulatorWasm = fileURLToPath(wasmUrl('peertide-sim.js'))
for (const [scenario, peers] of [['flash', 12], ['vod', 6], ['images', 10], ['zipf-day', 10], ['malicious', 10], ['fault-vanish', 8]]) {
  test(`the simulator's ${scenario} has the same trace natively and in wasm`, () => {
    const args = [fileURLToPath(new URL(`../sim/scenarios/${scenario}.json`, import.meta.url)), '--peers', String(peers), '--quiet']
    const [a, b] = [run(simulator, args), run(process.execPath, [simulatorWasm, ...args])].map((text) => JSON.parse(text))
    assert.match(a.trace, /^[0-9a-f]{16}$/)
    assert.equal(b.trace, a.trace)
    assert.deepEqual({ ...b, run: null }, { ...a, run: null }, 'and the same figures')
  })
}

test('another seed gives another trace', () => {
  assert.notEqual(run(native, ['1']).replaceAll('1', ''), run(native, ['2']).replaceAll('2', ''))
})
