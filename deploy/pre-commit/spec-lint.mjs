#!/usr/bin/env node
// Plain JavaScript that an old Node can read. pre-commit calls it with options of `gatehouse spec lint` and the files that change.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { posix } from 'node:path'
import { endWith, PROGRAM, runScript, Unready } from '../spec-ci/gatehouse-spec.mjs'

const WITH_VALUE = ['--fail-on', '--baseline', '--config', '--format']
const FOLDERS = ['specs', 'openspec', 'stories', '.specify', '.agent', '.kiro']
const DEPTHS = { specs: 2, '.specify': 0 }
const SPEC_FILE = /(^|\/)(specs|openspec|stories|\.specify|\.agent|\.kiro)\/.*\.(md|mdc|mdx|markdown|ya?ml|json)$/

/** Options before, files behind; `--` between them is right and not needed. */
function split(words) {
  const options = []
  for (let i = 0; i < words.length; i += 1) {
    if (words[i] === '--') return [options, words.slice(i + 1)]
    if (!words[i].startsWith('-')) return [options, words.slice(i)]
    options.push(words[i])
    if (WITH_VALUE.includes(words[i]) && i + 1 < words.length) options.push(words[(i += 1)])
  }
  return [options, []]
}

/** Specifications that the commit, or what is pushed, removes; of these pre-commit tells nothing. */
function removed() {
  const { PRE_COMMIT_FROM_REF: from, PRE_COMMIT_TO_REF: to } = process.env
  const range = from && to ? [`${from}...${to}`] : ['--cached']
  const words = ['diff', '--name-only', '--diff-filter=D', '--no-renames', '-z', ...range, '--']
  const ran = spawnSync('git', words, { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 })
  if (ran.error && ran.error.code === 'ENOENT') throw new Unready('git is not on the PATH: install it')
  if (ran.status !== 0) throw new Unready(`git diff ended with status ${ran.status}: ${ran.stderr.trim()}`)
  return ran.stdout.split('\0').filter((file) => SPEC_FILE.test(file))
}

/**
 * What is to be looked at for a file that changes: rules hold between files, so it is the whole feature, all changes of OpenSpec, all of
 * `.agent`; a constitution binds the whole project. A feature that is gone is looked at from the folder above it.
 */
function unitOf(file) {
  const parts = file.split('/')
  const at = parts.findIndex((part) => FOLDERS.includes(part))
  const depth = at < 0 ? parts.length : at + (DEPTHS[parts[at]] === undefined ? 1 : DEPTHS[parts[at]])
  let unit = parts.slice(0, Math.min(depth, parts.length)).join('/')
  while (unit !== '' && !existsSync(unit)) unit = posix.dirname(unit) === '.' ? '' : posix.dirname(unit)
  return unit === '' ? '.' : unit
}

endWith(() => {
  const [options, files] = split(process.argv.slice(2))
  const units = [...new Set([...files, ...removed()].map(unitOf))]
  // The last specification went: nothing is left that could be wrong.
  const left = units.filter((unit) => unit !== '.' || files.length > 0 || hasSpecifications())
  return left.length === 0 ? 0 : runScript(PROGRAM, ['spec', 'lint', ...options, '--', ...left])
})

function hasSpecifications() {
  const ran = spawnSync('git', ['ls-files', '-z'], { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 })
  return ran.status === 0 && ran.stdout.split('\0').some((file) => SPEC_FILE.test(file))
}
