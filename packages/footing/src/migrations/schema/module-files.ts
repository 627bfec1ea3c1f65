// The two files that stand beside the migrations of a module: the dump of its schema and the types of its tables.
import { randomBytes } from 'node:crypto'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { MigrationSource } from '../../data/contract/contract.ts'
import { dataError } from '../../data/contract/errors.ts'
import { sourceFolder } from '../files/migration-file.ts'

/** Paths of the files of one module. */
export interface ModuleFiles {
  readonly module: string
  /** `schema.sql` beside the folder of migrations. */
  readonly dump: string
  /** `tables.generated.ts` in the same place. */
  readonly types: string
  /** False for a module that an npm package brings: its files are the package's. */
  readonly own: boolean
}

/**
 * Where the files of the modules are.
 * @throws `schema-file-shared` when two modules keep their migrations side by side
 */
export function moduleFiles(sources: readonly MigrationSource[]): readonly ModuleFiles[] {
  const taken = new Map<string, string>()
  return sources.map(({ module, folder }) => {
    const parent = new URL('..', sourceFolder(folder))
    const dump = fileURLToPath(new URL('schema.sql', parent))
    const other = taken.get(dump)
    if (other !== undefined) throw dataError('schema-file-shared', { module, other, file: dump })
    taken.set(dump, module)
    const types = fileURLToPath(new URL('tables.generated.ts', parent))
    return { module, dump, types, own: !/[\\/]node_modules[\\/]/.test(dump) }
  })
}

/** The text of a file with plain line ends; undefined when there is none. */
export async function readText(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).replaceAll('\r\n', '\n')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Writes a file whole or not at all, and only when it says something new. True when it was written. */
export async function writeText(file: string, text: string): Promise<boolean> {
  if ((await readText(file)) === text) return false
  const draft = `${file}.${process.pid}-${randomBytes(3).toString('hex')}.new`
  try {
    await writeFile(draft, text)
    await rename(draft, file)
  } finally {
    await rm(draft, { force: true })
  }
  return true
}
