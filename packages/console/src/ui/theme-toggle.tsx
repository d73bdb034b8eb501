import { useState } from 'react'
import { announce } from './announcer.tsx'
import { Icon } from './icon.tsx'

type Theme = 'light' | 'dark'

function current(): Theme {
  return document.documentElement.dataset['theme'] === 'dark' ? 'dark' : 'light'
}

/** Light or dark, kept in this browser. `theme.js` sets it before the first paint. */
export function ThemeToggle() {
  const [theme, setTheme] = useState(current)
  const next: Theme = theme === 'dark' ? 'light' : 'dark'
  return (
    <button
      type="button"
      aria-label={`Use the ${next} theme`}
      className="grid size-8 place-items-center rounded-md text-muted hover:bg-hover hover:text-ink"
      onClick={() => {
        document.documentElement.dataset['theme'] = next
        try {
          localStorage.setItem('gatehouse.theme', next)
        } catch {
          // Storage may be refused: then the theme holds until the page is left.
        }
        setTheme(next)
        announce(`${next} theme`)
      }}
    >
      <Icon name={theme === 'dark' ? 'sun' : 'moon'} />
    </button>
  )
}
