import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import { bodyChunks } from '@gatehouse/client/event-stream'
import { isSha256 } from '@gatehouse/core/kernel/canonical'
import { Problem } from '@gatehouse/core/kernel/problems'
import { exportLines } from '@gatehouse/ledger/export-file'
import { verifyExport, type VerifyAnchors, type VerifyResult } from '@gatehouse/ledger/verify'
import type { Command } from 'commander'
import { addCommand, type Session } from '../../command.ts'
import type { Host } from '../../host.ts'
import { fields } from '../../table.ts'

interface Verified {
  readonly ok: true
  readonly source: 'file' | 'download' | 'server'
  readonly count: number
  readonly head_hash: string | null
  readonly root_hash: string | null
  readonly duration_ms: number
}

export function verifyCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'verify [file]',
    act: 'ledger.verify',
    about:
      'With an exported file it is verified here, without any server: the chain, every event and the Merkle root. Without one the server verifies ' +
      'itself; with --offline its export is fetched and verified here. A ledger rewritten as a whole is only found with a head or root that you ' +
      'know from elsewhere: --expect-head, --expect-root. A fault is the problem ledger-broken with its line and event.',
    configure: (command) => {
      command.option('--offline', 'fetch the export and verify it here')
      command.option('--expect-head <hash>', 'the hash of the last event, as noted elsewhere')
      command.option('--expect-root <hash>', 'the Merkle root, as noted elsewhere')
    },
    examples: [
      ['gatehouse ledger verify', 'the server verifies its ledger'],
      ['gatehouse ledger verify --offline', 'trusts only what came: verified here'],
      ['gatehouse ledger verify ledger.jsonl', 'a file, on a machine without Gatehouse'],
    ],
    run: async (session, args) => {
      const { options, host } = session
      const anchors = anchorsOf(session)
      const file = args[0]
      if (file !== undefined) {
        if (options.flag('offline'))
          throw new Problem('usage', 'a file is verified offline anyway; leave --offline out')
        return told(session, await verifyHere('file', fileChunks(resolve(host.cwd, file), file), anchors, host))
      }
      if (options.flag('offline')) {
        const response = await session.client().raw('ledgerExport', { signal: host.signal })
        if (!response.body) throw new Problem('ledger-broken', 'the server sent an empty export')
        return told(session, await verifyHere('download', bodyChunks(response.body), anchors, host))
      }
      return told(session, await verifyThere(session, anchors))
    },
  })
}

function anchorsOf({ options }: Session): VerifyAnchors {
  const hash = (option: string, value: string | null) => {
    if (value === null || isSha256(value.toLowerCase())) return value
    throw new Problem('usage', `${option}: 64 hexadecimal characters are needed`)
  }
  const head = hash('--expect-head', options.text('expectHead'))
  const root = hash('--expect-root', options.text('expectRoot'))
  return { ...(head === null ? {} : { expect_head: head }), ...(root === null ? {} : { expect_root: root }) }
}

async function* fileChunks(path: string, given: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(path)) yield chunk as Uint8Array
  } catch (error) {
    throw new Problem('usage', `${given} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function verifyHere(
  source: 'file' | 'download',
  chunks: AsyncIterable<Uint8Array>,
  anchors: VerifyAnchors,
  host: Host,
): Promise<Verified> {
  const begun = host.now()
  const result = await verifyExport(exportLines(chunks), anchors)
  if (!result.ok) throw broken(result)
  const { count, head_hash, root_hash } = result
  return { ok: true, source, count, head_hash, root_hash, duration_ms: host.now() - begun }
}

/** The problem of a ledger that does not verify. Its own code is `fault`: `code` is the problem's. */
export function broken(result: Extract<VerifyResult, { ok: false }>): Problem {
  const { code, seq, line, detail } = result
  const where = seq === null || detail.includes(`event ${seq}`) ? '' : ` (event ${seq})`
  return new Problem('ledger-broken', `${detail}${where}`, { fault: code, seq, line })
}

async function verifyThere(session: Session, { expect_head, expect_root }: VerifyAnchors): Promise<Verified> {
  const result = await session.client().call('ledgerVerify', { signal: session.host.signal })
  const { count, head_hash, root_hash, duration_ms } = result
  if (!result.ok) throw new Problem('ledger-broken', result.detail, { fault: result.code, seq: result.seq, line: null })
  for (const [name, expected, found] of [
    ['head', expect_head, head_hash],
    ['root', expect_root, root_hash],
  ] as const) {
    if (expected !== undefined && expected.toLowerCase() !== found)
      throw new Problem('ledger-broken', `the ${name} is ${found ?? 'none'}, expected was ${expected}`, {
        fault: `${name}-mismatch`,
        seq: count,
        line: null,
      })
  }
  return { ok: true, source: 'server', count, head_hash, root_hash, duration_ms }
}

const SOURCES = {
  file: 'here, from the file',
  download: 'here, from the export fetched',
  server: 'by the server itself',
}

function told({ style }: Session, document: Verified) {
  const text = fields(
    [
      ['events', document.count],
      ['head', document.head_hash],
      ['root', document.root_hash],
      ['verified', `${SOURCES[document.source]}, in ${Math.round(document.duration_ms)} ms`],
    ],
    style,
  )
  return { document, text: `${style.good('The ledger verifies')}\n${text}` }
}
