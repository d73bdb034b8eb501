import type { Readable, Writable } from 'node:stream'
import {
  createConnection,
  DidChangeWatchedFilesNotification,
  DidChangeWorkspaceFoldersNotification,
  DidCreateFilesNotification,
  DidDeleteFilesNotification,
  DidRenameFilesNotification,
  ErrorCodes,
  LSPErrorCodes,
  MessageType,
  ResponseError,
  ShowMessageNotification,
  StreamMessageWriter,
  type Connection,
  type Message,
} from 'vscode-languageserver/node'
import { BASELINE_FILE } from '../spec-baseline.ts'
import { abilitiesOf, foldersOf, serverCapabilities, type ClientAbilities } from './client-abilities.ts'
import { actionsFor, EXPLAIN_COMMAND, explanationOf } from './code-actions.ts'
import { completionsAt } from './completion.ts'
import { FindingStore, resultId } from './diagnostics.ts'
import { pathOfUri, realPath, uriOfPath } from './document-uris.ts'
import { FolderWatch } from './folder-watch.ts'
import { hoverAt } from './hover.ts'
import type { LintResult } from './lint-run.ts'
import { LintThread, type JobParts } from './lint-thread.ts'
import { GuardedMessageReader } from './message-reader.ts'
import { definitionAt, fileAt, referencesAt } from './navigation.ts'
import { Publisher } from './publisher.ts'
import { renameAt, renameRange, RenameRefused } from './rename.ts'
import { flatOutline, outlineOf, workspaceSymbols } from './symbols.ts'
import { isCandidate, Workspace } from './workspace.ts'

export interface ServerSettings {
  readonly input: Readable
  readonly output: Writable
  readonly home: string
  readonly version: string
  /** Ends the process: 0 after `shutdown`, else 1. */
  readonly exit: (code: number) => void
}

/** Reading documents ahead takes so long at a time: a keystroke in between is not felt. */
const SLICE_MS = 12
/** JSON, YAML and Markdown: specifications, their configuration and baseline. */
const WATCHED = ['**/*.{md,mdc,mdx,markdown}', '**/*.{yaml,yml,json}']

/** Serves one client until it says `exit`, ends its output or is gone. */
export class LanguageServer {
  readonly #settings: ServerSettings
  readonly #connection: Connection
  readonly #workspace = new Workspace()
  readonly #store = new FindingStore()
  readonly #thread: LintThread
  readonly #watch: FolderWatch
  #client: ClientAbilities | null = null
  #publisher: Publisher | null = null
  #shutDown = false
  #isLinted = false
  /** What the running job looks at. */
  #job: JobParts | null = null
  #versions = new Map<string, number>()
  readonly #warned = new Set<string>()
  #warming: NodeJS.Immediate | undefined

  constructor(settings: ServerSettings) {
    this.#settings = settings
    const writer = new StreamMessageWriter(settings.output)
    const refuse = (id: number | string | null, code: number, message: string) =>
      void writer.write({ jsonrpc: '2.0', id, error: { code, message } } as Message).catch(() => undefined)
    const reader = new GuardedMessageReader(settings.input, refuse)
    const end = () => settings.exit(this.#shutDown ? 0 : 1)
    reader.onClose(end)
    writer.onError(end)
    this.#connection = createConnection(reader, writer)
    this.#thread = new LintThread(
      () => this.#parts(),
      (result) => this.#linted(result),
      (detail) => this.#connection.console.error(`specifications were not linted: ${detail}`),
    )
    this.#watch = new FolderWatch(() => this.#thread.changed(true))
  }

  listen(): void {
    this.#lifeCycle()
    this.#documents()
    this.#requests()
    this.#connection.listen()
  }

  #lifeCycle(): void {
    const connection = this.#connection
    connection.onInitialize((params) => {
      const client = abilitiesOf(params)
      this.#client = client
      this.#workspace.encoding = client.encoding
      for (const uri of foldersOf(params, uriOfPath)) this.#workspace.addFolder(uri)
      this.#publisher = new Publisher(
        this.#workspace,
        this.#store,
        { related: client.related, codeDescription: client.codeDescription, pulls: client.pullsDiagnostics },
        (published) => void connection.sendDiagnostics(published).catch(() => undefined),
      )
      const { version } = this.#settings
      return { capabilities: serverCapabilities(client, params), serverInfo: { name: 'gatehouse', version } }
    })
    connection.onInitialized(() => {
      if (this.#client?.watchesFiles) {
        const watchers = WATCHED.map((globPattern) => ({ globPattern }))
        connection.client.register(DidChangeWatchedFilesNotification.type, { watchers }).catch(() => {
          this.#client = this.#client && { ...this.#client, watchesFiles: false }
        })
      }
      this.#thread.changed(true)
      void this.#thread.settled()
    })
    connection.onShutdown(() => {
      this.#shutDown = true
      clearImmediate(this.#warming)
      this.#thread.close()
      this.#watch.close()
    })
  }

  #documents(): void {
    const connection = this.#connection
    const workspace = this.#workspace
    const touched = (uri: string) => {
      const path = pathOfUri(uri)
      if (path !== null && isCandidate(path)) this.#thread.changed(false)
    }
    connection.onDidOpenTextDocument(({ textDocument }) => {
      const { uri, languageId, version, text } = textDocument
      workspace.open(uri, languageId, version, text)
      touched(uri)
    })
    connection.onDidChangeTextDocument(({ textDocument, contentChanges }) => {
      workspace.change(textDocument.uri, textDocument.version, contentChanges)
      touched(textDocument.uri)
    })
    connection.onDidCloseTextDocument(({ textDocument }) => {
      workspace.close(textDocument.uri)
      touched(textDocument.uri)
    })
    connection.onDidSaveTextDocument(({ textDocument }) => {
      const path = pathOfUri(textDocument.uri)
      if (path !== null && isSettings(path)) this.#thread.changed(true)
    })
    connection.onDidChangeWatchedFiles(({ changes }) => {
      const paths = changes.flatMap(({ uri }) => pathOfUri(uri) ?? [])
      if (paths.some((path) => isCandidate(path) || isSettings(path))) this.#thread.changed(true)
    })
    connection.onDidChangeConfiguration(() => this.#thread.changed(true))
    connection.onNotification(DidChangeWorkspaceFoldersNotification.type, ({ event }) => {
      for (const { uri } of event.removed) workspace.removeFolder(uri)
      for (const { uri } of event.added) workspace.addFolder(uri)
      this.#thread.changed(true)
    })
    for (const type of [
      DidCreateFilesNotification.type,
      DidRenameFilesNotification.type,
      DidDeleteFilesNotification.type,
    ])
      connection.onNotification(type.method, () => this.#thread.changed(true))
  }

  #requests(): void {
    const connection = this.#connection
    const workspace = this.#workspace
    connection.onDefinition(async ({ textDocument, position }) => {
      await this.#ready(textDocument.uri)
      return definitionAt(workspace, textDocument.uri, position, this.#client?.definitionLinks === true)
    })
    connection.onReferences(async ({ textDocument, position, context }, token) => {
      await this.#ready(textDocument.uri)
      const stopped = () => token.isCancellationRequested
      return referencesAt(workspace, textDocument.uri, position, context.includeDeclaration, stopped)
    })
    connection.onHover(async ({ textDocument, position }) => {
      await this.#ready(textDocument.uri)
      return hoverAt(workspace, textDocument.uri, position, this.#client?.markdownHover === true)
    })
    connection.onDocumentSymbol(async ({ textDocument: { uri } }) => {
      await this.#ready(uri)
      const file = fileAt(workspace, uri)
      if (!file) return null
      const outline = outlineOf(file.index, file.path, workspace.encoding)
      return this.#client?.outlineTree ? outline : flatOutline(outline, uri)
    })
    connection.onWorkspaceSymbol(async ({ query }) => {
      await this.#ready(null)
      return workspaceSymbols(workspace, query)
    })
    connection.onCompletion(async ({ textDocument, position }) => {
      await this.#ready(textDocument.uri)
      return completionsAt(workspace, textDocument.uri, position)
    })
    connection.onCodeAction(async (params) => {
      await this.#thread.settled()
      const path = pathIn(workspace, params.textDocument.uri)
      if (path === null || !this.#publisher) return []
      const wish = { versioned: this.#client?.versionedEdits === true }
      return actionsFor(workspace, this.#store, path, params, this.#publisher.of(path), wish)
    })
    connection.onPrepareRename(async ({ textDocument, position }) => {
      await this.#ready(textDocument.uri)
      return renameRange(workspace, textDocument.uri, position)
    })
    connection.onRenameRequest(async ({ textDocument, position, newName }) => {
      await this.#ready(textDocument.uri)
      try {
        return await renameAt(workspace, textDocument.uri, position, newName, this.#client?.versionedEdits === true)
      } catch (error) {
        if (error instanceof RenameRefused) return new ResponseError(LSPErrorCodes.RequestFailed, error.message)
        throw error
      }
    })
    connection.onExecuteCommand(async ({ command, arguments: given }) => {
      if (command !== EXPLAIN_COMMAND)
        return new ResponseError(ErrorCodes.InvalidParams, `there is no command ${command}`)
      return this.#explain(given?.[0])
    })
    connection.languages.diagnostics.on(async ({ textDocument, previousResultId }) => {
      await this.#thread.settled()
      const path = pathIn(workspace, textDocument.uri)
      const buffer = workspace.openAt(textDocument.uri)
      if (path === null || !this.#publisher) return { kind: 'full', items: [] }
      if (buffer && isCandidate(path) && this.#versions.get(path) !== buffer.document.version)
        throw new ResponseError(LSPErrorCodes.ServerCancelled, 'edited meanwhile', { retriggerRequest: true })
      const items = this.#publisher.of(path)
      const id = resultId(items)
      return id === previousResultId ? { kind: 'unchanged', resultId: id } : { kind: 'full', resultId: id, items }
    })
  }

  /** Waits until the file's root is known, and what changed on the disk is read. */
  async #ready(uri: string | null): Promise<void> {
    const path = uri === null ? null : pathIn(this.#workspace, uri)
    const isNew = path !== null && isCandidate(path) && this.#workspace.indexOf(path) === null
    if (!this.#isLinted || this.#thread.rereads || isNew) await this.#thread.settled()
  }

  #parts(): JobParts {
    this.#versions = new Map(
      this.#workspace
        .openDocuments()
        .flatMap(({ path, document }) => (path === null ? [] : [[path, document.version]])),
    )
    const folders = this.#workspace.jobFolders()
    this.#job = { home: this.#settings.home, folders, overlays: this.#workspace.overlays() }
    return this.#job
  }

  #linted(result: LintResult): void {
    this.#isLinted = true
    this.#workspace.take(result)
    const overlays = this.#job?.overlays
    this.#store.take(result, (root, path) => this.#workspace.lintedText(root, path, overlays))
    if (this.#publisher?.publish(this.#versions)) this.#refresh()
    for (const { problems } of result.roots)
      for (const { path, detail } of problems)
        if (path === null && !this.#warned.has(detail)) {
          this.#warned.add(detail)
          this.#tell(MessageType.Warning, `Gatehouse: ${detail}`)
        }
    if (!this.#client?.watchesFiles) this.#watch.watch(result.roots.flatMap(({ folders }) => [...folders]))
    this.#warm()
  }

  /** The library's own way asks for an answer, which not every client gives. */
  #tell(type: MessageType, message: string): void {
    void this.#connection.sendNotification(ShowMessageNotification.type, { type, message }).catch(() => undefined)
  }

  #refresh(): void {
    // The type says that nothing comes back; a client that is gone rejects.
    void Promise.resolve(this.#connection.languages.diagnostics.refresh()).catch(() => undefined)
  }

  /** Reads what nobody has asked for yet, between the messages. */
  #warm(): void {
    clearImmediate(this.#warming)
    this.#warming = setImmediate(() => {
      if (!this.#workspace.indexes().every((index) => index.warm(SLICE_MS))) this.#warm()
    })
  }

  async #explain(rule: unknown): Promise<ResponseError | null> {
    const found = explanationOf(rule)
    if (!found) return new ResponseError(ErrorCodes.InvalidParams, `there is no rule ${JSON.stringify(rule)}`)
    const { title, page, file } = found
    if (this.#client?.showsDocuments) {
      const uri = file === null ? page : uriOfPath(file)
      const wish = { uri, external: file === null, takeFocus: true }
      const shown = await this.#connection.window.showDocument(wish).catch(() => ({ success: false }))
      if (shown.success) return null
    }
    this.#tell(MessageType.Info, `${found.rule}: ${title}. ${file ?? page}`)
    return null
  }
}

function pathIn(workspace: Workspace, uri: string): string | null {
  const found = workspace.openAt(uri)?.path ?? pathOfUri(uri)
  return found === null ? null : realPath(found)
}

function isSettings(path: string): boolean {
  return path.endsWith(BASELINE_FILE) || path.endsWith('specs.yaml')
}
