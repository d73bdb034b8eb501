import { z } from 'zod'
import { expect, test } from 'vitest'
import type { Finding } from '@gatehouse/core/specs/lint/finding'
import { lintProject } from '@gatehouse/core/specs/lint/lint'
import { RULE_IDS } from '@gatehouse/core/specs/lint/rules'
import { readProject } from '@gatehouse/core/specs/project'
import { MAX_RESULTS, sarifLog } from './spec-sarif.ts'
import { writeJson } from './streamed-json.ts'

// The objects of SARIF 2.1.0 that we write, as the standard has them (OASIS, sections 3.13 to 3.58): no property that it does not name, except in a property bag.
const text = z.string().min(1)
const whole = z.int().min(1)
const message = z.strictObject({ text })
const level = z.enum(['none', 'note', 'warning', 'error'])
const artifactLocation = z.strictObject({
  uri: z.string().regex(/^(?![a-z]+:|\/|\.\.)[\w.~!$&'()*+,;=:@%/-]+$/, 'a relative reference of RFC 3986'),
  uriBaseId: z.literal('%SRCROOT%'),
})
const region = z
  .strictObject({ startLine: whole, startColumn: whole, endLine: whole, endColumn: whole })
  .refine((r) => r.endLine > r.startLine || (r.endLine === r.startLine && r.endColumn >= r.startColumn))
const log = z.strictObject({
  $schema: z.url(),
  version: z.literal('2.1.0'),
  runs: z
    .array(
      z.strictObject({
        tool: z.strictObject({
          driver: z.strictObject({
            name: text,
            version: z.string().regex(/^\d+\.\d+\.\d+$/),
            informationUri: z.url(),
            rules: z.array(
              z.strictObject({
                id: text,
                name: z.string().regex(/^(?:[A-Z][a-z]*)+$/),
                shortDescription: message,
                fullDescription: message,
                help: message,
                helpUri: z.url(),
                defaultConfiguration: z.strictObject({ level }),
                properties: z.looseObject({ tags: z.array(text) }),
              }),
            ),
          }),
        }),
        columnKind: z.enum(['utf16CodeUnits', 'unicodeCodePoints']),
        originalUriBaseIds: z.record(z.string(), z.strictObject({ description: message })),
        invocations: z.array(
          z.strictObject({
            executionSuccessful: z.boolean(),
            toolExecutionNotifications: z.array(z.strictObject({ level, message })).optional(),
          }),
        ),
        results: z.array(
          z.strictObject({
            ruleId: text,
            ruleIndex: z.int().min(0),
            level,
            message,
            locations: z
              .array(z.strictObject({ physicalLocation: z.strictObject({ artifactLocation, region }) }))
              .min(1),
            partialFingerprints: z.record(z.string(), text),
            fixes: z
              .array(
                z.strictObject({
                  description: message,
                  artifactChanges: z
                    .array(
                      z.strictObject({
                        artifactLocation,
                        replacements: z
                          .array(z.strictObject({ deletedRegion: region, insertedContent: message.optional() }))
                          .min(1),
                      }),
                    )
                    .min(1),
                }),
              )
              .optional(),
          }),
        ),
      }),
    )
    .length(1),
})

const TASKS =
  '# Tasks: Löschen\r\n\r\n- [ ] **T001** Delete it in src/a.ts (depends on T009)\r\n- [ ] T002 Write src/b.ts\r\n'

function found(
  tasks: string,
  folder = 'specs/001-löschen & mehr',
): { findings: Finding[]; texts: Map<string, string> } {
  const files = [
    { path: `${folder}/spec.md`, text: '# Feature Specification: X\n' },
    { path: `${folder}/tasks.md`, text: tasks },
  ]
  const texts = new Map(files.map((file) => [file.path, file.text]))
  return { findings: lintProject(readProject(files), texts), texts }
}

function runOf(findings: readonly Finding[], texts: ReadonlyMap<string, string>) {
  let text = ''
  const document = sarifLog(
    findings,
    findings.length,
    (path) => texts.get(path) ?? null,
    (path) => path,
  )
  writeJson(document, (piece) => (text += piece))
  return log.parse(JSON.parse(text)).runs[0]
}

function made(tasks: string) {
  const { findings, texts } = found(tasks)
  return { findings, run: runOf(findings, texts) }
}

test('a log has only what the standard names, with relative addresses, places and rules that are there', () => {
  const { findings, run } = made(TASKS)
  expect(run?.results.length).toBe(findings.length)
  expect(run?.results.some((r) => r.fixes)).toBe(true)
  expect(run?.tool.driver.rules.map((r) => r.id)).toEqual(RULE_IDS)
  expect(Object.keys(run?.originalUriBaseIds ?? {})).toEqual(['%SRCROOT%'])
  for (const result of run?.results ?? []) {
    expect(run?.tool.driver.rules[result.ruleIndex]?.id).toBe(result.ruleId)
    expect(decodeURIComponent(result.locations[0]?.physicalLocation.artifactLocation.uri ?? '')).toMatch(
      /^specs\/001-löschen & mehr\//,
    )
  }
})

test('fingerprints stay when lines move, are told apart, and are those that GitHub compares', () => {
  const printsOf = (tasks: string) =>
    made(tasks).run?.results.map((r) => r.partialFingerprints['primaryLocationLineHash']) ?? []
  const prints = printsOf(TASKS)
  expect(new Set(prints).size).toBe(prints.length)
  expect(prints[0]).toMatch(/^[0-9a-f]{32}:1$/)
  expect(printsOf(TASKS.replace('\r\n\r\n', '\r\n\r\nA word before.\r\n\r\n\r\n'))).toEqual(prints)
})

test('a run holds at most what code scanning takes, the gravest first, and says what it left out', () => {
  const { findings, texts } = found(TASKS)
  const [grave] = findings.filter((f) => f.severity === 'error')
  const [light] = findings.filter((f) => f.severity === 'note')
  if (!grave || !light) throw new Error('the sample has no error or no note')
  const many = [...Array.from({ length: MAX_RESULTS }, () => ({ ...light, edits: null })), grave]
  const run = runOf(many, texts)
  expect(run?.results).toHaveLength(MAX_RESULTS)
  expect(run?.results[0]?.level).toBe('error')
  expect(run?.invocations[0]?.toolExecutionNotifications?.[0]?.message.text).toBe(
    `1 of ${MAX_RESULTS + 1} findings are left out.`,
  )
})
