/** The process that judges the ticks of a change: `ProposedChange` as one JSON document in, `ProposalEvidence` as one out. */
import { text } from 'node:stream/consumers'
import { proposalEvidence, type ProposedChange } from './proposal-evidence.ts'

const change = JSON.parse(await text(process.stdin)) as ProposedChange
process.stdout.write(JSON.stringify(await proposalEvidence(change)))
