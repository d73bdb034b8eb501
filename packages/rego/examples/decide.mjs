// A decision, and until when it holds. Run: node examples/decide.mjs
/* oxlint-disable no-console -- it prints what it shows */
import { fileURLToPath } from 'node:url'
import { readBundleFolder } from '@gatehouse/rego/bundle-folder'
import { loadBundle } from '@gatehouse/rego'

const bundle = readBundleFolder(fileURLToPath(new URL('bundle', import.meta.url)))
if (!bundle.ok) throw new Error(bundle.detail)
const loaded = loadBundle(bundle.value)
if (!loaded.ok) throw new Error(`${loaded.code}: ${loaded.detail}`)

const input = { environment: 'production', tests_passed: true, approvals: 2, at: '2026-12-01T09:00:00.000Z' }
const { evaluation, validUntil } = loaded.value.trace('release/decision', input)
console.log(evaluation.ok ? JSON.stringify(evaluation.result) : `denied: ${evaluation.code} ${evaluation.detail}`)
console.log(`valid until ${validUntil}`)
