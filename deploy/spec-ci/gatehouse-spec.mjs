#!/usr/bin/env node
// Plain JavaScript that an old Node can read: it makes a bare clone of this repository able to run `gatehouse spec`, then runs it.
//   gatehouse-spec.mjs install                 installs what `gatehouse spec` needs, once for each lockfile
//   gatehouse-spec.mjs spec lint --json        gatehouse spec lint --json
//   gatehouse-spec.mjs script file.ts words    a script of this repository, under a Node that runs TypeScript
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NEEDED = [24, 12]
const WAIT_MS = 15 * 60 * 1000
const isWindows = process.platform === 'win32'

/** The root of the clone that this file is in. */
export const ROOT = join(dirname(realpathSync(fileURLToPath(import.meta.url))), '..', '..')

/** What a person can mend: printed without a stack. */
export class Unready extends Error {}

/** Whether `version` (`24.12.0`) runs TypeScript as it is. */
export function newEnough(version) {
  const [major, minor] = version.split('.').map(Number)
  return major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])
}

/**
 * Installs what `gatehouse spec` needs where it is not there, and gives the Node to run it under, an absolute path. A `node_modules` that
 * somebody else installed is used as it is. Throws `Unready` with what to do.
 * @param {string} root the clone
 * @param {(line: string) => void} say told before something that takes time
 * @returns {string}
 */
export function ready(root, say) {
  const cache = join(root, '.cache', 'gatehouse-spec')
  if (needsInstall(root, cache) || nodeOf(root, cache) === null) {
    try {
      mkdirSync(cache, { recursive: true })
    } catch (error) {
      throw new Unready(`${cache} cannot be made (${error.code}): Gatehouse installs its dependencies into its clone`)
    }
    const release = lock(join(cache, 'lock'), say)
    try {
      if (needsInstall(root, cache)) install(root, cache, say)
      if (nodeOf(root, cache) === null) installNode(root, cache, say)
    } finally {
      release()
    }
  }
  return nodeOf(root, cache)
}

function lockfileHash(root) {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
}

// Kept inside of node_modules: whoever installs anew takes it away with the rest, and the folder is theirs.
function stampOf(root) {
  return join(root, 'node_modules', '.gatehouse-spec')
}

function needsInstall(root, cache) {
  if (!existsSync(join(root, 'node_modules'))) return true
  if (existsSync(join(cache, 'installing'))) return true
  return existsSync(stampOf(root)) && readFileSync(stampOf(root), 'utf8').trim() !== lockfileHash(root)
}

function install(root, cache, say) {
  say('gatehouse: installing its dependencies, this once')
  writeFileSync(join(cache, 'installing'), '')
  // No scripts of packages run: nothing that `gatehouse spec` uses needs one.
  const words = ['ci', '--omit=dev', '--ignore-scripts', '--workspace=packages/cli']
  npm(root, [...words, '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'], 'its dependencies')
  writeFileSync(stampOf(root), `${lockfileHash(root)}\n`)
  rmSync(join(cache, 'installing'), { force: true })
}

/** A Node that is new enough: this one, the one of a full install, or the one that we fetched. */
function nodeOf(root, cache) {
  if (newEnough(process.versions.node)) return process.execPath
  const name = isWindows ? 'node.exe' : 'node'
  const places = [join(root, 'node_modules'), join(cache, `node-${nodeVersion(root)}`, 'node_modules')]
  const found = places.map((place) => join(place, 'node', 'bin', name)).filter((file) => existsSync(file))
  return found.length > 0 ? found[0] : null
}

/** The version of the npm package "node" that the lockfile names. */
function nodeVersion(root) {
  return JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages['node_modules/node'].version
}

function installNode(root, cache, say) {
  const version = nodeVersion(root)
  say(
    `gatehouse: fetching Node ${version}, this once: it needs ${NEEDED.join('.')} or newer, this is ${process.versions.node}`,
  )
  const folder = join(cache, `node-${version}`)
  const words = [
    'install',
    '--prefix',
    folder,
    '--no-save',
    '--no-package-lock',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]
  try {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    npm(folder, [...words, `node@${version}`], `Node ${version}`)
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
  if (nodeOf(root, cache) === null)
    throw new Unready(
      `there is no Node ${version} for ${process.platform} ${process.arch} in the registry: install Node ${NEEDED.join('.')} or newer`,
    )
}

function npm(cwd, words, what) {
  // npm is a script there, and all words are ours.
  const ran = spawnSync(isWindows ? 'npm.cmd' : 'npm', words, {
    cwd,
    encoding: 'utf8',
    shell: isWindows,
    env: npmEnv(),
  })
  if (ran.error && ran.error.code === 'ENOENT')
    throw new Unready(`npm is not on the PATH: install it, Gatehouse gets ${what} with it`)
  if (ran.error) throw new Unready(`npm does not start: ${ran.error.message}`)
  if (ran.status !== 0)
    throw new Unready(
      `${what} could not be installed: npm ended with status ${ran.status}. The first use needs npm's registry; later ones need no network.\n${`${ran.stdout}${ran.stderr}`.trim()}`,
    )
}

// What an npm around us has set is about another project.
function npmEnv() {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(?:package|lifecycle|config_(?:prefix|local_prefix|workspace)|command)/i.test(name),
    ),
  )
}

/** One process at a time; gives what releases it. The lock of a process that died is taken over. */
function lock(file, say) {
  const own = `${process.pid} ${hostname()}`
  const until = Date.now() + WAIT_MS
  let told = false
  for (;;) {
    try {
      writeFileSync(file, own, { flag: 'wx' })
      return () => rmSync(file, { force: true })
    } catch (error) {
      if (error.code !== 'EEXIST')
        throw new Unready(
          `${file} cannot be written (${error.code}): Gatehouse installs its dependencies into its clone`,
        )
    }
    if (takeOver(file)) continue
    if (Date.now() > until) throw new Unready(`another process has installed for long: remove ${file} if there is none`)
    if (!told) say('gatehouse: waiting for another process that installs its dependencies')
    told = true
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
  }
}

function takeOver(file) {
  try {
    const held = readFileSync(file, 'utf8')
    if (isAlive(held, statSync(file).mtimeMs)) return false
    // Moved away first: of two that find it stale only one takes it, and a lock that is new by now is put back.
    const aside = `${file}.${process.pid}`
    renameSync(file, aside)
    if (readFileSync(aside, 'utf8') !== held) renameSync(aside, file)
    else rmSync(aside, { force: true })
    return true
  } catch (error) {
    if (error.code === 'ENOENT') return true
    throw error
  }
}

function isAlive(held, since) {
  const [pid, host] = held.split(' ')
  // Made and not yet written, or of another machine that shares the folder: by its age.
  if (host !== hostname()) return Date.now() - since < (held === '' ? 10_000 : WAIT_MS)
  try {
    process.kill(Number(pid), 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/**
 * Runs a script of the clone under the right Node with our streams; gives its exit code.
 * @param {string} script absolute
 * @param {readonly string[]} words
 */
export function runScript(script, words) {
  const node = ready(ROOT, (line) => process.stderr.write(`${line}\n`))
  const ran = spawnSync(node, [script, ...words], { stdio: 'inherit' })
  if (ran.error) throw new Unready(`${node} does not start: ${ran.error.message}`)
  return ran.status === null ? 1 : ran.status
}

/** Does `act` and ends as it says; what a person can mend is told in one place. */
export function endWith(act) {
  try {
    process.exitCode = act()
  } catch (error) {
    if (!(error instanceof Unready)) throw error
    process.stderr.write(`gatehouse: ${error.message}\n`)
    process.exitCode = 1
  }
}

export const PROGRAM = join(ROOT, 'packages', 'cli', 'bin', 'gatehouse.js')

function main([act, ...words]) {
  if (act === 'install') {
    ready(ROOT, (line) => process.stderr.write(`${line}\n`))
    return 0
  }
  if (act === 'spec') return runScript(PROGRAM, ['spec', ...words])
  if (act === 'script' && words.length > 0) return runScript(words[0], words.slice(1))
  throw new Unready('"install", "spec <words>" or "script <file> <words>" is needed')
}

if (process.argv[1] && realpathSync(process.argv[1]) === realpathSync(fileURLToPath(import.meta.url)))
  endWith(() => main(process.argv.slice(2)))
