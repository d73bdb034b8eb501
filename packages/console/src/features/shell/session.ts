import { useQuery } from '@tanstack/react-query'
import type { Act } from '@gatehouse/core/kernel/acts'
import { rolesFor } from '@gatehouse/core/kernel/access'
import { queries } from '../../api/queries.ts'

/** Who is signed in. The shell renders its pages only once this is known. */
export function useSession() {
  return useQuery(queries.whoami()).data
}

/** Why you may not do an act by your role, or null where you may; the server decides again. */
export function useRoleRefusal(act: Act): string | null {
  const session = useSession()
  if (!session || session.may.includes(act)) return null
  return `Needs the role ${listText(
    rolesFor(act).filter((role) => role !== 'automation'),
    'or',
  )}; you are ${session.person.roles.join(', ') || 'no member'}.`
}

/** `a`, `a or b`, `a, b or c`. */
export function listText(words: readonly string[], last: 'and' | 'or'): string {
  if (words.length < 2) return words[0] ?? ''
  return `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`
}
