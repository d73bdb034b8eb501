import type { Validation } from '@gatehouse/client/operations.gen'
import type { ReactNode } from 'react'
import { Badge, type Tone } from '../../ui/badge.tsx'
import { Icon, type IconName } from '../../ui/icon.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Panel } from '../../ui/panel.tsx'

type Ticked = NonNullable<Validation['facts']>['ticked_tasks']
type Judged = Ticked['judged'][number]
type Line = Judged['evidence'][number]

const VERDICT_TONES: Readonly<Record<Judged['verdict'], Tone>> = {
  shown: 'ok',
  partly: 'warn',
  unshown: 'bad',
  contradicted: 'bad',
}

const FOUND: Readonly<Record<Line['found'], readonly [icon: IconName, words: string, colour: string]>> = {
  yes: ['check', 'found', 'text-ok'],
  partly: ['warn', 'found in part', 'text-warn'],
  no: ['cross', 'not found', 'text-bad'],
  against: ['cross', 'against it', 'text-bad'],
}

/** The tasks that the change ticks, each with what is to be seen of it: a tick is a claim (law 5). */
export function TickedTasksPanel({ validation }: { validation: Validation }) {
  const ticked = validation.facts?.ticked_tasks
  if (!ticked || (ticked.total === 0 && ticked.removed.length === 0 && ticked.not_judged === null)) return null
  const unlisted = ticked.total - ticked.judged.length
  return (
    <Panel title="Ticked tasks" aside={<Badge tone="neutral">{ticked.total}</Badge>}>
      <div className="space-y-3">
        <p className="text-xs text-muted">
          Judged by the files, the history and the tests of this validation. The ticks themselves, and what the change
          says of itself, count for nothing.
        </p>
        {ticked.not_judged !== null && (
          <Notice tone="bad" title="Not judged">
            {ticked.not_judged}
          </Notice>
        )}
        <ul aria-label="Ticked tasks" className="divide-y divide-line rounded-md border border-line empty:hidden">
          {ticked.judged.map((task) => (
            <TickedTask key={`${task.path}:${task.line}`} task={task} />
          ))}
          {ticked.removed.map((task) => (
            <li key={`removed ${task.path}:${task.line}`} className="space-y-1 px-3 py-2 text-[13px]">
              <TaskName id={task.id} text={task.text} badge={<Badge tone="warn">open, taken away</Badge>} />
              <Place path={task.path} line={task.line} />
            </li>
          ))}
        </ul>
        {unlisted > 0 && ticked.not_judged === null && (
          <p className="text-xs text-muted">and {unlisted} more, none of them worse</p>
        )}
      </div>
    </Panel>
  )
}

function TickedTask({ task }: { task: Judged }) {
  return (
    <li className="space-y-1.5 px-3 py-2 text-[13px]">
      <TaskName
        id={task.id}
        text={task.text}
        badge={<Badge tone={VERDICT_TONES[task.verdict]}>{task.lookable ? task.verdict : 'names nothing'}</Badge>}
      />
      <Place path={task.path} line={task.line} />
      {task.dropped.length > 0 && (
        <p className="flex gap-1.5 text-xs break-words text-bad">
          <Icon name="warn" size={13} className="mt-0.5 shrink-0" />
          <span>
            The change takes out of the task what it would have to show: <code>{task.dropped.join(', ')}</code>
          </span>
        </p>
      )}
      <ul className="space-y-1 text-xs">
        {task.evidence.map((line) => (
          <li key={`${line.about} ${line.text}`} className="flex gap-1.5 break-words">
            <Icon name={FOUND[line.found][0]} size={13} className={`mt-0.5 shrink-0 ${FOUND[line.found][2]}`} />
            <span className="min-w-0">
              <span className="sr-only">{FOUND[line.found][1]}: </span>
              {line.text}
            </span>
          </li>
        ))}
      </ul>
      {task.caveats.length > 0 && (
        <p className="text-xs break-words text-muted">This would be wrong where {task.caveats.join('; ')}.</p>
      )}
    </li>
  )
}

function TaskName({ id, text, badge }: { id: string | null; text: string; badge: ReactNode }) {
  return (
    <p className="flex flex-wrap items-center gap-2">
      {badge}
      {id !== null && <code className="text-xs">{id}</code>}
      <span className="min-w-0 break-words">{text}</span>
    </p>
  )
}

function Place({ path, line }: { path: string; line: number }) {
  return (
    <p className="font-mono text-xs break-all text-muted">
      {path}:{line}
    </p>
  )
}
