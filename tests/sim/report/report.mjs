#!/usr/bin/env node
// Turns figures of the simulator into one HTML page of plots:
//
//   tests/sim/report/report.mjs PAGE.html RUN.json...
//
// A RUN.json is what peertide-sim --json writes, or what bench:sim prints.
import { readFile, writeFile } from 'node:fs/promises'
import { plots } from './plots.mjs'

const style = `
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
  h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin: 2.5rem 0 0 } p { margin: .3rem 0 .6rem; color: #555 }
  table { border-collapse: collapse; font-size: 13px; margin-top: 1rem } td, th { padding: .2rem .7rem; text-align: right; border-bottom: 1px solid #ddd }
  td:first-child, th:first-child { text-align: left } svg { overflow: visible } figure { margin: 0 }`

const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`)
const number = (value, digits = 3) => (value === undefined || value === null ? '' : Number(value.toFixed(digits)).toString())

/** The runs in a document: one, a list, or what a bench printed. */
function runsOf(document, path) {
  const found = Array.isArray(document) ? document : document.runs ?? [document]
  if (!found.every((run) => run && typeof run.scenario === 'string' && typeof run.peers === 'number')) {
    throw new Error(`${path}: these are no figures of peertide-sim`)
  }
  return found
}

function table(runs) {
  const columns = {
    scenario: (r) => (r.fault ? `${r.scenario} + ${r.fault}` : r.scenario), N: (r) => String(r.peers), c: (r) => number(r.concurrency), seed: (r) => r.seed,
    'last / limit': (r) => number(r.distribution?.lastOverLimit), 'median / limit': (r) => number(r.distribution?.medianOverLimit),
    offload: (r) => number(r.offload), 'from peers': (r) => number(r.peerShare), copies: (r) => number(r.origin.copies, 2),
    'start p95, ms': (r) => number(r.startMs?.p95, 0), 'by HTTP': (r) => number(r.http?.startMs?.p95, 0),
    rebuffering: (r) => number(r.rebuffering?.ratio, 4), 'by HTTP ': (r) => number(r.http?.rebuffering?.ratio, 4),
    wasted: (r) => number(r.wastedShare, 4), 'wall, s': (r) => number(r.run.wallS, 1),
  }
  const row = (cells, tag) => `<tr>${cells.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join('')}</tr>`
  return `<table><thead>${row(Object.keys(columns), 'th')}</thead><tbody>${
    runs.map((run) => row(Object.values(columns).map((of) => of(run)), 'td')).join('')}</tbody></table>`
}

const [page, ...files] = process.argv.slice(2)
if (!page || files.length === 0 || page.startsWith('-')) {
  console.error('usage: report.mjs PAGE.html RUN.json...')
  process.exit(2)
}
try {
  const runs = (await Promise.all(files.map(async (file) => runsOf(JSON.parse(await readFile(file, 'utf8')), file)))).flat()
  const shown = plots(runs).map(({ title, about, svg }) => `<h2>${escape(title)}</h2><p>${escape(about)}</p>${svg}`)
  await writeFile(page, `<!doctype html><html lang="en"><meta charset="utf-8"><title>Peertide in the simulator</title><style>${style}</style>
<h1>Peertide in the simulator</h1><p>${runs.length} runs.</p>${shown.join('\n')}<h2>All runs</h2>${table(runs)}</html>\n`)
} catch (error) {
  console.error(`report.mjs: ${error.message}`)
  process.exit(1)
}
