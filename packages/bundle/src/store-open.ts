import { resolve } from 'node:path'
import type { HelperOptions } from './credential-helper.ts'
import { LayoutStore } from './layout-artifacts.ts'
import type { ArtifactReference } from './reference.ts'
import { registryCredentials } from './registry-credentials.ts'
import type { RegistryOptions } from './registry-request.ts'
import { RegistryStore } from './registry-artifacts.ts'
import type { ArtifactStore } from './store.ts'

export interface StorePlace extends Omit<RegistryOptions, 'credentials'>, HelperOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
  /** A layout's folder is relative to it. */
  readonly cwd: string
}

/** The store that a reference lies in. Nothing is asked of it yet. */
export function openStore(reference: ArtifactReference, place: StorePlace): ArtifactStore {
  if (reference.kind === 'layout') return new LayoutStore(resolve(place.cwd, reference.path))
  const { env, home, cwd: _, ...options } = place
  return new RegistryStore(reference, {
    ...options,
    credentials: async () => await registryCredentials(reference, env, home, options),
  })
}
