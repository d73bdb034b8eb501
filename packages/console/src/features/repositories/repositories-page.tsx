import { useQuery } from '@tanstack/react-query'
import type { Repository } from '@gatehouse/client/operations.gen'
import { queries } from '../../api/queries.ts'
import { Badge, type Tone } from '../../ui/badge.tsx'
import { CommandLine } from '../../ui/command-line.tsx'
import { Digest } from '../../ui/digest.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Facts, Panel } from '../../ui/panel.tsx'
import { SkeletonRows } from '../../ui/skeleton.tsx'
import { Time } from '../../ui/time.tsx'
import { QueryView } from '../operations/query-view.tsx'
import { Page } from '../shell/page.tsx'

const RECIPES: Readonly<Record<Repository['recipe_source'], readonly [words: string, tone: Tone]>> = {
  base: ['from the protected branch', 'ok'],
  settings: ['from the settings', 'neutral'],
  missing: ['missing', 'bad'],
  invalid: ['cannot be read', 'bad'],
}

/** The repositories under the gate: how each is validated, and in what isolation. */
export function RepositoriesPage() {
  const query = useQuery(queries.repositories())
  return (
    <Page title="Repositories">
      <QueryView query={query} skeleton={<SkeletonRows rows={3} label="Loading repositories" />}>
        {(page) =>
          page.items.length === 0 ? (
            <EmptyState icon="repository" title="No repository is under the gate">
              <p>Its protected branch then changes only by what was approved:</p>
              <CommandLine
                className="text-left"
                command="gatehouse repo add ../my-repository"
                label="command to add a repository"
              />
            </EmptyState>
          ) : (
            <div className="grid grid-cols-[minmax(0,1fr)] gap-4 xl:grid-cols-2">
              {page.items.map((repository) => (
                <RepositoryPanel key={repository.id} repository={repository} />
              ))}
            </div>
          )
        }
      </QueryView>
    </Page>
  )
}

function RepositoryPanel({ repository }: { repository: Repository }) {
  const { settings } = repository
  const [recipe, tone] = RECIPES[repository.recipe_source]
  return (
    <Panel
      title={repository.name}
      aside={
        <>
          <Badge tone={tone} icon="file">
            recipe {recipe}
          </Badge>
          <Badge
            tone={settings.isolation === 'none' ? 'bad' : 'ok'}
            icon={settings.isolation === 'none' ? 'warn' : 'shield'}
          >
            isolation {settings.isolation}
          </Badge>
        </>
      }
    >
      <div className="space-y-3">
        {settings.isolation === 'none' && (
          <Notice tone="bad" title="Commands may run without isolation">
            Where this machine grants none, the code under test runs as a plain limited process and can reach what the
            server can. Evidence and policy see it.
          </Notice>
        )}
        {(repository.recipe_source === 'missing' || repository.recipe_source === 'invalid') && (
          <Notice tone="warn" title="Proposals for it cannot be validated">
            {repository.recipe_detail}
          </Notice>
        )}
        <Facts
          rows={[
            [
              'Branch',
              <code key="b" className="text-xs">
                {repository.default_branch}
              </code>,
            ],
            [
              'Head',
              repository.head_commit === null ? (
                'no commit'
              ) : (
                <Digest key="h" value={repository.head_commit} label="head commit" />
              ),
            ],
            [
              'Recipe',
              <span key="r" className="text-muted">
                {repository.recipe_detail}
              </span>,
            ],
            ['Environment', settings.environment],
            ['Approvals', `expire after ${settings.approval_days} days`],
            [
              'From',
              <span key="s" className="break-all text-muted">
                {repository.source}
              </span>,
            ],
            ['Added', <Time key="t" at={repository.created_at} />],
          ]}
        />
        <CommandLine command={`git clone ${repository.clone_url}`} label={`command to clone ${repository.name}`} />
      </div>
    </Panel>
  )
}
