import type { LedgerVerified } from '@gatehouse/client/operations.gen'
import { Link } from 'react-router'
import { verifyLedger } from '../../api/operations.ts'
import { paths } from '../../paths.ts'
import { Button } from '../../ui/button.tsx'
import { CommandLine } from '../../ui/command-line.tsx'
import { Digest } from '../../ui/digest.tsx'
import { Notice, ProblemNotice } from '../../ui/notice.tsx'
import { durationText } from '../../ui/relative-time.ts'
import { CopyAs } from '../operations/copy-as.tsx'
import { problemOf, useOperation } from '../operations/use-operation.ts'

/** Verifies the chain on the server, and says how to do it without trusting the server. */
export function VerifyPanel() {
  const verify = useOperation<'ledgerVerify'>({ done: 'Verification finished' })
  return (
    <section aria-labelledby="verify" className="rounded-lg border border-line bg-surface p-4 shadow-card">
      <div className="flex flex-wrap items-center gap-3">
        <div className="min-w-0 flex-1 basis-72">
          <h2 id="verify" className="text-[13px] font-semibold">
            Verification
          </h2>
          <p className="text-[13px] text-muted">
            Reads every event from the first to the head and recomputes chain and tree.
          </p>
        </div>
        <Button icon="shield" busy={verify.isPending} onClick={() => verify.mutate(verifyLedger())}>
          {verify.isPending ? 'Verifying' : 'Verify'}
        </Button>
        <CopyAs operation={verifyLedger()} what="Verify" />
      </div>
      {verify.data && (
        <div className="mt-3">
          <Result result={verify.data} />
        </div>
      )}
      {verify.error && (
        <div className="mt-3">
          <ProblemNotice problem={problemOf(verify.error)} />
        </div>
      )}
      <details className="mt-3 text-[13px]">
        <summary className="w-fit text-muted hover:text-ink">Verify it without this server</summary>
        <div className="mt-2 space-y-2 text-muted">
          <p>
            Whoever runs this server could show you anything here. Take the ledger away and check it elsewhere; nothing
            of this server is asked:
          </p>
          <CommandLine command="gatehouse ledger export ledger.jsonl" label="command to export the ledger" />
          <CommandLine command="gatehouse ledger verify ledger.jsonl" label="command to verify the exported ledger" />
          <p>
            It needs no login and no network. Compare the root hash with one that you noted before: the same count with
            another root means that history was rewritten.
          </p>
        </div>
      </details>
    </section>
  )
}

function Result({ result }: { result: LedgerVerified }) {
  if (!result.ok)
    return (
      <Notice
        tone="bad"
        urgent
        title={result.seq === null ? 'The ledger does not verify' : `Broken at event ${result.seq}`}
      >
        <p>{result.detail}</p>
        <p className="mt-1 text-xs text-muted">
          {result.code} · {durationText(result.duration_ms)}
          {result.seq !== null && (
            <>
              {' · '}
              <Link className="link" to={paths.ledger({ event: result.seq })}>
                look at event {result.seq}
              </Link>
            </>
          )}
        </p>
      </Notice>
    )
  return (
    <Notice tone="ok" title={`${result.count} events verified in ${durationText(result.duration_ms)}`}>
      <p className="flex flex-wrap items-center gap-x-4 gap-y-1 text-xs text-muted">
        {result.head_hash !== null && (
          <span>
            head <Digest value={result.head_hash} label="head hash" length={24} />
          </span>
        )}
        {result.root_hash !== null && (
          <span>
            root <Digest value={result.root_hash} label="root hash" length={24} />
          </span>
        )}
      </p>
    </Notice>
  )
}
