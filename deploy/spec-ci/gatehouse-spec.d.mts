/** The root of the clone that the launcher is in. */
export const ROOT: string
/** The command line, to be run by a Node that is new enough. */
export const PROGRAM: string
/** What a person can mend. */
export class Unready extends Error {}
/** Whether a version (`24.12.0`) runs TypeScript as it is. */
export function newEnough(version: string): boolean
/** Installs what `gatehouse spec` needs into `root`; gives the Node to run it under. Throws `Unready`. */
export function ready(root: string, say: (line: string) => void): string
/** Runs a script of the clone under the right Node; gives its exit code. */
export function runScript(script: string, words: readonly string[]): number
/** Does `act` and ends as it says. */
export function endWith(act: () => number): void
