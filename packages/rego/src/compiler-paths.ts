import type { LinkedBuiltin } from './compiler.ts'
import type { PlanFunction } from './plan.ts'
import type { Value } from './value.ts'

/** Path nodes of functions that a plan calls by a computed path. */
interface PathNode {
  readonly next: Map<string, PathNode>
  func: LinkedBuiltin | undefined
}

/** Functions whose paths differ in one part only, by that part. */
interface Turn {
  readonly path: readonly string[]
  readonly at: number
  readonly found: Map<string, LinkedBuiltin>
}

/** Finds the functions that a plan calls by a computed path. Generated code asks it; `link` must have been called before. */
export class PathTable {
  private readonly root: PathNode = { next: new Map(), func: undefined }
  readonly turns: Turn[] = []

  /**
   * Notes a call whose path is known but for the part at one position, and says where in `turns` its functions will
   * stand. What is given for that part does not matter.
   */
  turn(path: readonly string[], at: number): number {
    this.turns.push({ path, at, found: new Map() })
    return this.turns.length - 1
  }

  /** Takes in the functions as they were made, in the order of the plan. Only rules can be called by a path. */
  link(functions: readonly PlanFunction[], made: readonly LinkedBuiltin[]): void {
    for (const [index, func] of functions.entries()) {
      if (func.path === null || func.params.length !== 2) continue
      let node = this.root
      for (const part of func.path) {
        const next = node.next.get(part) ?? { next: new Map<string, PathNode>(), func: undefined }
        node.next.set(part, next)
        node = next
      }
      node.func = made[index]
    }
    for (const { path, at, found } of this.turns) {
      for (const [part, from] of this.node(path.slice(0, at))?.next ?? []) {
        const func = this.node(path.slice(at + 1), from)?.func
        if (func !== undefined) found.set(part, func)
      }
    }
  }

  /** The function at a path; undefined where there is none, or a part is no text. */
  readonly lookup = (path: readonly (Value | undefined)[]): LinkedBuiltin | undefined => this.node(path)?.func

  private node(path: readonly (Value | undefined)[], from: PathNode = this.root): PathNode | undefined {
    let node: PathNode | undefined = from
    for (const part of path) node = typeof part === 'string' ? node?.next.get(part) : undefined
    return node
  }
}
