// What a reader of the sources relies on, and what a reviewer should not have
// to look for: format, length, the direction of includes, words that must not
// stay. All that is written by hand is looked at.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const made = /^(\.git|build.*|node_modules|js\/dist|js\/src\/generated|demo\/site|demo\/examples\/[^/]+\/(dist|public)|\.cache)$/
const paths = []
;(function walk(folder) {
  for (const entry of readdirSync(root + folder, { withFileTypes: true })) {
    const path = folder + entry.name
    if (made.test(path) || made.test(entry.name)) continue
    if (entry.isDirectory()) walk(`${path}/`)
    else if (entry.isFile()) paths.push(path)
  }
})('')
const read = (path) => readFileSync(root + path, 'utf8')
const isC = (path) => /\.[ch]$/.test(path)
const isText = (path) => isC(path) || /\.(m?js|ts|css|html|md|txt|json|cmake|py|sh|svg|yml)$/.test(path) ||
  /(^|\/)(run|CMakeLists\.txt|\.gitignore|\.npmrc)$/.test(path) || /^tests\/(setup|parts)\//.test(path)
const isSource = (path) => /\.(c|h|mjs|js|ts|css|html|py)$/.test(path)
const none = (found, what) => assert.equal(found.length, 0, `${what}:\n  ${found.join('\n  ')}`)

test('C is formatted as .clang-format says', () => {
  const { status, stderr } = spawnSync('clang-format', ['--dry-run', '-Werror', ...paths.filter(isC)],
    { cwd: root, encoding: 'utf8' })
  const places = [...new Set(stderr.match(/^[^\s:]+:\d+/gm) ?? [])]
  assert.equal(status, 0, `clang-format -i would change:\n  ${places.slice(0, 40).join('\n  ')}`)
})

test('nothing is left to be done later', () => {
  const words = new RegExp(['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX', 'HA' + 'CK'].map((w) => `\\b${w}\\b`).join('|'))
  none(paths.filter(isText).flatMap((path) => read(path).split('\n')
    .flatMap((line, i) => (words.test(line) ? [`${path}:${i + 1}: ${line.trim()}`] : []))), 'words that must not stay')
})

test('no file has more than 600 lines', () => {
  none(paths.filter(isSource).flatMap((path) => {
    const lines = read(path).split('\n').length - 1
    return lines > 600 ? [`${path}: ${lines} lines`] : []
  }), 'a file answers one question; look for the second one in')
})

test('lower folders of the core never include higher ones', () => {
  const height = { base: 0, format: 1, swarm: 2, overlay: 2, node: 3 }
  const wrong = []
  for (const path of paths.filter(isC)) {
    const here = /^core\/src\/(\w+)\//.exec(path)?.[1]
    if (here === undefined) continue
    for (const [, include] of read(path).matchAll(/^\s*#\s*include\s+"([^"]+)"/gm)) {
      const there = /^(\w+)\//.exec(include)?.[1] ?? here
      if (there === 'peertide') continue
      if (!(there in height)) wrong.push(`${path}: "${include}" is nothing of the core's`)
      else if (height[there] > height[here] || (height[there] === height[here] && there !== here)) {
        wrong.push(`${path} (${here}) includes "${include}" (${there})`)
      }
    }
  }
  none(wrong, 'base < format < swarm, overlay < node')
})

test('the core does no I/O', () => {
  const banned = /#\s*include\s+<(unistd|fcntl|sys\/\w+|time|pthread|signal|netdb|arpa\/\w+|netinet\/\w+|dirent)\.h>/
  const calls = /\b(printf|fprintf|fopen|getenv|rand|srand|time|clock_gettime|puts|abort|exit)\s*\(/
  none(paths.filter((path) => /^core\/src\/.*\.[ch]$/.test(path)).flatMap((path) =>
    read(path).replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ''))
      .replace(/"(\\.|[^"\\\n])*"/g, '""').split('\n')
      .flatMap((line, i) => (banned.test(line) || calls.test(line)
        ? [`${path}:${i + 1}: ${line.trim()}`] : []))), 'input and output belong to the hosts')
})

test('shell scripts parse and say which shell they are for', () => {
  for (const path of paths.filter((path) => !isSource(path) && /^(tests\/(run$|setup\/|parts\/)|demo\/run$|demo\/examples\/serve$|demo\/examples\/[^/]+\/make$|\.ci\/run$)/.test(path))) {
    assert.match(read(path), /^#!\/usr\/bin\/env bash\n/, path)
    const { status, stderr } = spawnSync('bash', ['-n', root + path], { encoding: 'utf8' })
    assert.equal(status, 0, stderr)
  }
})
