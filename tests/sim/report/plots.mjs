// The plots: curves over N, or over the number of visitors at once, against
// what theory allows.
import * as Plot from '@observablehq/plot'
import { JSDOM } from 'jsdom'

const { document } = new JSDOM('').window
const width = 720
const sizes = { type: 'log', label: 'visitors', labelOffset: 40 }

/** One plot as SVG text inside a figure. */
const draw = (options) => Plot.plot({
  document, width, height: 340, marginLeft: 60, marginRight: 110, marginBottom: 48, grid: true, color: { legend: true }, style: { fontSize: '12px' }, ...options,
}).outerHTML

/** A line with dots for each name; the legend tells which. */
const curve = (data, x, y) => [
  Plot.line(data, { x, y, z: 'name', stroke: 'name', sort: x }),
  Plot.dot(data, { x, y, fill: 'name' }),
]
/** What theory allows, dashed; with stroke 'name' in the colour of its curve. */
const theory = (data, x, y, text, stroke = '#888') => [
  Plot.line(data, { x, y, stroke, sort: x, strokeDasharray: '5 4' }),
  Plot.text(data, Plot.selectMaxX({ x, y, text: () => text, textAnchor: 'start', dx: 8, fill: '#888' })),
]
const rule = (value, name) => [
  Plot.ruleY([value], { stroke: '#888', strokeDasharray: '5 4' }),
  Plot.text([{ value }], { y: 'value', text: () => name, frameAnchor: 'right', textAnchor: 'start', dx: 8, fill: '#888' }),
]
const nameOf = (run) => (run.fault ? `${run.scenario} + ${run.fault}` : run.scenario)
const between = (from, to, count) =>
  Array.from({ length: count }, (_, i) => Math.exp(Math.log(from) + (Math.log(to) - Math.log(from)) * i / (count - 1)))
const range = (values) => [Math.min(...values), Math.max(...values)]

function distribution(runs) {
  const data = runs.filter((run) => run.distribution).flatMap((run) => [
    { N: run.peers, ratio: run.distribution.lastOverLimit, name: `${run.scenario}, last` },
    { N: run.peers, ratio: run.distribution.medianOverLimit, name: `${run.scenario}, median` }])
  return data.length > 0 && {
    title: 'Time to give a file to all',
    about: 'Over the fluid limit max(F/us, F/dmin, NF/(us + sum u)), from each visitor’s arrival. 1 can not be beaten.',
    svg: draw({ x: sizes, y: { label: 'times the limit', zero: true }, marks: [...rule(1, 'limit'), ...curve(data, 'N', 'ratio')] }),
  }
}

function copies(runs) {
  const data = runs.filter((run) => run.distribution).map((run) => ({ N: run.peers, copies: run.origin.copies, name: nameOf(run) }))
  return data.length > 0 && {
    title: 'Copies the origin gave',
    about: 'Plain HTTP needs one for each visitor.',
    svg: draw({ x: sizes, y: { type: 'log', label: 'copies' }, marks: [...rule(1, 'one'), ...curve(data, 'N', 'copies')] }),
  }
}

function together(runs) {
  const data = runs.filter((run) => run.rebuffering && run.concurrency === undefined && run.peers > 1)
    .map((run) => ({ N: run.peers, offload: run.offload, name: nameOf(run) }))
  if (data.length === 0) return false
  const limit = between(...range(data.map(({ N }) => N)), 40).map((N) => ({ N, offload: (N - 1) / N }))
  return {
    title: 'Offload: viewers who watch together',
    about: 'One of N must have it from the origin: (N - 1) / N.',
    svg: draw({ x: sizes, y: { label: 'offload', domain: [0, 1] },
      marks: [...theory(limit, 'N', 'offload', '(N − 1) / N'), ...curve(data, 'N', 'offload')] }),
  }
}

function byChance(runs) {
  const data = runs.filter((run) => run.rebuffering && run.concurrency !== undefined)
    .map((run) => ({ c: run.concurrency, offload: run.offload, limit: run.offloadLimit, name: nameOf(run) }))
  return data.length > 0 && {
    title: 'Offload: viewers who come by chance',
    about: 'Dashed: 1 − (1 − e^−c) / c, what others can have of a film with c viewers at once in the mean who load no faster than they watch and keep nothing from earlier visits; of several films, each with its part of c.',
    svg: draw({ x: { type: 'log', label: 'viewers at once (c)', labelOffset: 40 }, y: { label: 'offload', domain: [0, 1] },
      marks: [...theory(data, 'c', 'limit', '', 'name'), ...curve(data, 'c', 'offload')] }),
  }
}

function starts(runs) {
  const data = runs.filter((run) => run.http && run.startMs).map((run) => ({
    name: `${nameOf(run)} ${run.concurrency === undefined ? `N=${run.peers}` : `c=${run.concurrency}`}`,
    peers: run.startMs.p95, http: run.http.startMs.p95 }))
  return data.length > 0 && {
    title: 'Start-up, 95th percentile',
    about: 'Grey: the same visitors by plain HTTP. Never later than that by more than 20 ms is the aim.',
    svg: draw({ height: 40 + 26 * data.length, marginLeft: 230, x: { label: 'ms', type: 'log' }, y: { label: null, domain: data.map(({ name }) => name) }, marks: [
      Plot.link(data, { x1: 'http', x2: 'peers', y1: 'name', y2: 'name', stroke: '#bbb' }),
      Plot.dot(data, { x: 'http', y: 'name', fill: '#888', r: 4 }), Plot.dot(data, { x: 'peers', y: 'name', fill: 'steelblue', r: 4 })] }),
  }
}

function cost(runs) {
  const data = runs.filter((run) => run.distribution).map((run) => ({ N: run.peers, s: run.run.wallS, name: nameOf(run) }))
  return data.length > 0 && {
    title: 'What simulating takes',
    about: 'Seconds on the machine of the run.',
    svg: draw({ x: sizes, y: { type: 'log', label: 's' }, marks: curve(data, 'N', 's') }),
  }
}

/** All plots that the runs have data for: {title, about, svg}. */
export const plots = (runs) => [distribution, copies, together, byChance, starts, cost].map((make) => make(runs)).filter(Boolean)
