// Reads the migrations of a module from its folder: names, order, text and checksum.
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { MigrationSource, Transaction } from '../../data/contract/contract.ts'
import { dataError } from '../../data/contract/errors.ts'
import { type BackfillPlan, type MigrationPhase, readHeader } from './migration-header.ts'
import { nameOf, sqlTokens } from './sql-tokens.ts'

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
  /** False for `-- footing: no-transaction` and for a backfill. */
  readonly transactional: boolean
  /** `-- footing: phase …`: before the deployment, or after it. A contract names its expand in full. */
  readonly phase?: MigrationPhase
  /** `-- footing: backfill …`: the text is one statement that joins the relation `batch`. */
  readonly backfill?: BackfillPlan
  /** `-- footing: draft`: not applied yet. */
  readonly draft?: true
  readonly body:
    | { readonly kind: 'sql'; readonly text: string }
    | { readonly kind: 'code'; readonly load: () => Promise<MigrationFunction> }
}

const fileName = /^(\d{4,}-[a-z0-9]+(?:-[a-z0-9]+)*)\.(sql|ts|js)$/

/**
 * Lists the migrations of a module by name. In a built package the folder of the sources is read where it is there, because
 * a compiler copies no SQL.
 * @throws `migration-invalid`, `migration-folder-missing`
 */
export async function readMigrations({ module, folder }: MigrationSource): Promise<readonly MigrationFile[]> {
  const base = folder.href.endsWith('/') ? folder : new URL(`${folder.href}/`)
  const sources = sourceFolder(folder)
  const found = new Map<string, MigrationFile>()
  const places = sources.href === base.href ? [base] : [sources, base]
  const listed = await Promise.all(places.map(async (place) => ({ place, entries: await listFolder(place) })))
  // Counted as empty, a folder that a build left behind would leave the database as it is, and say that all is well.
  if (listed.every(({ entries }) => entries === undefined))
    throw dataError('migration-folder-missing', { module, folder: fileURLToPath(base) })
  for (const { place, entries = [] } of listed) {
    for (const entry of entries.toSorted()) {
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
  return files.map((file) => withExpand(module, file, files))
}

/** Where the sources of a folder of migrations are: a built package is asked for `dist`, and a compiler copies no SQL. */
export function sourceFolder(folder: URL): URL {
  const base = folder.href.endsWith('/') ? folder : new URL(`${folder.href}/`)
  return new URL(base.href.replace(/\/dist\/(?!.*\/dist\/)/, '/src/'))
}

/** The number that comes after those of the names. */
export function nextNumber(names: readonly string[]): string {
  const largest = Math.max(0, ...names.map((name) => Number.parseInt(name, 10)))
  return String(largest + 1).padStart(4, '0')
}

/** The entries of a folder; undefined when it does not exist. */
async function listFolder(folder: URL): Promise<readonly string[] | undefined> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

async function readOne(module: string, name: string, ending: string, file: URL, built: URL): Promise<MigrationFile> {
  const text = (await readFile(file, 'utf8')).replaceAll('\r\n', '\n')
  const checksum = createHash('sha256').update(text).digest('hex')
  if (ending === 'sql') {
    return { module, name, checksum, ...headerOf(module, name, text), body: { kind: 'sql', text } }
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

function headerOf(module: string, name: string, text: string): ReturnType<typeof readHeader> {
  try {
    const header = readHeader(text)
    const joins = header.backfill === undefined || sqlTokens(text).some((token) => nameOf(token) === 'batch')
    if (!joins) throw new Error('its statement must join the relation batch, else each batch would change every row.')
    return header
  } catch (error) {
    throw invalid(module, `${name}.sql, ${error instanceof Error ? error.message : String(error)}`)
  }
}

// `after 0007` is short for the one file with that number; it has to exist and to come first.
function withExpand(module: string, file: MigrationFile, files: readonly MigrationFile[]): MigrationFile {
  if (file.phase?.kind !== 'contract') return file
  const { after } = file.phase
  const expand = files.find(({ name }) => name === after || name.startsWith(`${after}-`))
  if (expand === undefined || expand.name >= file.name) {
    throw invalid(module, `${file.name} comes after ${after}, and no earlier migration has that number or name`)
  }
  return { ...file, phase: { kind: 'contract', after: expand.name } }
}

function refuseEqualNumbers(module: string, files: readonly MigrationFile[]): void {
  const seen = new Map<string, string>()
  for (const { name } of files) {
    const number = name.split('-')[0] ?? name
    const other = seen.get(number)
    if (other !== undefined) {
      const next = nextNumber(files.map((file) => file.name))
      throw dataError('migration-number-taken', { module, number, first: other, second: name, next })
    }
    seen.set(number, name)
  }
}

function invalid(module: string, reason: string): Error {
  return dataError('migration-invalid', { module, reason })
}
