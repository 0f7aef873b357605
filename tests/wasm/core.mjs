// The core as wasm, driven from Node: what js/src/core does in a page, as
// plainly as it can be said, so that the ABI is tested without the loader.
import { readFileSync } from 'node:fs'

const root = new URL('../../', import.meta.url)

/** build/wasm/ by default; another folder for those who build elsewhere. */
const built = process.env.PT_WASM_DIR ? new URL(`file://${process.env.PT_WASM_DIR}/`) : new URL('build/wasm/', root)

export const wasmUrl = (name) => new URL(name, built)

/** js/src/generated/layout.ts as a module, its enums as objects. */
export const layout = await import('data:text/javascript,' + encodeURIComponent(
  readFileSync(new URL('js/src/generated/layout.ts', root), 'utf8')
    .replace(/^export enum (\w+) {$/gm, 'export const $1 = {').replace(/^( {2}\w+) = (-?\d+),$/gm, '$1: $2,')))

const { EventLayout: E, ConfigLayout, In, Out, ID_SIZE, RECORD_ALIGN } = layout
const encoder = new TextEncoder()
const decoder = new TextDecoder()
const align = (n) => Math.ceil(n / RECORD_ALIGN) * RECORD_ALIGN
const bytesOf = (v) => (typeof v === 'string' ? encoder.encode(v) : v ?? new Uint8Array())
export const hex = (bytes) => Buffer.from(bytes).toString('hex')
const outNames = Object.fromEntries(Object.entries(Out).map(([name, value]) => [value, name]))

/** One record of { kind, code, id, link, offset, length, peer, swarm, text, data }. */
export function pack(event) {
  const text = bytesOf(event.text)
  const data = bytesOf(event.data)
  const record = new Uint8Array(align(E.size + text.length + data.length))
  const view = new DataView(record.buffer)
  view.setUint16(E.kind, event.kind, true)
  view.setInt32(E.code, event.code ?? 0, true)
  view.setUint32(E.id, event.id ?? 0, true)
  view.setUint32(E.link, event.link ?? 0, true)
  view.setBigUint64(E.offset, BigInt(event.offset ?? 0), true)
  view.setBigUint64(E.length, BigInt(event.length ?? 0), true)
  record.set(event.peer ?? [], E.peer)
  record.set(event.swarm ?? [], E.swarm)
  view.setUint32(E.textLen, text.length, true)
  view.setUint32(E.dataLen, data.length, true)
  record.set(text, E.size)
  record.set(data, E.size + text.length)
  return record
}

export function unpackAll(bytes) {
  const events = []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let at = 0; at < bytes.length;) {
    const textLen = view.getUint32(at + E.textLen, true)
    const dataLen = view.getUint32(at + E.dataLen, true)
    const text = at + E.size
    const kind = view.getUint16(at + E.kind, true)
    events.push({
      kind,
      name: outNames[kind],
      flags: view.getUint16(at + E.flags, true),
      code: view.getInt32(at + E.code, true),
      id: view.getUint32(at + E.id, true),
      link: view.getUint32(at + E.link, true),
      offset: view.getBigUint64(at + E.offset, true),
      length: view.getBigUint64(at + E.length, true),
      peer: bytes.slice(at + E.peer, at + E.peer + ID_SIZE),
      swarm: bytes.slice(at + E.swarm, at + E.swarm + ID_SIZE),
      text: decoder.decode(bytes.subarray(text, text + textLen)),
      data: bytes.slice(text + textLen, text + textLen + dataLen),
    })
    at += align(E.size + textLen + dataLen)
  }
  return events
}

/** One instance: one node. */
export class Core {
  constructor(file) {
    this.module = new WebAssembly.Module(readFileSync(wasmUrl(file)))
    this.x = new WebAssembly.Instance(this.module, {}).exports
  }

  get backend() {
    const bytes = new Uint8Array(this.x.memory.buffer, this.x.backend())
    return decoder.decode(bytes.subarray(0, bytes.indexOf(0)))
  }

  start(nowUs, { seed = 1n, fingerprint = new Uint8Array(32) } = {}) {
    const at = this.x.config()
    new DataView(this.x.memory.buffer).setBigUint64(at + ConfigLayout.seed, seed, true)
    new Uint8Array(this.x.memory.buffer).set(fingerprint, at + ConfigLayout.fingerprint)
    return this.x.start(nowUs)
  }

  /** One run: how many bytes it consumed, and the outputs as bytes. */
  runOnce(nowUs, bytes) {
    if (bytes.length > 0) {
      const at = this.x.in(bytes.length)
      if (at === 0) throw new RangeError('no room for the batch')
      new Uint8Array(this.x.memory.buffer).set(bytes, at)
    }
    const consumed = this.x.run(nowUs, bytes.length)
    const out = new Uint8Array(this.x.memory.buffer, this.x.out(), this.x.out_len())
    return { consumed, out: out.slice() }
  }

  /** A batch of events and all that comes of it. */
  run(nowUs, events) {
    let bytes = Buffer.concat(events.map(pack))
    const outputs = []
    do {
      const { consumed, out } = this.runOnce(nowUs, bytes)
      outputs.push(...unpackAll(out))
      bytes = bytes.subarray(consumed)
    } while (bytes.length > 0 || this.x.pending() === 1)
    return outputs
  }

  id() {
    return new Uint8Array(this.x.memory.buffer, this.x.id(), ID_SIZE).slice()
  }

  stats() {
    const view = new DataView(this.x.memory.buffer, this.x.stats())
    return { originBytes: view.getBigUint64(layout.StatsLayout.originBytes, true),
      assets: view.getUint32(layout.StatsLayout.assets, true) }
  }
}

export { In, Out }
