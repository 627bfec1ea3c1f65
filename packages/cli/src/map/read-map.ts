// Finds what to draw: the manifests of an application, or the folders and imports of any repository.
import { existsSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { findApplication } from '../application.ts'
import { cacheFolder } from '../cache-folder.ts'
import type { CommandContext } from '../command.ts'
import { mapOfApplication } from './from-application.ts'
import { mapOfRepository } from './from-repository.ts'
import type { ModuleMap } from './module-map.ts'

/** A map and where it belongs. Paths are absolute. */
export interface ReadMap {
  readonly map: ModuleMap
  /** The folder that was asked about. */
  readonly folder: string
  /** The repository around it: the next folder upwards with a .git, else the folder itself. */
  readonly repository: string
}

/** @throws `app-load-failed` and the coded errors of reading a repository */
export async function readMap({ args, cwd, env, signal }: CommandContext): Promise<ReadMap> {
  const folder = resolve(cwd, typeof args.path === 'string' ? args.path : '.')
  const repository = repositoryOf(folder)
  const place = findApplication(folder)
  const { readModules } = await import('@footing/audit')
  const structure = await readModules({ root: folder, cache: cacheFolder(env), signal })
  const below = (path: string): string => slashes(join(relative(repository, folder), path))
  if (place === undefined) return { map: mapOfRepository(structure, below, folder), folder, repository }
  const { loadApplication } = await import('../load-application.ts')
  const app = await loadApplication(place)
  const folders = new Map(structure.modules.map((module) => [module.name, below(module.folder)]))
  return { map: mapOfApplication(app, folders), folder, repository }
}

function repositoryOf(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at
    if (dirname(at) === at) return folder
  }
}

/** `.` is the repository itself. */
const slashes = (path: string): string => {
  const text = path.split(sep).join('/')
  return text === '.' ? '' : text
}
