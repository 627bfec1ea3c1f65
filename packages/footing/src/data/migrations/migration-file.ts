// Reads the migrations of a module from its folder: names, order, text and checksum.
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { MigrationSource, Transaction } from '../contract.ts'
import { dataError } from '../errors.ts'

/** Tables as a migration in TypeScript sees them: whatever is there at that point of the history. */
export type MigrationTables = Record<string, Record<string, unknown>>

/** What a migration in TypeScript exports as `up`. */
export type MigrationFunction = (tx: Transaction<MigrationTables>) => Promise<void>

/** One migration, read but not run. */
export interface MigrationFile {
  readonly module: string
  /** File name without its ending, e.g. `0001-create-user`. */
  readonly name: string
  /** SHA-256 of the source, line endings aside; `undefined` where only compiled code is there, which builds change. */
  readonly checksum: string | undefined
  /** False for `-- footing: no-transaction` in the first line. */
  readonly transactional: boolean
  readonly body:
    | { readonly kind: 'sql'; readonly text: string }
    | { readonly kind: 'code'; readonly load: () => Promise<MigrationFunction> }
}

const fileName = /^(\d{4,}-[a-z0-9]+(?:-[a-z0-9]+)*)\.(sql|ts|js)$/

/**
 * Lists the migrations of a module by name. A folder that does not exist holds none.
 * In a built package the folder of the sources is read, because a compiler copies no SQL.
 * @throws `migration-invalid`
 */
export async function readMigrations({ module, folder }: MigrationSource): Promise<readonly MigrationFile[]> {
  const base = folder.href.endsWith('/') ? folder : new URL(`${folder.href}/`)
  const sources = new URL(base.href.replace(/\/dist\/(?!.*\/dist\/)/, '/src/'))
  const found = new Map<string, MigrationFile>()
  for (const place of sources.href === base.href ? [base] : [sources, base]) {
    for (const entry of (await listFolder(place)).toSorted()) {
      if (entry.endsWith('.d.ts') || !/\.(sql|ts|js)$/.test(entry) || /\.test\.[jt]s$/.test(entry)) continue
      const [, name, ending] = fileName.exec(entry) ?? []
      if (name === undefined || ending === undefined)
        throw invalid(module, `${entry} is not named like 0001-create-user.sql`)
      if (found.has(name) && place.href === base.href && sources.href !== base.href) continue
      if (found.has(name)) throw invalid(module, `${name} exists twice`)
      found.set(name, await readOne(module, name, ending, new URL(entry, place), new URL(`${name}.js`, base)))
    }
  }
  const files = [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
  refuseEqualNumbers(module, files)
  return files
}

async function listFolder(folder: URL): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

async function readOne(module: string, name: string, ending: string, file: URL, built: URL): Promise<MigrationFile> {
  const text = (await readFile(file, 'utf8')).replaceAll('\r\n', '\n')
  const checksum = createHash('sha256').update(text).digest('hex')
  if (ending === 'sql') {
    const transactional = !/^--\s*footing:\s*no-transaction\b/.test(text)
    return { module, name, checksum, transactional, body: { kind: 'sql', text } }
  }
  const isBuilt = import.meta.url.endsWith('.js') && file.href !== built.href
  const load = async () => loadFunction(module, name, isBuilt ? built : file)
  return {
    module,
    name,
    checksum: ending === 'ts' ? checksum : undefined,
    transactional: true,
    body: { kind: 'code', load },
  }
}

async function loadFunction(module: string, name: string, file: URL): Promise<MigrationFunction> {
  const exports: unknown = await import(file.href)
  if (typeof exports === 'object' && exports !== null && 'up' in exports && typeof exports.up === 'function') {
    // The signature of an imported function cannot be checked at run time.
    return exports.up as MigrationFunction
  }
  throw invalid(module, `${fileURLToPath(file)} does not export a function called up (${name})`)
}

function refuseEqualNumbers(module: string, files: readonly MigrationFile[]): void {
  const seen = new Map<string, string>()
  for (const { name } of files) {
    const number = name.split('-')[0] ?? name
    const other = seen.get(number)
    if (other !== undefined) throw invalid(module, `${other} and ${name} have the same number`)
    seen.set(number, name)
  }
}

function invalid(module: string, reason: string): Error {
  return dataError('migration-invalid', { module, reason })
}
