import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { TextEdit } from '../edits.ts'
import type { Place } from '../model.ts'
import type { RuleId, Severity } from './rules.ts'

export interface Finding {
  readonly rule: RuleId
  readonly severity: Severity
  readonly place: Place
  /** What is wrong and why it matters, one sentence or two. */
  readonly message: string
  /** What to do. */
  readonly fix: string
  /** A safe fix: edits for `applyEdits` against the text that was read; null where a person must decide. */
  readonly edits: readonly TextEdit[] | null
  /** 32 hex digits. The same while rule, file and words stay, wherever the line moves. */
  readonly fingerprint: string
}

/** A finding before it is counted: `key` says what it is about, in words that do not move with the line. */
export interface FindingDraft extends Omit<Finding, 'fingerprint'> {
  readonly key: string
}

/** Gives each finding its fingerprint; equal ones of one file are told apart by their order. */
export function fingerprinted(drafts: readonly FindingDraft[]): Finding[] {
  return drafts.map(fingerprinter())
}

/** The same for drafts that come one by one, file after file. */
export function fingerprinter(): (draft: FindingDraft) => Finding {
  let path = ''
  const seen = new Map<string, number>()
  return ({ key, ...finding }) => {
    // What was seen is of one file.
    if (finding.place.path !== path) seen.clear()
    path = finding.place.path
    const about = `${finding.rule}\n${path}\n${key}`
    const nth = (seen.get(about) ?? 0) + 1
    seen.set(about, nth)
    const digest = bytesToHex(sha256(utf8ToBytes(nth === 1 ? about : `${about}\n${nth}`)))
    return { ...finding, fingerprint: digest.slice(0, 32) }
  }
}
