import type { InitializeParams, ServerCapabilities } from 'vscode-languageserver/node'
import { EXPLAIN_COMMAND } from './code-actions.ts'
import { chooseEncoding, type PositionEncoding } from './position-encoding.ts'

/** What the client can take, as far as it changes what we send. */
export interface ClientAbilities {
  readonly encoding: PositionEncoding
  readonly related: boolean
  readonly codeDescription: boolean
  readonly definitionLinks: boolean
  readonly outlineTree: boolean
  readonly markdownHover: boolean
  readonly versionedEdits: boolean
  readonly watchesFiles: boolean
  readonly showsDocuments: boolean
  /**
   * The client asks for diagnostics of open files, and again when we say so: then they are not pushed as well, or they would be shown twice. Files that are
   * not open are pushed in any case.
   */
  readonly pullsDiagnostics: boolean
}

export function abilitiesOf({ capabilities }: InitializeParams): ClientAbilities {
  const { textDocument, workspace, general, window } = capabilities
  return {
    encoding: chooseEncoding(general?.positionEncodings),
    related: textDocument?.publishDiagnostics?.relatedInformation === true,
    codeDescription: textDocument?.publishDiagnostics?.codeDescriptionSupport !== false,
    definitionLinks: textDocument?.definition?.linkSupport === true,
    outlineTree: textDocument?.documentSymbol?.hierarchicalDocumentSymbolSupport === true,
    markdownHover: (textDocument?.hover?.contentFormat ?? ['markdown'])[0] === 'markdown',
    versionedEdits: workspace?.workspaceEdit?.documentChanges === true,
    watchesFiles: workspace?.didChangeWatchedFiles?.dynamicRegistration === true,
    showsDocuments: window?.showDocument?.support === true,
    pullsDiagnostics: textDocument?.diagnostic !== undefined && workspace?.diagnostics?.refreshSupport === true,
  }
}

/** Everything that moves files about: a client may tell of a folder and not of what was in it. */
const ALL_FILES = { filters: [{ scheme: 'file', pattern: { glob: '**/*' } }] }

export function serverCapabilities(client: ClientAbilities, params: InitializeParams): ServerCapabilities {
  return {
    positionEncoding: client.encoding,
    // Incremental: 2.
    textDocumentSync: { openClose: true, change: 2, save: { includeText: false } },
    definitionProvider: true,
    referencesProvider: true,
    hoverProvider: true,
    documentSymbolProvider: true,
    workspaceSymbolProvider: true,
    completionProvider: { triggerCharacters: ['-'] },
    codeActionProvider: { codeActionKinds: ['quickfix', 'source.fixAll'] },
    executeCommandProvider: { commands: [EXPLAIN_COMMAND] },
    renameProvider:
      params.capabilities.textDocument?.rename?.prepareSupport === true ? { prepareProvider: true } : true,
    ...(client.pullsDiagnostics
      ? { diagnosticProvider: { identifier: 'gatehouse', interFileDependencies: true, workspaceDiagnostics: false } }
      : {}),
    workspace: {
      workspaceFolders: { supported: true, changeNotifications: true },
      fileOperations: { didCreate: ALL_FILES, didRename: ALL_FILES, didDelete: ALL_FILES },
    },
  }
}

/** The folders that the client opened, as URIs: old clients name one root, some as a path. */
export function foldersOf(params: InitializeParams, uriOfPath: (path: string) => string): string[] {
  if (params.workspaceFolders) return params.workspaceFolders.map(({ uri }) => uri)
  // oxlint-disable-next-line typescript/no-deprecated -- clients older than 3.6 know nothing else
  const { rootUri, rootPath } = params
  if (rootUri) return [rootUri]
  return rootPath ? [uriOfPath(rootPath)] : []
}
