import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Makes of this package one that stands alone: Node strips no types below node_modules, so what is published is
 * JavaScript with its declarations, and the few modules of core that it needs are in it.
 *
 * `node publish.ts <folder>` writes the package to an empty folder. `npm pack` and `npm publish` call it as their
 * `prepack` and `postpack`: package.json is rewritten for the tarball and put back after.
 */
const HERE = dirname(fileURLToPath(import.meta.url))
const PACKAGES = dirname(HERE)
const require = createRequire(import.meta.url)
const KEPT = join(HERE, 'package.json.kept')

interface Manifest {
  readonly name: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly [key: string]: unknown
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

/** Not published: tests, what is about this repository's own bundle, and comparing runs with OPA. */
const LEFT_OUT = [
  'src/**/*.test.ts',
  'src/**/*-fixture.ts',
  'src/governance-*.ts',
  'src/opa-differential*.ts',
  'src/rego-bench*.ts',
]
const isLeftOut = (file: string): boolean =>
  /\.test\.ts$|-fixture\.ts$|\/(?:governance-|opa-differential|rego-bench)[^/]*$/.test(file)

/** The modules of core that this package imports by name, and those that they import by name. */
function coreModules(): string[] {
  const found = new Set<string>()
  const visit = (file: string): void => {
    for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(/['"]@gatehouse\/core\/([^'"]+)['"]/g)) {
      if (found.has(path)) continue
      found.add(path)
      visit(join(PACKAGES, 'core/src', `${path}.ts`))
    }
  }
  for (const file of filesBelow(join(HERE, 'src'))) if (file.endsWith('.ts') && !isLeftOut(file)) visit(file)
  return [...found]
}

/** Compiles to `<out>/dist/rego` and `<out>/dist/core`. */
function compile(out: string): void {
  const dist = join(out, 'dist')
  const config = join(out, 'tsconfig.publish.json')
  const settings = {
    extends: join(PACKAGES, '../tsconfig.json'),
    compilerOptions: {
      noEmit: false,
      declaration: true,
      rewriteRelativeImportExtensions: true,
      rootDir: PACKAGES,
      outDir: join(dist, 'all'),
      typeRoots: [dirname(dirname(require.resolve('@types/node/package.json')))],
    },
    // Modules of core are named, as what is found through node_modules is taken to be compiled already.
    include: [join(HERE, 'src/**/*.ts'), ...coreModules().map((path) => join(PACKAGES, 'core/src', `${path}.ts`))],
    exclude: LEFT_OUT.map((pattern) => join(HERE, pattern)),
  }
  writeFileSync(config, JSON.stringify(settings))
  try {
    const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc')
    execFileSync(process.execPath, [tsc, '-p', config], { cwd: HERE, stdio: ['ignore', 2, 2] })
  } finally {
    rmSync(config)
  }
  for (const name of ['rego', 'core']) {
    const made = join(dist, 'all', name, 'src')
    if (existsSync(made)) renameSync(made, join(dist, name))
  }
  rmSync(join(dist, 'all'), { recursive: true })
  for (const file of filesBelow(dist)) writeFileSync(file, standalone(readFileSync(file, 'utf8'), file, dist))
}

const IMPORT = /(\bfrom\s*|\bimport\s*\(?\s*)(['"])([^'"\n]+)\2/g

/** Imports of core by name become imports of the files beside; declarations name what was compiled. */
function standalone(code: string, file: string, dist: string): string {
  return code.replaceAll(IMPORT, (whole: string, before: string, quote: string, name: string) => {
    const [, path] = /^@gatehouse\/core\/(.+)$/.exec(name) ?? []
    if (name.startsWith('.')) return `${before}${quote}${name.replace(/\.ts$/, '.js')}${quote}`
    if (path === undefined) return whole
    const to = relative(dirname(file), join(dist, 'core', `${path}.js`))
    return `${before}${quote}${to.startsWith('.') ? to : `./${to}`}${quote}`
  })
}

/** Removes what no module of this package leads to, and gives the packages of others that the rest imports. */
function reachable(dist: string): Set<string> {
  const others = new Set<string>()
  for (const kind of ['.js', '.d.ts']) {
    const kept = new Set<string>()
    const visit = (file: string): void => {
      if (kept.has(file)) return
      if (!existsSync(file)) throw new Error(`the code leads to ${relative(dist, file)}, which was not compiled`)
      kept.add(file)
      for (const [, , , name = ''] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
        if (name.startsWith('.')) visit(join(dirname(file), name.replace(/\.js$/, kind)))
        // What is no package's name stands in a text of the code, not in an import.
        else if (kind === '.js' && /^(?:@[\w.-]+\/)?[\w-][\w.-]*(?:\/|$)/.test(name) && !name.startsWith('node:'))
          others.add(
            name
              .split('/')
              .slice(0, name.startsWith('@') ? 2 : 1)
              .join('/'),
          )
      }
    }
    for (const file of filesBelow(join(dist, 'rego'))) if (file.endsWith(kind)) visit(file)
    for (const file of filesBelow(dist)) if (file.endsWith(kind) && !kept.has(file)) rmSync(file)
  }
  return others
}

/** package.json as it is published. Throws where the code imports what no manifest names. */
function published(dist: string): Manifest {
  const { scripts: _, dependencies = {}, ...mine } = manifestOf(HERE)
  const core = manifestOf(join(PACKAGES, 'core')).dependencies ?? {}
  const needed = [...reachable(dist)].toSorted().map((name) => {
    const version = dependencies[name] ?? core[name]
    if (version === undefined) throw new Error(`the code imports ${name}, which package.json does not name`)
    return [name, version] as const
  })
  const entry = (name: string): Record<string, string> => ({
    types: `./dist/rego/${name}.d.ts`,
    default: `./dist/rego/${name}.js`,
  })
  return {
    ...mine,
    exports: { '.': entry('rego'), './*': entry('*'), './package.json': './package.json' },
    dependencies: Object.fromEntries(needed),
  }
}

function build(out: string): void {
  mkdirSync(out, { recursive: true })
  rmSync(join(out, 'dist'), { recursive: true, force: true })
  compile(out)
  const manifest = published(join(out, 'dist'))
  cpSync(join(PACKAGES, '../LICENSE'), join(out, 'LICENSE'))
  if (out !== HERE)
    for (const name of ['README.md', 'examples']) cpSync(join(HERE, name), join(out, name), { recursive: true })
  else renameSync(join(HERE, 'package.json'), KEPT)
  writeFileSync(join(out, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
}

/** Puts back what `prepack` has changed, also where a run before was cut short. */
function restore(): void {
  if (existsSync(KEPT)) renameSync(KEPT, join(HERE, 'package.json'))
  for (const name of ['dist', 'LICENSE']) rmSync(join(HERE, name), { recursive: true, force: true })
}

const [, , to] = process.argv
if (to === 'prepack') {
  restore()
  build(HERE)
} else if (to === 'postpack') restore()
else if (to === undefined) {
  process.stderr.write('usage: node publish.ts <empty folder>\n')
  process.exitCode = 1
} else build(to)
