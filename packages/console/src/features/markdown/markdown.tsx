import { fromMarkdown } from 'mdast-util-from-markdown'
import { gfmFromMarkdown } from 'mdast-util-gfm'
import { gfm } from 'micromark-extension-gfm'
import type { Nodes, Parents, Root } from 'mdast'
import { Fragment, useMemo, type ReactNode } from 'react'
import { safeLink } from './safe-link.ts'

/**
 * Markdown of other people, as React elements. No HTML is ever made from it: raw HTML shows as the text it is, links go only to http,
 * https and mail, and images are links, so that nothing is fetched by reading.
 */
export function Markdown({ text }: { text: string }) {
  const tree = useMemo(() => parse(text), [text])
  return <div className="space-y-3 text-[13px] leading-6 break-words">{children(tree)}</div>
}

function parse(text: string): Root {
  return fromMarkdown(text, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] })
}

function children(node: Parents): ReactNode {
  // Positions are the keys: a document does not change in place.
  return node.children.map((child, index) => <Fragment key={index}>{element(child)}</Fragment>)
}

const HEADINGS = ['text-base font-semibold', 'text-sm font-semibold', 'text-[13px] font-semibold'] as const

function element(node: Nodes): ReactNode {
  switch (node.type) {
    case 'heading': {
      // The page has the first two levels.
      const Tag = (['h3', 'h4', 'h5', 'h6'] as const)[Math.min(node.depth - 1, 3)] ?? 'h6'
      return <Tag className={`mt-5 first:mt-0 ${HEADINGS[Math.min(node.depth - 1, 2)] ?? ''}`}>{children(node)}</Tag>
    }
    case 'paragraph':
      return <p>{children(node)}</p>
    case 'blockquote':
      return (
        <blockquote className="space-y-2 border-l-2 border-line-strong pl-3 text-muted">{children(node)}</blockquote>
      )
    case 'list': {
      const tasks = node.children.some((item) => item.checked !== null && item.checked !== undefined)
      const Tag = node.ordered === true ? 'ol' : 'ul'
      return (
        <Tag
          className={`space-y-1 ${tasks ? '' : node.ordered === true ? 'list-decimal pl-5' : 'list-disc pl-5'}`}
          {...(node.ordered === true && typeof node.start === 'number' ? { start: node.start } : {})}
        >
          {children(node)}
        </Tag>
      )
    }
    case 'listItem':
      return (
        <li className={typeof node.checked === 'boolean' ? 'flex gap-2' : '[&>p]:my-0'}>
          {typeof node.checked === 'boolean' && <Tick checked={node.checked} />}
          {typeof node.checked === 'boolean' ? <div className="min-w-0">{children(node)}</div> : children(node)}
        </li>
      )
    case 'code':
      return (
        <pre tabIndex={0} className="overflow-x-auto rounded-md border border-line bg-sunken p-3 text-xs leading-5">
          <code>{node.value}</code>
        </pre>
      )
    case 'inlineCode':
      return <code className="rounded bg-sunken px-1 py-px text-xs">{node.value}</code>
    case 'emphasis':
      return <em>{children(node)}</em>
    case 'strong':
      return <strong className="font-semibold">{children(node)}</strong>
    case 'delete':
      return <del>{children(node)}</del>
    case 'link':
      return <SafeLink url={node.url}>{children(node)}</SafeLink>
    case 'image':
      return (
        <SafeLink url={node.url}>
          image: {node.alt === null || node.alt === undefined || node.alt === '' ? node.url : node.alt}
        </SafeLink>
      )
    case 'thematicBreak':
      return <hr className="border-line" />
    case 'break':
      return <br />
    case 'table':
      return <MarkdownTable rows={node.children.map((row) => row.children.map((cell) => children(cell)))} />
    case 'text':
    case 'html':
      return node.value
    case 'linkReference':
    case 'imageReference':
    case 'footnoteReference':
      return 'children' in node ? children(node) : (node.label ?? '')
    case 'definition':
    case 'footnoteDefinition':
    case 'yaml':
    case 'root':
    case 'tableRow':
    case 'tableCell':
      break
  }
  return null
}

function Tick({ checked }: { checked: boolean }) {
  return (
    <span
      role="img"
      aria-label={checked ? 'done' : 'open'}
      className="mt-1 grid size-4 shrink-0 place-items-center rounded border border-line-strong text-2xs leading-none"
    >
      {checked ? '✓' : ''}
    </span>
  )
}

function SafeLink({ url, children }: { url: string; children: ReactNode }) {
  const href = safeLink(url)
  if (href === null) return <span title={url}>{children}</span>
  return (
    <a className="link" href={href} target="_blank" rel="noreferrer noopener nofollow">
      {children}
    </a>
  )
}

function MarkdownTable({ rows }: { rows: readonly (readonly ReactNode[])[] }) {
  const [head = [], ...body] = rows
  return (
    <div className="overflow-x-auto" tabIndex={0} role="group" aria-label="Table">
      <table className="border-collapse text-[13px]">
        <thead>
          <tr>
            {head.map((cell, at) => (
              <th key={at} className="border border-line px-2 py-1 text-left font-medium">
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {body.map((row, at) => (
            <tr key={at}>
              {row.map((cell, column) => (
                <td key={column} className="border border-line px-2 py-1">
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
