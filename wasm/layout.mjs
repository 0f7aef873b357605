// Makes js/src/generated/layout.ts from the public header, so that JavaScript
// repeats nothing of it by hand: names and comments are read from the header
// here, numbers come from the compiler that also builds the wasm files.
//
//   node layout.mjs program peertide.h > layout.c     a C program that prints,
//                                                     compiled for wasm32 and run,
//   node layout.mjs typescript peertide.h < printed > layout.ts     becomes this
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

// C enum (the errors have no name) -> TypeScript name, prefix of its constants.
const enums = [
  { c: 'pt_in', ts: 'In', prefix: /^PT_IN_/ },
  { c: 'pt_out', ts: 'Out', prefix: /^PT_OUT_/ },
  { c: 'pt_flag', ts: 'Flag', prefix: /^PT_FLAG_/ },
  { c: 'pt_urgency', ts: 'Urgency', prefix: /^PT_URGENCY_/ },
  { c: 'pt_source', ts: 'Source', prefix: /^PT_SOURCE_/ },
  { c: 'pt_signal', ts: 'Signal', prefix: /^PT_SIGNAL_/ },
  { c: 'pt_link_state', ts: 'LinkState', prefix: /^PT_LINK_/ },
  { c: 'pt_consent', ts: 'Consent', prefix: /^PT_CONSENT_/ },
  { c: 'pt_fallback', ts: 'Fallback', prefix: /^PT_FALLBACK_/ },
  { c: '', ts: 'PtError', prefix: /^PT_(ERR_)?/ },
]
const structs = [
  { c: 'pt_event', ts: 'EventLayout' },
  { c: 'pt_config', ts: 'ConfigLayout' },
  { c: 'pt_stats', ts: 'StatsLayout' },
  { c: 'pt_peer_stats', ts: 'PeerStatsLayout' },
]
const words = {
  uint8_t: 'u8', uint16_t: 'u16', uint32_t: 'u32', int32_t: 'i32', uint64_t: 'u64',
}

const pascal = (name) => name.toLowerCase().replace(/(^|_)(\w)/g, (_, __, c) => c.toUpperCase())
const camel = (name) => name.replace(/_(\w)/g, (_, c) => c.toUpperCase())
const oneLine = (comment) => comment.replace(/\s*\n\s*\*?\s*/g, ' ').replace(/\s+/g, ' ').trim()

/** The items of a body, each with its comment (the one before or after its border). */
function items(body, border) {
  const found = []
  for (const [, comment, code] of body.matchAll(/\/\*([\s\S]*?)\*\/|([^/]+)/g)) {
    if (comment !== undefined) {
      if (found.length > 0 && !found.at(-1).comment) found.at(-1).comment = oneLine(comment)
      continue
    }
    for (const part of code.split(border)) {
      const text = oneLine(part)
      if (text) found.push({ text, comment: '' })
    }
  }
  return found
}

/** What the header says: enums and structs in the order of the tables above. */
export function parse(header) {
  const body = (pattern, what) => {
    const match = pattern.exec(header)
    if (!match) throw new Error(`the header has no ${what}`)
    return match[1]
  }
  return {
    version: body(/#define PT_VERSION "([^"]+)"/, 'PT_VERSION'),
    sizes: [...header.matchAll(/#define (PT_\w+_SIZE) \d+\s*(?:\/\*\s*(.*?)\s*\*\/)?/g)]
      .map(([, name, comment]) => ({ name, comment: comment ?? '' })),
    enums: enums.map((e) => ({
      ...e,
      items: items(body(new RegExp(`enum ${e.c}\\s*\\{([\\s\\S]*?)\\};`.replace('  ', ' ')), `enum ${e.c}`), ',')
        .map(({ text, comment }) => ({ name: text.split('=')[0].trim(), comment })),
    })),
    structs: structs.map((s) => ({
      ...s,
      fields: items(body(new RegExp(`struct ${s.c} \\{([\\s\\S]*?)\\} ${s.c};`), `struct ${s.c}`), ';')
        .map(({ text, comment }) => {
          const [, type, name, count] = /^(\w+) (\w+)(?:\[(\w+)\])?$/.exec(text)
          return { type, name, count, comment }
        }),
    })),
  }
}

/** The C program that prints "name number" lines. */
function program({ sizes, enums, structs }) {
  const lines = []
  const print = (name, value) => lines.push(`  printf("${name} %ld\\n", (long)(${value}));`)
  for (const { name } of sizes) print(name, name)
  for (const { items } of enums) for (const { name } of items) print(name, name)
  for (const { c, fields } of structs) {
    print(c, `sizeof(${c})`)
    for (const { type, name } of fields) {
      print(`${c}.${name}`, `offsetof(${c}, ${name})${type === 'pt_bytes' ? ' + offsetof(pt_bytes, len)' : ''}`)
    }
  }
  return `#include "peertide/peertide.h"\n#include <stdio.h>\n\nint main(void) {\n${lines.join('\n')}\n  return 0;\n}\n`
}

/** (Enums, because bundlers put their numbers where they are used, and leave out the rest.) */
function typescript({ version, sizes, enums, structs }, numbers) {
  const number = (name) => {
    if (!numbers.has(name)) throw new Error(`no number for ${name}`)
    return numbers.get(name)
  }
  const out = [
    '// Made by wasm/layout.mjs from core/include/peertide/peertide.h. Not to be edited.',
    '',
    '/** The version of the core. */',
    `export const VERSION = '${version}'`,
    '/** Length of a request: to the end of the file. */',
    'export const TO_END = 0xffff_ffff_ffff_ffffn',
    '/** Records start at multiples of this many bytes. */',
    'export const RECORD_ALIGN = 8',
  ]
  for (const { name, comment } of sizes) {
    out.push(`/** ${comment} */`, `export const ${name.slice(3)} = ${number(name)}`)
  }
  for (const { c, ts, prefix, items } of enums) {
    out.push('', `/** ${c ? `enum ${c}` : 'PT_OK and the errors'} */`, `export enum ${ts} {`)
    for (const { name, comment } of items) {
      if (comment) out.push(`  /** ${comment} */`)
      out.push(`  ${pascal(name.replace(prefix, ''))} = ${number(name)},`)
    }
    out.push('}')
  }
  for (const { c, ts, fields } of structs) {
    out.push('', `/** Where the fields of ${c} are, in bytes from its start, and its size. */`,
      `export enum ${ts} {`, `  size = ${number(c)},`)
    for (const { type, name, count, comment } of fields) {
      const bytes = type === 'pt_bytes'
      const shape = bytes ? `u32, bytes of ${name}, which follow${name === 'text' ? ' the record' : ' the text'}`
        : `${words[type]}${count ? ` × ${number(count)}` : ''}`
      out.push(`  /** ${shape}${comment ? `: ${comment}` : ''} */`,
        `  ${camel(name)}${bytes ? 'Len' : ''} = ${number(`${c}.${name}`)},`)
    }
    out.push('}')
  }
  return out.join('\n') + '\n'
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [, , what, path] = process.argv
  const header = parse(readFileSync(path, 'utf8'))
  if (what === 'program') {
    process.stdout.write(program(header))
  } else {
    const printed = readFileSync(0, 'utf8').trim().split('\n').map((line) => line.split(' '))
    process.stdout.write(typescript(header, new Map(printed.map(([name, value]) => [name, Number(value)]))))
  }
}
