import { sha256 } from '@gatehouse/core/kernel/canonical'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Command } from 'commander'
import { spelledLines, printable } from '../../clean-text.ts'
import { addCommand, argument } from '../../command.ts'
import type { Host } from '../../host.ts'
import { resolveId } from '../../id-prefix.ts'
import type { Style } from '../../style.ts'

export function diffCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'diff <id>',
    act: 'proposal.diff',
    about:
      'Into a file or a pipe go the exact bytes that the diff digest names; a terminal gets them with control characters spelled out. ' +
      'The digest is computed here again, so what you read is what would be approved.',
    examples: [
      ['gatehouse proposal diff prp_0193', 'read it'],
      ['gatehouse proposal diff prp_0193 | git apply', 'try it in a clone'],
    ],
    run: async (session, args) => {
      const { host, style } = session
      const client = session.client()
      const id = await resolveId(client, 'proposal', argument(args, 0))
      const proposal = await client.call('proposalShow', { params: { id }, signal: host.signal })
      const response = await client.raw('proposalDiff', { params: { id }, signal: host.signal })
      const bytes = new Uint8Array(await response.arrayBuffer())
      const digest = sha256(bytes)
      if (digest !== proposal.diff_digest)
        throw new Problem(
          'blob-corrupt',
          `the diff that came has the digest ${digest}, the proposal says ${proposal.diff_digest}; do not approve it`,
        )
      if (session.json)
        return {
          document: {
            id,
            diff_digest: digest,
            diff_bytes: bytes.length,
            diff_base64: Buffer.from(bytes).toString('base64'),
          },
          text: '',
        }
      if (host.out.isTty) host.out.write(printable(diffText(bytes, style), style.colours))
      else host.out.write(bytes)
      session.progress(`diff ${digest}, ${bytes.length} bytes`)
      return null
    },
  })
}

function diffText(bytes: Uint8Array, style: Style): string {
  const lines = spelledLines(new TextDecoder().decode(bytes)).split('\n')
  const painted = lines.map((line) => {
    if (/^(diff|index|---|\+\+\+|new file|deleted file|similarity|rename|old mode|new mode) ?/.test(line))
      return style.bold(line)
    if (line.startsWith('@@')) return style.dim(line)
    if (line.startsWith('+')) return style.added(line)
    return line.startsWith('-') ? style.removed(line) : line
  })
  return painted.join('\n')
}
