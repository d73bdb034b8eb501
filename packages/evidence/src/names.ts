/** Names of a parsed file, each with the line (from 1) of its first place. */
export interface Names {
  readonly defined: ReadonlyMap<string, number>
  readonly used: ReadonlyMap<string, number>
  readonly tests: FileTests
}

export interface FileTests {
  readonly tests: number
  /** Those that are switched off: skip, xit ... */
  readonly off: number
}
