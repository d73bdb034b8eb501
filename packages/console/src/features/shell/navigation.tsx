import { NavLink } from 'react-router'
import { paths } from '../../paths.ts'
import { cx } from '../../ui/class-names.ts'
import { Icon, type IconName } from '../../ui/icon.tsx'

const GROUPS: readonly {
  readonly name: string
  readonly links: readonly { readonly name: string; readonly to: string; readonly icon: IconName }[]
}[] = [
  {
    name: 'Delivery',
    links: [
      { name: 'Flow', to: paths.flow(), icon: 'flow' },
      { name: 'Proposals', to: paths.proposals(), icon: 'proposal' },
      { name: 'Ledger', to: paths.ledger(), icon: 'ledger' },
    ],
  },
  {
    name: 'Project',
    links: [
      { name: 'Agents', to: paths.agents(), icon: 'agent' },
      { name: 'Repositories', to: paths.repositories(), icon: 'repository' },
      { name: 'People', to: paths.people(), icon: 'people' },
      { name: 'Dead jobs', to: paths.deadJobs(), icon: 'dead' },
    ],
  },
]

export function Navigation({ onFollow }: { onFollow?: () => void }) {
  return (
    <nav aria-label="Main" className="space-y-5">
      {GROUPS.map((group) => (
        <div key={group.name}>
          <p className="mb-1 px-2 text-2xs font-medium text-faint">{group.name}</p>
          <ul className="space-y-px">
            {group.links.map((link) => (
              <li key={link.to}>
                <NavLink
                  to={link.to}
                  end={link.to === paths.flow()}
                  onClick={onFollow}
                  className={({ isActive }) =>
                    cx(
                      'flex h-8 items-center gap-2.5 rounded-md px-2 text-[13px]',
                      isActive ? 'bg-line/70 font-medium text-ink' : 'text-muted hover:bg-hover hover:text-ink',
                    )
                  }
                >
                  <Icon name={link.icon} />
                  {link.name}
                </NavLink>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  )
}

export function Brand() {
  return (
    <span className="flex items-center gap-2 text-[15px] font-semibold tracking-[-0.01em]">
      <svg viewBox="0 0 32 32" width={22} height={22} aria-hidden="true">
        <path
          d="M6 27V14a10 10 0 0 1 20 0v13"
          fill="none"
          stroke="currentColor"
          strokeWidth={3}
          strokeLinecap="round"
        />
        <path
          d="M12 27V17M20 27V17M6.5 21h19"
          fill="none"
          stroke="var(--brand)"
          strokeWidth={2.6}
          strokeLinecap="round"
        />
      </svg>
      Gatehouse
    </span>
  )
}
