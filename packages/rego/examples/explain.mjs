// Why it is denied, and the smallest change that would pass. Run: node examples/explain.mjs
/* oxlint-disable no-console -- it prints what it shows */
import { fileURLToPath } from 'node:url'
import { readBundleFolder } from '@gatehouse/rego/bundle-folder'
import { smallestChange } from '@gatehouse/rego/change-search'
import { explain } from '@gatehouse/rego/explain'
import { loadBundle } from '@gatehouse/rego'

const bundle = readBundleFolder(fileURLToPath(new URL('bundle', import.meta.url)))
if (!bundle.ok) throw new Error(bundle.detail)
const loaded = loadBundle(bundle.value)
if (!loaded.ok) throw new Error(`${loaded.code}: ${loaded.detail}`)

const input = { environment: 'production', tests_passed: true, approvals: 1, at: '2026-12-01T09:00:00.000Z' }
const why = explain(loaded.value, 'release/decision', input)
for (const { rule, file, line, reads } of why.fired) console.log(`${file}:${line} ${rule} ${reads.join(' ')}`)

const change = smallestChange(loaded.value, 'release/decision', input, { editable: ['/approvals', '/tests_passed'] })
if (!change.ok) throw new Error(change.detail)
console.log(change.value.found ? JSON.stringify(change.value.changes) : change.value.detail)
