// The unit tests as wasm, in a real browser: what a visitor's browser runs is
// compiled by another compiler, with other integer widths, than what ctest
// tests. emrun serves their page, which runs one unit after the other, and
// takes what they print and how they end.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { wasmUrl } from './core.mjs'

const programs = fileURLToPath(wasmUrl('tests/unit/'))
const unitsOf = (page) => readFileSync(join(programs, `${page}.txt`), 'utf8').trim().split('\n')

const secondsMax = 300 // for all units of a page
const chromium = { process: undefined, profile: undefined, control: undefined }

/** The first line of a stream that matches, with its first group. */
async function firstMatch(stream, pattern) {
  for await (const line of createInterface({ input: stream })) {
    const match = pattern.exec(line)
    if (match) return match[1]
  }
  throw new Error(`ended without a line like ${pattern}`)
}

/** A port that was free a moment ago. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

before(async () => {
  chromium.profile = mkdtempSync(join(tmpdir(), 'peertide-unit-'))
  chromium.process = spawn('chromium', ['--headless=new', '--no-sandbox', '--disable-gpu',
    '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--remote-debugging-port=0',
    `--user-data-dir=${chromium.profile}`, 'about:blank'],
  { stdio: ['ignore', 'ignore', 'pipe'], detached: true })
  const address = await firstMatch(chromium.process.stderr, /DevTools listening on ws:\/\/([^/]+)/)
  chromium.process.stderr.resume()
  chromium.control = `http://${address}/json`
})

/** Ends our browser, all of its processes and nobody else's: it leads its own group. */
function endChromium() {
  if (chromium.process?.exitCode === null && chromium.process.signalCode === null) {
    process.kill(-chromium.process.pid, 'SIGKILL')
  }
}

process.on('exit', () => {
  endChromium()
  if (chromium.profile) rmSync(chromium.profile, { recursive: true, force: true, maxRetries: 5 })
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))

after(async () => {
  const gone = once(chromium.process, 'exit')
  endChromium()
  await gone
})

/** Runs all units of a page; resolves to what it printed. */
async function run(page) {
  const port = await freePort()
  // (cmocka prints what a test does to stdout and how it ended to stderr: as two
  // pipes, the one may be read before the other. One pipe keeps their order.)
  const emrun = spawn('sh', ['-c', 'exec emrun "$@" 2>&1', 'sh', '--no_browser',
    '--hostname', '127.0.0.1', '--port', String(port), '--timeout', String(secondsMax),
    '--timeout_returncode', '124', `${page}.html`],
  { cwd: programs, stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, PYTHONUNBUFFERED: '1' } })
  let output = ''
  const exited = once(emrun, 'close')
  const listening = new Promise((resolve) => {
    emrun.stdout.setEncoding('utf8').on('data', (text) => {
      output += text
      if (output.includes('Now listening at')) resolve()
    })
  })
  await Promise.race([listening, exited])
  // (emrun's pages speak to their server only when the address says localhost.)
  const url = encodeURIComponent(`http://localhost:${port}/${page}.html`)
  await fetch(`${chromium.control}/new?${url}`, { method: 'PUT' })
  const [code] = await exited
  return { code, output }
}

for (const page of ['units', 'units_nosimd']) {
  const units = unitsOf(page)
  let whole
  test(`${page}: the page comes to its end, with ${units.length} units`, async () => {
    whole = await run(page)
    assert.equal(whole.code, 0, whole.output)
  })
  for (const unit of units) {
    test(page === 'units' ? unit : `${unit} without SIMD`, () => {
      const [, printed] = whole.output.split(`unit ${unit}\n`)
      assert.ok(printed, `it was not come to: ${whole.output.slice(-2000)}`)
      const [own] = printed.split(/^unit /m)
      assert.match(own, /\[ {2}PASSED {2}\] [1-9]\d* test/, own)
      assert.ok(printed.startsWith(`${own}unit ${unit} ends: 0\n`), own)
    })
  }
}
