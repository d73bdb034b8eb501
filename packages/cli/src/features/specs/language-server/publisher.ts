import type { Diagnostic, PublishDiagnosticsParams } from 'vscode-languageserver/node'
import { diagnosticsOf, resultId, type DiagnosticWish, type FindingStore } from './diagnostics.ts'
import { isCandidate, type Workspace } from './workspace.ts'

/** Tells the client what changed, and nothing twice. */
export class Publisher {
  readonly #workspace: Workspace
  readonly #store: FindingStore
  readonly #wish: DiagnosticWish & { readonly pulls: boolean }
  readonly #send: (params: PublishDiagnosticsParams) => void
  /** Of every URI that we told something of: what it was. */
  readonly #said = new Map<string, string>()
  /** Of open files that the client asks for. */
  #pulled = ''

  constructor(
    workspace: Workspace,
    store: FindingStore,
    wish: DiagnosticWish & { readonly pulls: boolean },
    send: (params: PublishDiagnosticsParams) => void,
  ) {
    this.#workspace = workspace
    this.#store = store
    this.#wish = wish
    this.#send = send
  }

  of(path: string): Diagnostic[] {
    return diagnosticsOf(this.#workspace, this.#store, path, this.#wish)
  }

  /**
   * Publishes after a run. `linted`: versions of the buffers that were linted; what was edited since is told after the next run. True where the client should
   * ask again for what is open.
   */
  publish(linted: ReadonlyMap<string, number>): boolean {
    const kept = new Set<string>()
    const paths = new Set([...this.#store.paths(), ...this.#openPaths()])
    const asked: string[] = []
    for (const path of paths) {
      const uri = this.#workspace.uriOf(path)
      const buffer = this.#workspace.bufferOf(path)
      if (buffer && buffer.document.version !== linted.get(path)) {
        kept.add(uri)
        continue
      }
      const diagnostics = this.of(path)
      if (buffer && this.#wish.pulls) {
        asked.push(`${path} ${resultId(diagnostics)}`)
        continue
      }
      // An open file is told that it has nothing: then its editor knows that it was looked at.
      if (diagnostics.length === 0 && !buffer) continue
      kept.add(uri)
      const said = `${buffer?.document.version ?? ''} ${resultId(diagnostics)}`
      if (this.#said.get(uri) === said) continue
      this.#said.set(uri, said)
      this.#send({ uri, diagnostics, ...(buffer ? { version: buffer.document.version } : {}) })
    }
    for (const uri of this.#said.keys())
      if (!kept.has(uri)) {
        this.#said.delete(uri)
        this.#send({ uri, diagnostics: [] })
      }
    const pulled = asked.join('\n')
    const again = pulled !== this.#pulled
    this.#pulled = pulled
    return again
  }

  #openPaths(): string[] {
    return this.#workspace
      .openDocuments()
      .flatMap(({ path }) => (path !== null && isCandidate(path) && this.#workspace.indexOf(path) ? [path] : []))
  }
}
