import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from 'react-router'
import { queries } from '../../api/queries.ts'
import { pathOf, paths } from '../../paths.ts'
import { Button } from '../../ui/button.tsx'
import { copyText } from '../../ui/clipboard.ts'
import { Digest } from '../../ui/digest.tsx'
import { Facts, Panel } from '../../ui/panel.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Time } from '../../ui/time.tsx'
import { QueryView } from '../operations/query-view.tsx'
import { Page } from '../shell/page.tsx'
import { DecisionBody, OutcomeBadge } from './decision-list.tsx'

/** One decision with the exact input that policy was asked with. */
export function DecisionPage() {
  const { id = '' } = useParams()
  const query = useQuery(queries.decision(id))
  const crumbs = [{ name: 'Flow', to: paths.flow() }]
  return (
    <QueryView
      query={query}
      skeleton={
        <Page title="Decision" crumbs={crumbs}>
          <Skeleton className="h-64" />
        </Page>
      }
    >
      {(decision) => {
        const subject = pathOf(decision.subject_id)
        const input = JSON.stringify(decision.input, null, 2)
        return (
          <Page
            title={`Decision ${decision.hook}`}
            crumbs={subject === null ? crumbs : [...crumbs, { name: 'What it is about', to: subject }]}
            badges={<OutcomeBadge outcome={decision.outcome} />}
          >
            <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 xl:grid-cols-[minmax(0,1fr)_360px]">
              <div className="min-w-0 space-y-4">
                <Panel title="What policy said">
                  <DecisionBody decision={decision} />
                </Panel>
                <Panel
                  title="The input, exactly as asked"
                  aside={
                    <Button small icon="copy" onClick={() => void copyText(input, 'the input')}>
                      Copy
                    </Button>
                  }
                  flush
                >
                  <pre
                    tabIndex={0}
                    role="group"
                    aria-label="Decision input"
                    className="max-h-[70vh] overflow-auto p-4 text-xs leading-5"
                  >
                    {input}
                  </pre>
                </Panel>
              </div>
              <Panel title="Facts">
                <Facts
                  rows={[
                    ['Asked', <Time key="at" at={decision.at} />],
                    [
                      'Valid until',
                      decision.valid_until === null ? (
                        'anything changes'
                      ) : (
                        <Time key="until" at={decision.valid_until} />
                      ),
                    ],
                    ['Risk', decision.effective_risk],
                    ['Input', <Digest key="input" value={decision.input_digest} label="input digest" />],
                    ['Bundle', <Digest key="bundle" value={decision.bundle_digest} label="bundle digest" />],
                    ['Policy set', <Digest key="set" value={decision.policy_set_hash} label="policy set hash" />],
                    [
                      'Ledger',
                      <Link key="ledger" className="link" to={paths.ledger({ subject: decision.subject_id })}>
                        events of its subject
                      </Link>,
                    ],
                  ]}
                />
              </Panel>
            </div>
          </Page>
        )
      }}
    </QueryView>
  )
}
