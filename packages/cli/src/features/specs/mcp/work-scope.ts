import { ToolRefusal } from './tool-refusal.ts'

/** Whether a path, from the served folder, lies at or below another. */
export function isAtOrBelow(path: string, folder: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`)
}

/** What a call is about: the paths it gave, each of which has to lie in the client's roots; without any, all of the roots. */
export function targetsOf(scope: readonly string[], given: readonly string[] | undefined): string[] {
  if (given === undefined) return [...scope]
  for (const [i, path] of given.entries()) {
    if (scope.some((folder) => isAtOrBelow(path, folder))) continue
    throw new ToolRefusal(
      'path-outside',
      `paths[${i}]: it lies outside of the roots that the client offers (${scope.slice(0, 5).join(', ')}). Give a path inside of them, or none`,
    )
  }
  return [...new Set(given)]
}

/** The folder that holds all of them, from the served folder. */
export function commonFolder(folders: readonly string[]): string {
  const parts = folders.map((folder) => (folder === '' ? [] : folder.split('/')))
  const [first = [], ...others] = parts
  let same = 0
  while (same < first.length && others.every((other) => other[same] === first[same])) same += 1
  return first.slice(0, same).join('/')
}
