// Both wasm files behind their ABI, without a browser: if records are packed
// or read at the wrong place, nothing at all reaches a page.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Core, In, Out, hex, layout, pack, unpackAll } from './core.mjs'

const files = { 'peertide.wasm': 'simd128', 'peertide.nosimd.wasm': 'scalar' }
const { PtError, EventLayout } = layout
const sha256 = (...parts) => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

const fingerprint = new Uint8Array(32).map((_, i) => i * 7)

/** BEP 52: the rows of a file's hash tree, from its 16 KiB leaves to the root. */
function merkleRows(file) {
  const rows = [[]]
  for (let at = 0; at < file.length; at += 16384) rows[0].push(sha256(file.subarray(at, at + 16384)))
  let padding = Buffer.alloc(32)
  while (rows.at(-1).length > 1) {
    const row = rows.at(-1)
    rows.push(row.flatMap((hash, i) => (i % 2 === 0 ? [sha256(hash, row[i + 1] ?? padding)] : [])))
    padding = sha256(padding, padding)
  }
  return rows
}

function bencode(value) {
  if (typeof value === 'number') return Buffer.from(`i${value}e`)
  if (typeof value === 'string') return bencode(Buffer.from(value))
  if (Buffer.isBuffer(value)) return Buffer.concat([Buffer.from(`${value.length}:`), value])
  return Buffer.concat([Buffer.from('d'), ...value.flatMap(([key, item]) => [bencode(key), bencode(item)]), Buffer.from('e')])
}

/** A file whose bytes differ everywhere, its piece layers, and a site index that holds it alone. */
function site(length, path = '/film.webm', pieceLength = 65536) {
  const file = Buffer.alloc(length)
  for (let at = 0; at < length; at += 32) sha256(`${at}`).copy(file, at)
  const rows = merkleRows(file)
  const root = rows.at(-1)[0]
  const name = path.slice(1)
  const info = bencode([['file tree', [[name, [['', [['length', length], ['pieces root', root]]]]]]],
    ['meta version', 2], ['name', name], ['piece length', pieceLength]])
  const layer = rows[Math.log2(pieceLength / 16384)]
  const layers = length > pieceLength ? Buffer.concat(layer) : Buffer.alloc(0)
  const v2 = hex(sha256(info))
  const swarm = v2.slice(0, 40)
  const index = JSON.stringify({
    version: 1,
    created: '2026-11-20T10:00:00Z',
    assets: { [path]: { type: 'video/webm', length, root: hex(root), swarm, file: 0 } },
    swarms: { [swarm]: { v2, pieceLength, length } },
  })
  return { path, file, index, layers, layersPath: `/.peertide/layers/${swarm}.bin` }
}

/** A node alone with the origin: outputs of all that happens until nothing more does. */
class Visit {
  constructor(name, seed = 1n) {
    this.core = new Core(name)
    assert.equal(this.core.start(1000, { seed, fingerprint }), PtError.Ok)
    this.now = 1000
    this.log = [] // bytes of all outputs
  }

  give(events) {
    const outputs = this.core.run(this.now, events)
    for (const output of outputs) this.log.push(pack({ ...output, text: output.text }))
    return outputs
  }

  /** Lets time pass to the node's next deadline. */
  wait() {
    const deadline = this.core.x.pt_wasm_deadline()
    assert.ok(Number.isFinite(deadline), 'the node waits for something')
    this.now = Math.max(this.now + 1, deadline)
    return this.give([{ kind: In.Tick }])
  }

  /** Requests the site's file and answers the node's fetches. `spoil` may change body bytes. */
  request(id, { path, file, layers, layersPath }, { offset = 0, length = layout.TO_END, spoil = (b) => b } = {}) {
    const given = []
    const queue = this.give([
      { kind: In.Request, id, text: path, offset, length },
      { kind: In.RequestCredit, id, length: file.length },
    ])
    for (let steps = 0; steps < 1000; steps++) {
      if (queue.length === 0) queue.push(...this.wait())
      const output = queue.shift()
      if (!output) continue
      if (output.kind === Out.RequestData && output.id === id) given.push(output)
      if (output.kind === Out.RequestEnd && output.id === id) return { given, end: output }
      if (output.kind === Out.OriginGet) {
        assert.ok(output.text === path || output.text === layersPath, output.text)
        const source = output.text === path ? file : layers
        const from = Number(output.offset)
        const to = output.length === layout.TO_END ? source.length : from + Number(output.length)
        const copy = Buffer.from(source.subarray(from, to))
        const body = source === file ? spoil(copy, from) : copy
        queue.push(...this.give([
          { kind: In.OriginData, id: output.id, data: body },
          { kind: In.OriginEnd, id: output.id, code: PtError.Ok, offset: 206 },
        ]))
      }
    }
    assert.fail('the request never ended')
  }
}

/** RequestData outputs as one buffer, checked to be in order and without gaps. */
function joined(given, offset = 0) {
  let at = BigInt(offset)
  for (const { offset: place, data } of given) {
    assert.equal(place, at)
    at += BigInt(data.length)
  }
  return Buffer.concat(given.map(({ data }) => data))
}

for (const [name, backend] of Object.entries(files)) {
  test(`${name} needs nothing from its host and exports the ABI`, () => {
    const core = new Core(name)
    assert.deepEqual(WebAssembly.Module.imports(core.module), [])
    const exported = new Set(WebAssembly.Module.exports(core.module).map(({ name }) => name))
    for (const verb of ['config', 'start', 'in', 'run', 'pending', 'out', 'out_len', 'deadline', 'id',
      'stats', 'peer_stats', 'backend']) assert.ok(exported.has(`pt_wasm_${verb}`), verb)
    assert.equal(core.backend, backend)
  })

  test(`${name} makes one node, with the id that follows from the fingerprint`, () => {
    const core = new Core(name)
    assert.equal(core.x.pt_wasm_id(), 0)
    assert.equal(core.start(1000, { fingerprint }), PtError.Ok)
    assert.equal(core.start(1000, { fingerprint }), PtError.State)
    assert.equal(hex(core.id()), hex(sha256(fingerprint).subarray(0, 20)))
    assert.equal(core.x.pt_wasm_peer_stats(0), 0)
  })

  test(`${name} answers broken records with a fault and lives on`, () => {
    const core = new Core(name)
    const faultOf = (bytes) => {
      const { consumed, out } = core.runOnce(1000, bytes)
      assert.equal(consumed, bytes.length)
      const [fault] = unpackAll(out)
      assert.equal(fault.kind, Out.Fault)
      return fault.code
    }
    assert.equal(faultOf(pack({ kind: In.Tick })), PtError.State, 'before the start')
    core.start(1000)
    const record = pack({ kind: In.ServerMessage, data: 'hello' })
    for (let cut = 1; cut < record.length; cut++) assert.equal(faultOf(record.subarray(0, cut)), PtError.Arg)
    for (const field of ['textLen', 'dataLen']) {
      const lying = record.slice()
      new DataView(lying.buffer).setUint32(EventLayout[field], 0xffff_ffff, true)
      assert.equal(faultOf(lying), PtError.Arg, field)
    }
    assert.equal(faultOf(pack({ kind: 0xffff })), PtError.Arg, 'no such kind')
    assert.equal(core.x.pt_wasm_in(0xffff_ffff), 0, 'a batch has a limit')
    assert.ok(core.run(2000, [{ kind: In.Index, data: site(1000).index }])
      .some(({ kind, code, length }) => kind === Out.Indexed && code === PtError.Ok && length === 1n))
    assert.equal(core.stats().assets, 1)
  })

  test(`${name} delivers a file from the origin, verified, larger than one run's outputs`, () => {
    const film = site(3 * 1024 * 1024 + 12345)
    const visit = new Visit(name)
    visit.give([{ kind: In.Index, data: film.index }])
    const { given, end } = visit.request(7, film)
    assert.equal(end.code, PtError.Ok)
    assert.ok(joined(given).equals(film.file))
    assert.ok(given.every(({ code }) => code === layout.Source.Origin))
    assert.ok(visit.core.stats().originBytes >= BigInt(film.file.length))
  })

  test(`${name} delivers a range to a seeking player`, () => {
    const film = site(1024 * 1024)
    const visit = new Visit(name)
    visit.give([{ kind: In.Index, data: film.index }])
    const { given, end } = visit.request(9, film, { offset: 700_001, length: 54_321 })
    assert.equal(end.code, PtError.Ok)
    assert.ok(joined(given, 700_001).equals(film.file.subarray(700_001, 754_322)))
  })

  test(`${name} never delivers bytes that the index does not vouch for`, () => {
    const film = site(200_000)
    const visit = new Visit(name)
    visit.give([{ kind: In.Index, data: film.index }])
    const spoil = (body, from) => {
      if (from <= 100_000 && from + body.length > 100_000) body[100_000 - from] ^= 1
      return body
    }
    const { given, end } = visit.request(3, film, { spoil })
    assert.equal(end.code, PtError.Stale)
    const right = joined(given)
    assert.ok(right.length <= 100_000 && right.equals(film.file.subarray(0, right.length)))
  })
}

test('a batch that fills the outputs is taken up again where it stopped', () => {
  const film = site(8 * 1024 * 1024, '/big.bin', 262144)
  const visit = new Visit('peertide.wasm')
  visit.give([{ kind: In.Index, data: film.index }])
  visit.request(1, film) // now the node has it all
  const batch = Buffer.concat([2, 3, 4].flatMap((id) => [
    pack({ kind: In.Request, id, text: film.path, length: layout.TO_END }),
    pack({ kind: In.RequestCredit, id, length: film.file.length }),
  ]))
  const seen = []
  let left = batch
  let stops = 0
  do {
    const { consumed, out } = visit.core.runOnce(visit.now, left)
    left = left.subarray(consumed)
    seen.push(...unpackAll(out))
    if (visit.core.x.pt_wasm_pending() === 1) {
      assert.ok(out.length >= 1 << 20 && out.length < 3 << 20, 'outputs end soon after the bound')
      stops++
    }
  } while (left.length > 0 || visit.core.x.pt_wasm_pending() === 1)
  assert.ok(stops > 0, 'one run holds them all: that is no bound')
  for (const id of [2, 3, 4]) {
    assert.ok(joined(seen.filter((e) => e.kind === Out.RequestData && e.id === id)).equals(film.file))
    assert.ok(seen.some((e) => e.kind === Out.RequestEnd && e.id === id && e.code === PtError.Ok))
  }
})

test('with and without SIMD, the same inputs give the same outputs', () => {
  const logs = Object.keys(files).map((name) => {
    const film = site(500_000)
    const visit = new Visit(name, 42n)
    visit.give([{ kind: In.Index, data: film.index }, { kind: In.ServerOpened }])
    visit.request(1, film)
    return hex(sha256(...visit.log)) + ` ${visit.log.length}`
  })
  assert.equal(logs[0], logs[1])
})

test('layout.ts has all constants of the header', () => {
  const header = readFileSync(new URL('../../core/include/peertide/peertide.h', import.meta.url), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
  const constants = [...header.matchAll(/enum\s*\w*\s*\{([^}]*)\}/g)]
    .reduce((sum, [, body]) => sum + body.split(',').filter((item) => item.trim()).length, 0)
  const enums = ['In', 'Out', 'Flag', 'Urgency', 'Source', 'Signal', 'LinkState', 'Consent', 'Fallback', 'PtError']
  const known = enums.reduce((sum, name) => sum + Object.keys(layout[name]).length, 0)
  assert.equal(known, constants)
  assert.equal(EventLayout.size % layout.RECORD_ALIGN, 0)
})
