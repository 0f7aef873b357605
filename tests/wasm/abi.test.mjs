// Both wasm files behind their ABI, without a browser: if records are packed
// or read at the wrong place, nothing at all reaches a page.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Core, In, Out, hex, layout, pack, unpackAll } from './core.mjs'
import { packIndex, packMessage, unpackMessage } from './packers.mjs'

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
  const document = {
    version: 1,
    created: '2026-11-20T10:00:00Z',
    assets: { [path]: { type: 'video/webm', length, root: hex(root), swarm, file: 0 } },
    swarms: { [swarm]: { v2, pieceLength, length } },
  }
  return { path, file, document, swarm, index: packIndex(document), layers, layersPath: `/.peertide/layers/${swarm}.bin` }
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
    const deadline = this.core.x.deadline()
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
      'stats', 'peer_stats', 'backend']) assert.ok(exported.has(`${verb}`), verb)
    assert.equal(core.backend, backend)
  })

  test(`${name} makes one node, with the id that follows from the fingerprint`, () => {
    const core = new Core(name)
    assert.equal(core.x.id(), 0)
    assert.equal(core.start(1000, { fingerprint }), PtError.Ok)
    assert.equal(core.start(1000, { fingerprint }), PtError.State)
    assert.equal(hex(core.id()), hex(sha256(fingerprint).subarray(0, 20)))
    assert.equal(core.x.peer_stats(0), 0)
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
    assert.equal(core.x.in(0xffff_ffff), 0, 'a batch has a limit')
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

/** An SDP of the certificate with that fingerprint, and the peer id that follows from it. */
function peer(fill) {
  const print = Buffer.alloc(32, fill)
  const digits = hex(print).toUpperCase().replace(/..(?=.)/g, '$&:')
  return { id: hex(sha256(print).subarray(0, 20)), sdp: `v=0\r\na=fingerprint:sha-256 ${digits}\r\n` }
}

for (const name of Object.keys(files)) {
  test(`${name} and the worker's packers mean the same by every message`, () => {
    const film = site(200_000)
    const visit = new Visit(name)
    const self = hex(sha256(fingerprint).subarray(0, 20))
    /** What the node says to the server of what the server says to it. */
    const say = (...messages) => visit.give(messages.map((message) => ({ kind: In.ServerMessage, data: packMessage(message) })))
    const said = (outputs) => outputs.filter(({ kind }) => kind === Out.ServerSend).map(({ data }) => unpackMessage(data))
    const find = (outputs, kind) => outputs.find((output) => output.kind === kind) ?? assert.fail(`no output ${kind}`)

    visit.give([{ kind: In.Index, data: film.index }])
    const [hello, join] = said(visit.give([{ kind: In.ServerOpened }]))
    assert.deepEqual(hello, { action: 'hello', peer: self, fingerprint: hex(fingerprint), anywhere: 0, caps: [] })
    assert.equal(join.action, 'join')
    assert.deepEqual(join.swarms.map(({ h, left }) => [h, left]), [[film.swarm, film.file.length]])
    assert.ok(join.swarms[0].want > 0)
    let outputs = say({ action: 'welcome', resume: 'tìcket', iceServers: [], epoch: 1 })
    assert.equal(find(outputs, Out.ServerWelcome).data.length, 0)

    // Two that are dialled; one of them is a WebTorrent client.
    const [ann, bob, cid] = [1, 2, 3].map(peer)
    outputs = say({ action: 'peers', h: film.swarm, complete: 1, incomplete: 2, interval: 60,
      peers: [{ peer: ann.id, near: 1 }, { peer: bob.id, legacy: film.swarm }] })
    const dials = outputs.filter(({ kind }) => kind === Out.PeerDial)
    assert.deepEqual(dials.map((dial) => [hex(dial.peer), hex(dial.swarm), dial.flags]), [[ann.id, film.swarm, 0], [bob.id, film.swarm, 1]])
    const [{ link }, { link: legacyLink }] = dials
    const [offer] = said(visit.give([{ kind: In.PeerSignal, link, code: layout.Signal.Offer, data: 'v=0 ünï' }]))
    assert.match(offer.nonce, /^[0-9a-f]{16}$/)
    assert.deepEqual(offer, { action: 'signal', to: ann.id, from: self, kind: 'offer', nonce: offer.nonce, sdp: 'v=0 ünï' })
    const [legacyOffer] = said(visit.give([{ kind: In.PeerSignal, link: legacyLink, code: layout.Signal.Offer, data: 'v=0' }]))
    assert.equal(legacyOffer.legacy, film.swarm)
    const candidate = { candidate: 'candidate:1 1 udp', sdpMid: '0', sdpMLineIndex: 0, usernameFragment: null }
    assert.deepEqual(said(visit.give([{ kind: In.PeerSignal, link, code: layout.Signal.Candidate, data: JSON.stringify(candidate) }])),
      [{ action: 'signal', to: ann.id, from: self, kind: 'candidate', nonce: offer.nonce, candidate }])

    // What they answer, and an offer of a third one.
    const { nonce } = offer
    const answer = find(say({ action: 'signal', from: ann.id, to: self, kind: 'answer', nonce, sdp: ann.sdp }), Out.PeerSignal)
    assert.deepEqual([answer.link, answer.code, Buffer.from(answer.data).toString()], [link, layout.Signal.Answer, ann.sdp])
    const theirs = find(say({ action: 'signal', from: ann.id, kind: 'candidate', nonce, candidate }), Out.PeerSignal)
    assert.deepEqual(JSON.parse(Buffer.from(theirs.data)), candidate)
    const call = find(say({ action: 'signal', from: cid.id, kind: 'offer', nonce: 'ñ1', sdp: cid.sdp }), Out.PeerSignal)
    assert.deepEqual([hex(call.peer), call.code], [cid.id, layout.Signal.Offer])
    assert.equal(find(say({ action: 'signal', from: cid.id, kind: 'bye' }), Out.PeerClose).link, call.link)
    assert.equal(find(say({ action: 'undelivered', to: bob.id, nonce: 'x' }), Out.PeerClose).link, legacyLink)
    const forged = find(say({ action: 'signal', from: ann.id, kind: 'offer', nonce: 'n2', sdp: bob.sdp }), Out.Fault)
    assert.equal(forged.code, PtError.Hash)

    // What it tells of itself: what came, and that it leaves a swarm.
    visit.request(1, film)
    visit.now += 6_000_000
    const stats = said(visit.give([{ kind: In.Tick }])).find(({ action }) => action === 'stats')
    assert.ok(stats.originBytes >= film.file.length)
    assert.deepEqual({ ...stats, originBytes: 0 }, { action: 'stats', originBytes: 0, peerBytesIn: 0, peerBytesOut: 0, wasted: 0, from: {} })
    const other = site(5, '/other.bin')
    assert.deepEqual(said(visit.give([{ kind: In.Index, data: other.index }])).find(({ action }) => action === 'leave'),
      { action: 'leave', swarms: [film.swarm] })

    // The rest that a server says.
    assert.ok(find(say({ action: 'indexed' }), Out.IndexStale))
    const { code, text } = find(say({ action: 'error', code: 'bad-token', message: 'nö' }), Out.Fault)
    assert.deepEqual([code, text], [PtError.State, 'nö'])
    assert.equal(say({ action: 'tomorrow', swarms: [] }).length, 0)
    for (const message of [null, [], {}, { action: 'peers' }, { action: 'signal', kind: 'offer', from: ann.id }]) {
      const fault = find(say(message), Out.Fault)
      assert.ok(fault.code === PtError.Syntax || fault.code === PtError.Range, JSON.stringify(message))
    }
    outputs = say({ action: 'drain', afterMs: 5000 })
    assert.ok(find(outputs, Out.ServerClose))
    visit.now += 5_100_000
    find(visit.give([{ kind: In.Tick }]), Out.ServerOpen)
    assert.equal(said(visit.give([{ kind: In.ServerOpened }]))[0].resume, 'tìcket')
  })

  test(`${name} reports who sent wrong bytes`, () => {
    const film = site(16384, '/a.bin', 16384)
    const visit = new Visit(name)
    const ann = peer(1)
    const say = (message) => visit.give([{ kind: In.ServerMessage, data: packMessage(message) }])
    visit.give([{ kind: In.Index, data: film.index }, { kind: In.ServerOpened }])
    say({ action: 'welcome' })
    const { link } = say({ action: 'peers', h: film.swarm, complete: 1, peers: [{ peer: ann.id }] }).find(({ kind }) => kind === Out.PeerDial)
    const swarm = Buffer.from(film.swarm, 'hex')
    const handshake = Buffer.concat([Buffer.from('\x13BitTorrent protocol'), Buffer.from('0000000000100014', 'hex'), swarm, Buffer.from(ann.id, 'hex')])
    const words = (...numbers) => Buffer.concat(numbers.map((number) => Buffer.from([0, 0, number >> 8, number & 255])))
    const message = (id, body) => Buffer.concat([words(body.length + 1), Buffer.from([id]), body])
    const outputs = visit.give([
      { kind: In.PeerState, link, code: layout.LinkState.Connected },
      { kind: In.ChannelOpened, id: 1, link, swarm, code: 1 },
      { kind: In.ChannelMessage, id: 1, data: handshake },
      { kind: In.ChannelMessage, id: 1, data: Buffer.concat([message(14, Buffer.alloc(0)), message(1, Buffer.alloc(0))]) },
      { kind: In.Request, id: 1, text: film.path, length: layout.TO_END },
      { kind: In.RequestCredit, id: 1, length: film.file.length },
      { kind: In.ChannelMessage, id: 1, data: message(7, Buffer.concat([words(0, 0), Buffer.alloc(16384)])) },
    ])
    assert.ok(outputs.some(({ kind, peer }) => kind === Out.Ban && hex(peer) === ann.id))
    const reports = outputs.filter(({ kind }) => kind === Out.ServerSend).map(({ data }) => unpackMessage(data))
    assert.deepEqual(reports.find(({ action }) => action === 'report'),
      { action: 'report', peer: ann.id, swarm: film.swarm, piece: 0, kind: 'corrupt' })
  })

  test(`${name} takes an index of many swarms, and names them by either hash`, () => {
    const films = Array.from({ length: 20 }, (_, i) => site(20_000 + i, `/films/ä${i}.webm`, 16384))
    const document = { version: 1, assets: {}, swarms: {} }
    for (const film of [...films].reverse()) Object.assign(document.assets, film.document.assets)
    for (const film of films) Object.assign(document.swarms, film.document.swarms)
    const v1 = 'ee'.repeat(20)
    document.swarms[films[7].swarm].v1 = v1
    const visit = new Visit(name)
    const [indexed] = visit.give([{ kind: In.Index, data: packIndex(document) }]).filter(({ kind }) => kind === Out.Indexed)
    assert.deepEqual([indexed.code, indexed.length], [PtError.Ok, 20n])
    for (const [i, film] of films.entries()) {
      const { given, end } = visit.request(i, film)
      assert.equal(end.code, PtError.Ok)
      assert.ok(joined(given).equals(film.file))
    }
    visit.give([{ kind: In.ServerOpened }, { kind: In.ServerMessage, data: packMessage({ action: 'welcome' }) }])
    const [offer] = visit.give([{ kind: In.ServerMessage, data: packMessage(
      { action: 'signal', from: peer(9).id, legacy: v1, kind: 'offer', nonce: 'n', sdp: 'v=0' }) }]).filter(({ kind }) => kind === Out.PeerSignal)
    assert.equal(offer.flags, 1)
    assert.equal(visit.give([{ kind: In.Index, data: new Uint8Array() }]).find(({ kind }) => kind === Out.Indexed).code, PtError.Syntax)
    assert.equal(visit.core.stats().assets, 20, 'the old one stays')
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
    if (visit.core.x.pending() === 1) {
      assert.ok(out.length >= 1 << 20 && out.length < 3 << 20, 'outputs end soon after the bound')
      stops++
    }
  } while (left.length > 0 || visit.core.x.pending() === 1)
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
