import type { ReactNode } from 'react'
import { cx } from './class-names.ts'

export interface Column<T> {
  readonly name: string
  readonly cell: (row: T) => ReactNode
  /** Left out where the page is narrow; the row's own page has it. */
  readonly wideOnly?: boolean
  readonly right?: boolean
  readonly className?: string
}

/** A plain table with a caption for screen readers. It scrolls by itself where it does not fit, also by keyboard. */
export function Table<T>(props: {
  readonly caption: string
  readonly columns: readonly Column<T>[]
  readonly rows: readonly T[]
  readonly rowKey: (row: T) => string
  readonly rowClass?: (row: T) => string | undefined
}) {
  return (
    <div className="overflow-x-auto" tabIndex={0} role="group" aria-label={props.caption}>
      <table className="w-full border-collapse text-[13px]">
        <caption className="sr-only">{props.caption}</caption>
        <thead>
          <tr className="border-b border-line text-left text-xs text-muted">
            {props.columns.map((column) => (
              <th
                key={column.name}
                scope="col"
                className={cx(
                  'px-3 py-2 font-medium whitespace-nowrap first:pl-4 last:pr-4',
                  column.wideOnly === true && 'max-md:hidden',
                  column.right === true && 'text-right',
                )}
              >
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {props.rows.map((row) => (
            <tr key={props.rowKey(row)} className={cx('align-baseline hover:bg-hover', props.rowClass?.(row))}>
              {props.columns.map((column) => (
                <td
                  key={column.name}
                  className={cx(
                    'px-3 py-2 first:pl-4 last:pr-4',
                    column.wideOnly === true && 'max-md:hidden',
                    column.right === true && 'text-right',
                    column.className,
                  )}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
