import { useEffect, useRef, type ReactNode } from 'react'
import { Link, useLocation } from 'react-router'
import { announce } from '../../ui/announcer.tsx'
import { Icon } from '../../ui/icon.tsx'

export interface Crumb {
  readonly name: string
  readonly to: string
}

let shownPath: string | null = null

/** A page's frame: document title, heading, breadcrumbs; after a navigation its heading takes the focus and is announced. */
export function Page(props: {
  readonly title: string
  /** What stands as heading where it is more than the title's words. */
  readonly heading?: ReactNode
  readonly crumbs?: readonly Crumb[]
  readonly badges?: ReactNode
  readonly actions?: ReactNode
  readonly lead?: ReactNode
  readonly children: ReactNode
}) {
  const heading = useRef<HTMLHeadingElement>(null)
  const { pathname } = useLocation()
  useEffect(() => {
    document.title = `${props.title} · Gatehouse`
  }, [props.title])
  useEffect(() => {
    // The first page of a visit keeps the browser's own focus: only a navigation moves it.
    const moved = shownPath !== null && shownPath !== pathname
    shownPath = pathname
    if (!moved) return
    heading.current?.focus({ preventScroll: true })
    window.scrollTo(0, 0)
    announce(props.title)
    // eslint-disable-next-line -- the title of the page that was opened; it changing later is no navigation
  }, [pathname])
  return (
    <>
      <div className="mb-4">
        {props.crumbs && props.crumbs.length > 0 && (
          <nav aria-label="Breadcrumb" className="mb-1">
            <ol className="flex flex-wrap items-center gap-1 text-xs text-muted">
              {props.crumbs.map((crumb, index) => (
                <li key={crumb.to} className="flex min-w-0 items-center gap-1">
                  {index > 0 && <Icon name="right" size={11} />}
                  <Link to={crumb.to} className="max-w-64 truncate hover:text-ink hover:underline">
                    {crumb.name}
                  </Link>
                </li>
              ))}
            </ol>
          </nav>
        )}
        <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
          <h1
            ref={heading}
            tabIndex={-1}
            className="min-w-0 text-lg leading-7 font-semibold break-words tracking-[-0.01em]"
          >
            {props.heading ?? props.title}
          </h1>
          {props.badges !== undefined && <div className="flex flex-wrap items-center gap-1.5">{props.badges}</div>}
          {props.actions !== undefined && (
            <div className="ml-auto flex flex-wrap items-start gap-2">{props.actions}</div>
          )}
        </div>
        {props.lead !== undefined && <div className="mt-1 text-[13px] text-muted">{props.lead}</div>}
      </div>
      {props.children}
    </>
  )
}
