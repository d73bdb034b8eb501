import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Host } from '../../host.ts'

/** The server takes patches up to this size. */
const PATCH_MAX_BYTES = 10_485_760

/** A patch as it is sent: the exact bytes of a file, or of standard input for `-`, in base64. */
export async function readPatch(host: Host, file: string): Promise<string> {
  const bytes = file === '-' ? await host.readInput() : await readBytes(resolve(host.cwd, file), file)
  if (bytes.length === 0)
    throw new Problem('patch-empty', `${file === '-' ? 'standard input' : file} is empty; make a patch with: git diff`)
  if (bytes.length > PATCH_MAX_BYTES)
    throw new Problem(
      'patch-too-large',
      `the patch has ${bytes.length} bytes, more than ${PATCH_MAX_BYTES}; split the change`,
    )
  return Buffer.from(bytes).toString('base64')
}

async function readBytes(path: string, given: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (error) {
    throw new Problem('usage', `${given} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}
