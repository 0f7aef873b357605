// The simulator is the measure for scheduling and fault handling: each scenario
// must still run, hold what must hold, and stay above loose floors.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../build/native/peertide-sim', import.meta.url))
const folder = fileURLToPath(new URL('scenarios/', import.meta.url))
const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -5))

/** Runs the program to its end: {code, stdout, stderr}. */
const run = (...args) => new Promise((resolve) => {
  execFile(program, args, { encoding: 'utf8', maxBuffer: 1 << 26, timeout: 120_000 },
    (error, stdout, stderr) => resolve({ code: error ? error.code ?? error.signal : 0, stdout, stderr }))
})

/** The figures of a small run whose nodes are checked all the time. */
async function figures(name, ...args) {
  const { code, stdout, stderr } = await run(join(folder, `${name}.json`), '--quiet', '--set', 'checkEvery=32', ...args)
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout)
}

// What a small crowd must reach at the least, by far not what is aimed at.
const last = (most) => ({ distribution: { lastOverLimit } }) =>
  assert.ok(lastOverLimit <= most, `the last one took ${lastOverLimit} times the limit`)
const share = (least) => ({ peerShare }) => assert.ok(peerShare >= least, `only ${peerShare} came from peers`)
// These origins keep up with all players: by plain HTTP films start after 0.15 s and never stall.
const smooth = ({ startMs, rebuffering }) => {
  assert.ok(startMs.p95 < 250, `the films started after ${startMs.p95} ms`)
  assert.ok(rebuffering.ratio < 0.001, `the players stalled for ${rebuffering.stalledS} s`)
}
const floors = {
  flash: [last(2), share(0.8)],
  'flash-adsl': [last(4), share(0.6)],
  'video-sync': [share(0.8), smooth],
  vod: [smooth, ({ offload, offloadLimit }) => assert.ok(offload > 0.7 * offloadLimit, `offload ${offload}`)],
  'vod-cached': [share(0.2), smooth],
  images: [share(0.6)],
  'zipf-day': [share(0.1)],
  malicious: [share(0.5), ({ attackers }) => {
    assert.ok(attackers.bans > 0, 'nobody was banned')
    assert.ok(attackers.piecesLostPerAttacker <= 1, `a liar cost ${attackers.piecesLostPerAttacker} pieces`)
  }],
}

for (const name of names) {
  test(`${name}: a small crowd gets what it came for`, async () => {
    const peers = Number(process.env.PT_SIM_PEERS ?? 20)
    const found = await figures(name, '--peers', String(peers))
    assert.equal(found.unfinished, 0)
    assert.equal(found.wrongBans, 0)
    assert.ok(found.run.events > 100 && found.pages.visits >= peers)
    for (const floor of floors[name] ?? [last(6), share(0.3)]) floor(found)
  })
}

test('the outcome is the same for every number of threads, and another for another seed', async () => {
  const traces = []
  for (const args of [['--threads', '1'], ['--threads', '2'], ['--threads', '3'], ['--seed', '2']]) {
    traces.push((await figures('vod', '--peers', '12', ...args)).trace)
  }
  assert.deepEqual(traces.slice(1, 3), [traces[0], traces[0]])
  assert.notEqual(traces[3], traces[0])
})

test('by plain HTTP a crowd takes as long as the origin needs for all copies', async () => {
  const found = await figures('flash', '--http', '--peers', '30')
  const needed_s = 30 * 33554432 * 8 / 50e6 // longer than one line needs for one copy
  assert.equal(found.offload, 0)
  assert.equal(found.origin.copies, 30)
  // 3% are headers; arrivals are spread over one second.
  assert.ok(found.distribution.lastS > needed_s && found.distribution.lastS < 1.05 * needed_s + 1,
    `${found.distribution.lastS} s instead of ${needed_s}`)
})

test('a visitor who is alone takes as long as its line needs', async () => {
  const { distribution } = await figures('flash', '--peers', '1')
  assert.ok(distribution.lastOverLimit > 1.02 && distribution.lastOverLimit < 1.2, `${distribution.lastOverLimit}`)
})

test('both ways side by side', async () => {
  const found = await figures('video-sync', '--against-http', '--peers', '6')
  assert.equal(found.mode, 'peers')
  assert.equal(found.http.mode, 'http')
  assert.equal(found.http.rebuffering.stalls, 0, 'this origin is fast enough for six')
  assert.ok(found.http.startMs.p95 > 0)
})

test('what must end and does not is told, with seed and scenario', async () => {
  const { code, stderr } = await run(join(folder, 'flash.json'), '--peers', '4', '--quiet', '--set', 'untilS=3')
  assert.equal(code, 1)
  assert.match(stderr, /flash, seed 1: 4 visits had not ended after 3 s/)
})

test('a partition loses what is sent across it, and costs copies from the origin', async () => {
  const found = await figures('fault-partition', '--peers', '8')
  const whole = await figures('flash', '--peers', '8')
  assert.ok(found.connections.sendsLostInPartition > 0)
  assert.equal(whole.connections.sendsLostInPartition, 0)
  assert.ok(found.origin.copies > whole.origin.copies, `${found.origin.copies} and ${whole.origin.copies}`)
})

test('the seed is told first, and figures go where they are wanted', async () => {
  const place = await mkdtemp(join(tmpdir(), 'sim-'))
  try {
    const file = join(place, 'out.json')
    const { code, stdout, stderr } = await run(join(folder, 'flash.json'), '--peers', '3', '--seed', '18446744073709551615', '--json', file)
    assert.equal(code, 0, stderr)
    assert.equal(stdout, '')
    assert.match(stderr, /^seed 18446744073709551615\n/)
    assert.equal(JSON.parse(await readFile(file, 'utf8')).seed, '18446744073709551615')
  } finally {
    await rm(place, { recursive: true })
  }
})

test('wrong use is one clear line, and status 2', async () => {
  const place = await mkdtemp(join(tmpdir(), 'sim-'))
  const flash = join(folder, 'flash.json')
  const write = async (name, text) => {
    await writeFile(join(place, name), text)
    return join(place, name)
  }
  try {
    const cases = [
      [[], /SCENARIO\.json is needed/],
      [[flash, flash], /one scenario at a time/],
      [['/nowhere.json'], /can't be read/],
      [[flash, '--peers', '0'], /--peers: a whole number/],
      [[flash, '--peers', '12x'], /--peers: a whole number/],
      [[flash, '--seed', '-1'], /--seed: a whole number/],
      [[flash, '--threads', '99'], /--threads: a whole number/],
      [[flash, '--peers'], /--peers: a value is needed/],
      [[flash, '--nothing'], /there is no option --nothing/],
      [[flash, '--http', '--against-http'], /one of them/],
      [[flash, '--set', 'peers'], /KEY=VALUE/],
      [[flash, '--set', 'peers=many'], /not JSON/],
      [[flash, '--set', 'peers="many"'], /peers: a number/],
      [[flash, '--set', 'page.kind="game"'], /kind: one of these is needed: download, video/],
      [[flash, '--set', 'page.colour=1'], /page: there is no key 'colour'/],
      [[flash, '--set', 'about.text=1'], /'about' is not an object/],
      [[flash, '--set', 'site.pieceLength=100000'], /a power of two/],
      [[flash, '--set', 'network.delayMs=[60,10]'], /the lowest is above/],
      [[flash, '--set', 'network.lines=[]'], /a list of 1 to/],
      [[flash, '--set', 'network.lines=[{"up":1e6}]'], /up and down are needed/],
      [[flash, '--set', 'origin.deadS=[5]'], /\[from, to\] is needed/],
      [[flash, '--set', 'leave.returns=0.5'], /afterS is needed/],
      [[await write('a.json', '{ "peers": 3,\n  oops }')], /line 2 is not JSON/],
      [[await write('b.json', '[]')], /an object is needed/],
      [[await write('c.json', '{ "peer": 3 }')], /there is no key 'peer'/],
    ]
    for (const [args, expected] of cases) {
      const { code, stdout, stderr } = await run(...args)
      assert.equal(code, 2, `${args.join(' ')}: ${stderr}`)
      assert.equal(stdout, '')
      assert.match(stderr, expected)
      assert.match(stderr, /^peertide-sim: [^\n]*\n$/, 'one line')
    }
    const { code, stdout } = await run('--help')
    assert.equal(code, 0)
    for (const option of ['--peers', '--seed', '--json', '--threads', '--set', '--against-http']) {
      assert.ok(stdout.includes(option), option)
    }
  } finally {
    await rm(place, { recursive: true })
  }
})
