// Writes new migration files under the next numbers; two people on one machine who do it at once get different ones.
import { randomBytes } from 'node:crypto'
import { link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { dataError } from '../../data/contract/errors.ts'
import type { RecipeFile } from '../recipes/recipe.ts'
import { nextNumber, sourceFolder } from './migration-file.ts'

const namePattern = /^[a-z0-9]+(?:-[a-z0-9]+)*$/
const longestName = 100
const reservation = '.new-migration'

/** What to write. */
export interface CreateMigration {
  readonly module: string
  readonly folder: URL
  /** What it does, in words joined by hyphens: `add-price`. */
  readonly what: string
  readonly files: readonly RecipeFile[]
}

/**
 * Writes the files and gives their paths. Nothing that is there is ever written over.
 * @throws `migration-name-invalid`, `migration-folder-busy`
 */
export async function createMigrationFiles({
  module,
  folder,
  what,
  files,
}: CreateMigration): Promise<readonly string[]> {
  refuseName(module, what)
  const place = fileURLToPath(sourceFolder(folder))
  await mkdir(place, { recursive: true })
  const release = await reserve(place)
  try {
    const names = (await readdir(place)).filter((entry) => /^\d{4,}-.*\.(sql|ts|js)$/.test(entry))
    const first = Number(nextNumber(names))
    const numbers = files.map((_file, index) => String(first + index).padStart(4, '0'))
    const written: string[] = []
    for (const [index, { suffix, text }] of files.entries()) {
      const path = join(place, `${numbers[index]}-${what}${suffix}.sql`)
      await writeNew(path, text(numbers))
      written.push(path)
    }
    return written
  } finally {
    await release()
  }
}

function refuseName(module: string, what: string): void {
  if (namePattern.test(what) && what.length <= longestName) return
  const suggestion = what
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\.(sql|ts)$/g, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, longestName)
  throw dataError('migration-name-invalid', {
    name: JSON.stringify(what.slice(0, 120)),
    module,
    suggestion: suggestion || 'add-price',
  })
}

// The file appears whole under its name or not at all, and never takes the place of another.
async function writeNew(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomBytes(3).toString('hex')}.new`
  try {
    await writeFile(draft, text)
    await link(draft, path)
  } finally {
    await rm(draft, { force: true })
  }
}

async function reserve(place: string): Promise<() => Promise<void>> {
  const path = join(place, reservation)
  for (let attempt = 0; attempt < 200; attempt += 1) {
    try {
      // It appears with its holder in it: an empty one would look abandoned.
      await writeNew(path, String(process.pid))
      return () => rm(path, { force: true })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
    if (attempt > 5 && (await isAbandoned(path))) await rm(path, { force: true })
    else await delay(25)
  }
  throw dataError('migration-folder-busy', { file: path })
}

async function isAbandoned(path: string): Promise<boolean> {
  const holder = Number(await readFile(path, 'utf8').catch(() => String(process.pid)))
  if (!Number.isInteger(holder) || holder <= 0) return true
  try {
    process.kill(holder, 0)
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH'
  }
}
