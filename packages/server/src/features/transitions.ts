import { transition } from '@gatehouse/core/delivery/flow'
import type { Entity, StateOf } from '@gatehouse/core/delivery/states'
import type { Act } from '@gatehouse/core/kernel/acts'
import { Problem } from '@gatehouse/core/kernel/problems'

/** Holds a change of state against the tables of the flow. Problem: wrong-state, which says what is possible instead. */
export function requireTransition<E extends Entity>(entity: E, act: Act, from: string, to: StateOf<E>): void {
  const result = transition(entity, act, from as StateOf<E>, to)
  if (!result.ok) throw new Problem('wrong-state', result.detail, { entity, state: from })
}
