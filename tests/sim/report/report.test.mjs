// Figures that nobody can look at teach nothing.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const here = (name) => fileURLToPath(new URL(name, import.meta.url))
const run = (command, ...args) => new Promise((resolve) => {
  execFile(command, args, { encoding: 'utf8' }, (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stderr }))
})
const simulate = (scenario, file, ...args) =>
  run(here('../../../build/native/peertide-sim'), here(`../scenarios/${scenario}.json`), '--quiet', '--json', file, ...args)

test('runs become a page of plots with the numbers behind them', async () => {
  const place = await mkdtemp(join(tmpdir(), 'report-'))
  try {
    const files = ['a', 'b', 'c', 'd'].map((name) => join(place, `${name}.json`))
    const made = await Promise.all([
      simulate('flash', files[0], '--peers', '4'), simulate('flash', files[1], '--peers', '8'),
      simulate('vod', files[2], '--peers', '6', '--against-http'), simulate('video-sync', files[3], '--peers', '4', '--against-http')])
    assert.deepEqual(made.map(({ code }) => code), [0, 0, 0, 0], made.map(({ stderr }) => stderr).join(''))
    const page = join(place, 'page.html')
    const { code, stderr } = await run(process.execPath, here('report.mjs'), page, ...files)
    assert.equal(code, 0, stderr)
    const html = await readFile(page, 'utf8')
    for (const title of ['Time to give a file to all', 'Copies', 'watch together', 'by chance', 'Start-up']) {
      assert.ok(html.includes(title), title)
    }
    assert.equal(html.match(/<path[^>]*\bd="[^"]*NaN/g), null, 'all points have a place')
    assert.equal(html.match(/<tr><td>/g).length, 4, 'a row for each run')
    const { distribution } = JSON.parse(await readFile(files[1], 'utf8'))
    assert.ok(html.includes(`<td>${Number(distribution.lastOverLimit.toFixed(3))}</td>`))
    await writeFile(files[0], '{"other": 1}')
    const wrong = await run(process.execPath, here('report.mjs'), page, files[0])
    assert.equal(wrong.code, 1)
    assert.match(wrong.stderr, /^report\.mjs: .*no figures of peertide-sim\n$/)
  } finally {
    await rm(place, { recursive: true })
  }
})
