#!/usr/bin/env node
// Plain JavaScript that an old Node can read: the program itself is TypeScript and needs Node 24.12.
import { spawn } from 'node:child_process'
import { accessSync, constants, realpathSync } from 'node:fs'
import module from 'node:module'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const NEEDED = [24, 12]
const self = realpathSync(fileURLToPath(import.meta.url))
const here = dirname(self)
const main = join(here, '..', 'src', 'main.ts')

function newEnough(version) {
  const [major, minor] = version.split('.').map(Number)
  return major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])
}

/** The Node of the npm package "node", in the nearest node_modules above this file. */
function packagedNode() {
  for (let folder = here; ; folder = dirname(folder)) {
    const file = join(folder, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node')
    try {
      accessSync(file, constants.X_OK)
      return file
    } catch {
      if (folder === dirname(folder)) return undefined
    }
  }
}

/** Runs the program under another Node, hands signals on and ends as it ends. */
function runUnder(node) {
  const child = spawn(node, [self, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, GATEHOUSE_RELAUNCHED: '1' },
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => refuse(`${node} does not start: ${error.message}`))
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + ({ SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }[signal] ?? 1)
  })
}

function refuse(why) {
  process.stderr.write(
    `gatehouse needs Node ${NEEDED.join('.')} or newer; this is ${process.versions.node}, and ${why}.\n` +
      'Run "npm ci" in the folder of Gatehouse (it brings its own Node), or install a newer Node.\n',
  )
  process.exitCode = 1
}

/**
 * What was compiled is kept: most of a short command's time goes into that. In a folder of the user's own, for what lies there is run; Node's
 * default is one that others may write. Without such a folder nothing is kept.
 */
function keepCompiled() {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  if (isAbsolute(cache)) module.enableCompileCache?.(join(cache, 'gatehouse', 'compiled'))
}

if (newEnough(process.versions.node)) {
  keepCompiled()
  await import(pathToFileURL(main).href)
} else {
  const node = process.env.GATEHOUSE_RELAUNCHED === undefined ? packagedNode() : undefined
  if (node) runUnder(node)
  else refuse(process.env.GATEHOUSE_RELAUNCHED ? 'so is the one that npm installed' : 'node_modules has no newer one')
}
