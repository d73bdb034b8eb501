import type { SVGProps } from 'react'

/** Our own line icons on a 16 pixel grid. They repeat what a text beside them says, so screen readers skip them. */
const SHAPES = {
  flow: 'M2.5 3.5h3v9h-3zM6.5 3.5h3v6h-3zM10.5 3.5h3v4h-3z',
  proposal:
    'M4.5 5.8v4.4M4.5 5.8a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2ZM4.5 13.4a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2ZM11.5 10.2V7a2 2 0 0 0-2-2H7.5M9 3.2 7.2 5 9 6.8M11.5 13.4a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2Z',
  ledger: 'M3.5 2.5h9v11h-9zM6 5.5h4M6 8h4M6 10.5h2.5',
  agent:
    'M3.5 6.5a1.5 1.5 0 0 1 1.5-1.5h6a1.5 1.5 0 0 1 1.5 1.5v5a1.5 1.5 0 0 1-1.5 1.5H5a1.5 1.5 0 0 1-1.5-1.5zM8 5V2.5M6.2 8.4v1.2M9.8 8.4v1.2',
  repository: 'M4 2.5h8.5v11H4.5A1.5 1.5 0 0 1 3 12V3.5a1 1 0 0 1 1-1ZM3 12a1.5 1.5 0 0 1 1.5-1.5h8M6 5h4',
  people:
    'M6 7.5a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6ZM1.8 13.2a4.2 4.2 0 0 1 8.4 0M10.5 3.1a2.3 2.3 0 0 1 0 4.3M12 9.6a4.2 4.2 0 0 1 2.2 3.6',
  dead: 'M2.5 8.5h3l1 2h3l1-2h3M4 3.5h8l1.5 5v4h-11v-4z',
  check: 'm3.5 8.5 3 3 6-7',
  cross: 'm4 4 8 8M12 4l-8 8',
  warn: 'M8 2.5 14 13H2zM8 6.5v3M8 11.2v.1',
  clock: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 5v3.2l2 1.3',
  copy: 'M5.5 5.5h7v7h-7zM3.5 10.5v-7h7',
  terminal: 'M2.5 3.5h11v9h-11zM5 6.5l1.8 1.6L5 9.7M8.5 10h2.5',
  sun: 'M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6ZM8 1.5v1.4M8 13.1v1.4M1.5 8h1.4M13.1 8h1.4M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1',
  moon: 'M13 9.6A5.6 5.6 0 0 1 6.4 3 5.6 5.6 0 1 0 13 9.6Z',
  menu: 'M2.5 4.5h11M2.5 8h11M2.5 11.5h11',
  right: 'm6 3.5 4.5 4.5L6 12.5',
  down: 'm3.5 6 4.5 4.5L12.5 6',
  file: 'M4 2.5h5l3 3v8H4zM9 2.5v3h3',
  lock: 'M4.5 7.5h7v6h-7zM6 7.5V5.2a2 2 0 0 1 4 0v2.3',
  merge:
    'M4.5 5.8v4.4M4.5 5.8a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2ZM4.5 13.4a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2ZM11.5 9.6a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2ZM4.6 5.8c.3 1.8 2.4 2.4 5.3 2.4',
  shield: 'M8 1.8 13 3.6v4c0 3-2 5.3-5 6.6-3-1.3-5-3.6-5-6.6v-4z',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'm5 3 7.5 5L5 13z',
  signOut: 'M6.5 2.5h-3v11h3M10 5l3 3-3 3M13 8H6.5',
  eye: 'M1.8 8s2.2-4.2 6.2-4.2S14.2 8 14.2 8 12 12.2 8 12.2 1.8 8 1.8 8ZM8 9.8a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6Z',
  dot: 'M8 9.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3Z',
  skip: 'm3 4 4.5 4L3 12zM9 4l4.5 4L9 12z',
  minus: 'M3.5 8h9',
} as const

export type IconName = keyof typeof SHAPES

export function Icon({ name, size = 16, ...rest }: { name: IconName; size?: number } & SVGProps<SVGSVGElement>) {
  return (
    <svg
      viewBox="0 0 16 16"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      strokeWidth={1.5}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      {...rest}
    >
      <path d={SHAPES[name]} />
    </svg>
  )
}
