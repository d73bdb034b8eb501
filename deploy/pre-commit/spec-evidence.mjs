#!/usr/bin/env node
// Plain JavaScript that an old Node can read. pre-commit calls it with options of `gatehouse spec evidence`.
import { endWith, PROGRAM, runScript } from '../spec-ci/gatehouse-spec.mjs'

endWith(() => runScript(PROGRAM, ['spec', 'evidence', ...process.argv.slice(2)]))
