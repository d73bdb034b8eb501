import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Json } from '@gatehouse/core/kernel/canonical'
import type { DecisionInput } from '@gatehouse/core/policy/decision'
import type { LoadedPolicy } from '@open-policy-agent/opa-wasm'
import { GOVERNANCE } from './governance-fixture.ts'
import { GOVERNANCE_ENTRYPOINT } from './opa-build.ts'
import { runOpa } from './opa-command.ts'
import { readTarGz } from './tar-archive.ts'
import { instantNs } from './trace-time.ts'

/** The governance bundle as another evaluator has it. */
export interface Peer {
  decide(input: DecisionInput): Json
  /** Builtins that OPA's WebAssembly has not compiled in, and that are given to it in JavaScript. */
  readonly givenBuiltins: readonly string[]
}

/**
 * The builtins of the bundle that OPA's compiler leaves to the host. `sprintf` is the SDK's own. A number of nanoseconds
 * is a double on this way: the SDK takes results as JSON made by JavaScript.
 */
const GIVEN = {
  'time.parse_rfc3339_ns': (text: string): number | undefined => {
    const ns = instantNs(text)
    return ns === null ? undefined : Number(ns)
  },
}

/** Real OPA compiles the policies to WebAssembly, which its npm SDK runs in this process. Throws where either fails. */
export async function wasmPeer(opa: string, folder: string): Promise<Peer> {
  const { loadPolicy } = await import('@open-policy-agent/opa-wasm')
  const file = join(folder, 'wasm.tar.gz')
  await said(opa, ['build', '-t', 'wasm', '-e', GOVERNANCE_ENTRYPOINT, '-o', file, 'policies', 'data'])
  const files = readTarGz(readFileSync(file))
  const code = files.get('policy.wasm')
  const data = JSON.parse(files.get('data.json')?.toString('utf8') ?? '{}') as object
  if (code === undefined) throw new Error('opa build made no policy.wasm')
  const policy: LoadedPolicy = await loadPolicy(new Uint8Array(code), 5, GIVEN)
  policy.setData(data)
  return {
    decide: (input) => (policy.evaluate(input) as { readonly result: Json }[])[0]?.result ?? null,
    givenBuiltins: ['sprintf', ...Object.keys(GIVEN)],
  }
}

/** Milliseconds of one evaluation by `opa bench`: the query is prepared, the input parsed. Throws where OPA fails. */
export async function opaBench(
  opa: string,
  folder: string,
  input: DecisionInput,
): Promise<{ p50: number; p99: number }> {
  const file = join(folder, 'input.json')
  writeFileSync(file, JSON.stringify(input))
  const query = `data.${GOVERNANCE_ENTRYPOINT.replaceAll('/', '.')}`
  const args = ['bench', '--format', 'json', '--count', '1', '-d', 'policies', '-d', 'data', '-i', file, query]
  const document = JSON.parse(await said(opa, args)) as { readonly Extra: Readonly<Record<string, number>> }
  const ms = (name: string): number => (document.Extra[`histogram_timer_rego_query_eval_ns_${name}`] ?? 0) / 1e6
  return { p50: ms('median'), p99: ms('99%') }
}

async function said(opa: string, args: readonly string[]): Promise<string> {
  const run = await runOpa(opa, args, { cwd: GOVERNANCE })
  if (!run.ok) throw new Error(run.detail)
  if (run.value.exit !== 0) throw new Error(`opa ${args[0] ?? ''} failed: ${run.value.stderr.slice(0, 2000)}`)
  return run.value.stdout
}

export interface OpaServer {
  decide(input: DecisionInput): Promise<Json>
  close(): Promise<void>
}

const START_MS = 30_000

/** `opa run --server` with the bundle on a free port of the loopback; one connection, kept alive. Throws where it does not start. */
export async function opaServer(opa: string): Promise<OpaServer> {
  const port = await freePort()
  const child = spawn(
    opa,
    ['run', '--server', '--addr', `127.0.0.1:${port}`, '--log-level', 'error', 'policies', 'data'],
    { cwd: GOVERNANCE, stdio: 'ignore' },
  )
  const ended = new Promise<void>((resolve) => {
    child.on('error', () => resolve())
    child.on('exit', () => resolve())
  })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ask = (method: string, path: string, body: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
      const sent = request({ host: '127.0.0.1', port, method, path, agent, headers }, (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('error', reject)
        answer.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
      })
      sent.on('error', reject)
      sent.end(body)
    })
  const close = async (): Promise<void> => {
    agent.destroy()
    child.kill('SIGKILL')
    await ended
  }
  const deadline = Date.now() + START_MS
  while (true) {
    try {
      await ask('GET', '/health', '')
      break
    } catch (error) {
      if (Date.now() > deadline || child.exitCode !== null) {
        await close()
        throw new Error('opa run --server did not start', { cause: error })
      }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  return {
    close,
    decide: async (input) => {
      const text = await ask('POST', `/v1/data/${GOVERNANCE_ENTRYPOINT}`, JSON.stringify({ input }))
      return (JSON.parse(text) as { readonly result?: Json }).result ?? null
    },
  }
}

async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
