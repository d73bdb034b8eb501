import type { ReactNode } from 'react'

/** The views of a page, as links: each has an address, Back works. The caller brings its own links. */
export function TabBar({ label, children }: { label: string; children: ReactNode }) {
  return (
    <nav aria-label={label} className="-mx-4 mb-4 overflow-x-auto border-b border-line px-4 md:mx-0 md:px-0">
      <ul className="flex gap-1">{children}</ul>
    </nav>
  )
}

/** What a tab's link looks like. */
export function tabClass(active: boolean): string {
  return `-mb-px inline-flex h-9 items-center gap-1.5 border-b-2 px-2.5 text-[13px] whitespace-nowrap ${
    active ? 'border-ink font-medium text-ink' : 'border-transparent text-muted hover:text-ink'
  }`
}
