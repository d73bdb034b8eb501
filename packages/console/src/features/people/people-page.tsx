import { useQuery } from '@tanstack/react-query'
import type { Person } from '@gatehouse/client/operations.gen'
import { queries } from '../../api/queries.ts'
import { Badge } from '../../ui/badge.tsx'
import { CommandLine } from '../../ui/command-line.tsx'
import { Panel } from '../../ui/panel.tsx'
import { SkeletonRows } from '../../ui/skeleton.tsx'
import { Table, type Column } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { QueryView } from '../operations/query-view.tsx'
import { Page } from '../shell/page.tsx'

const COLUMNS: readonly Column<Person>[] = [
  {
    name: 'Person',
    cell: (person) => (
      <>
        <span className="font-medium">{person.login}</span>
        <span className="block text-xs text-muted">{person.display_name}</span>
      </>
    ),
  },
  {
    name: 'Roles',
    cell: (person) => (
      <span className="inline-flex flex-wrap gap-1">
        {person.roles.length === 0 && <span className="text-muted">no member</span>}
        {person.roles.map((role) => (
          <Badge key={role} icon={null}>
            {role}
          </Badge>
        ))}
      </span>
    ),
  },
  {
    name: 'Added',
    right: true,
    cell: (person) => (
      <span className="text-muted">
        <Time at={person.created_at} quiet />
      </span>
    ),
  },
]

const ROLES: readonly (readonly [role: string, what: string])[] = [
  ['viewer', 'reads everything'],
  ['developer', 'submits, runs, validates, votes, merges what is approved'],
  ['maintainer', 'also accepts runbooks, registers agents, adds repositories'],
  ['owner', 'also manages people, tokens and settings, purges'],
  ['automation', "a service's own: submits and validates, never approves"],
]

/** Who is in the project and what each may do. Quorum counts persons, not tokens. */
export function PeoplePage() {
  const query = useQuery(queries.persons())
  return (
    <Page title="People">
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 xl:grid-cols-[minmax(0,1fr)_360px]">
        <Panel title="Members" flush>
          <QueryView query={query} skeleton={<SkeletonRows rows={4} label="Loading people" />}>
            {(page) => <Table caption="Members" columns={COLUMNS} rows={page.items} rowKey={(person) => person.id} />}
          </QueryView>
        </Panel>
        <aside className="space-y-4" aria-label="About roles">
          <Panel title="Roles">
            <dl className="space-y-2 text-[13px]">
              {ROLES.map(([role, what]) => (
                <div key={role}>
                  <dt className="font-medium">{role}</dt>
                  <dd className="text-xs text-muted">{what}</dd>
                </div>
              ))}
            </dl>
          </Panel>
          <Panel title="Add somebody">
            <div className="space-y-2">
              <CommandLine command="gatehouse person add ana --role maintainer" label="command to add a person" />
              <CommandLine command="gatehouse token issue ana --label laptop" label="command to issue a token" />
            </div>
          </Panel>
        </aside>
      </div>
    </Page>
  )
}
