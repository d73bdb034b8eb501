/** Names of a parsed file, each with the line (from 1) of its first place. */
export interface Names {
  readonly defined: ReadonlyMap<string, number>
  readonly used: ReadonlyMap<string, number>
  /** Of `defined`, functions and classes whose every body is empty or says that it is not written yet. */
  readonly hollow: ReadonlySet<string>
  /** The file holds such functions or classes, imports, and nothing else. */
  readonly stub: boolean
  readonly tests: FileTests
  /** Names of tests that the file gives as plain text, in order; each once. */
  readonly titles: readonly string[]
}

export interface FileTests {
  readonly tests: number
  /** Those that are switched off (skip, xit ...) or have an empty body. */
  readonly off: number
}
