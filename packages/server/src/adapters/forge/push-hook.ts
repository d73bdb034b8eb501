import { chmod, mkdir, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** Names of the variables that tell the hook who pushes. Without them (a push to the repository's path) nobody is known. */
export const PUSH_ACTOR = 'GATEHOUSE_PUSH_ACTOR'
/** Regular expressions (POSIX extended), one a line, of the full refs this actor may push. */
export const PUSH_ALLOWED = 'GATEHOUSE_PUSH_ALLOWED'

/**
 * Runs before any ref changes; what it prints reaches the client's screen behind "remote: ". One refused ref refuses
 * the whole push: half of a push is nobody's wish. Plain sh, so that it also holds where our server is not running.
 */
const PRE_RECEIVE = `#!/bin/sh
# Written by Gatehouse. Changes here are overwritten.
set -u
zero=0000000000000000000000000000000000000000
actor=\${${PUSH_ACTOR}:-}
allowed=\${${PUSH_ALLOWED}:-}
protected=$(git config --get-all gatehouse.protected)
refused=0
say() { printf 'gatehouse: %s\\n' "$1" >&2; }
while read -r old new ref; do
  reason=
  case "$ref" in
    refs/heads/*)
      branch=\${ref#refs/heads/}
      if printf '%s\\n' "$protected" | grep -Fxq -e "$branch"; then
        reason="$branch is protected: changes reach it only through an approved proposal (gatehouse proposal submit)"
      elif [ -z "$actor" ]; then
        reason="$branch can not be pushed to by path: push to the address the Gatehouse server gives for this repository"
      elif [ "$new" = "$zero" ]; then
        reason="$branch can not be deleted by a push: withdraw its proposal (gatehouse proposal withdraw)"
      elif [ -z "$allowed" ] || ! printf '%s\\n' "$branch" | grep -Eq -e "$allowed"; then
        reason="$actor may not push to $branch: send the change as a proposal (gatehouse proposal submit)"
      fi
      ;;
    refs/gatehouse/*) reason="$ref is Gatehouse's own and can not be pushed" ;;
    *) reason="$ref can not be pushed: only branches can, and changes to protected ones go through a proposal (gatehouse proposal submit)" ;;
  esac
  if [ -n "$reason" ]; then
    say "$reason"
    refused=1
  fi
done
[ "$refused" = 0 ] || say "nothing of this push was taken"
exit "$refused"
`

/** Writes the folder of hooks that receive-pack runs: exactly one, ours. */
export async function installPushHook(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o755 })
  const file = path.join(folder, 'pre-receive')
  const next = `${file}.next`
  await writeFile(next, PRE_RECEIVE)
  await chmod(next, 0o755)
  await rename(next, file)
}
