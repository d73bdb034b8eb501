import type { DeadJob } from '@gatehouse/client/operations.gen'
import { cleanLines, jsonText } from '../../clean-text.ts'
import type { Style } from '../../style.ts'
import { fields, section, time } from '../../table.ts'

export function jobText(job: DeadJob, style: Style): string {
  return [
    fields(
      [
        ['job', job.id],
        ['queue', job.queue],
        ['attempts', job.attempts],
        ['created', time(job.created_at)],
        ['failed', time(job.failed_at)],
      ],
      style,
    ),
    section('Error', `${cleanLines(job.error).trimEnd().replaceAll(/^/gm, '  ')}\n`, style),
    section('Data', `${cleanLines(jsonText(job.data, 2)).replaceAll(/^/gm, '  ')}\n`, style),
  ].join('')
}
