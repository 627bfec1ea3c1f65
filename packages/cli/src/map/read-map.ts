// Finds what to draw: the manifests of an application, or the folders and imports of any repository.
import { existsSync, realpathSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { repositoryOf } from '@footing/audit/repository'
import { findApplication } from '../application/application.ts'
import { cacheFolder } from '../command/cache-folder.ts'
import type { CommandContext } from '../command/command.ts'
import { mapOfApplication } from './from-application.ts'
import { mapOfDeclarations } from './from-declarations.ts'
import { mapOfRepository } from './from-repository.ts'
import type { ModuleMap } from './model/module-map.ts'

/** A map and where it belongs. Paths are absolute. */
export interface ReadMap {
  readonly map: ModuleMap
  /** The folder that was asked about. */
  readonly folder: string
  /** The repository around it: the next folder upwards with a .git, else the folder itself. */
  readonly repository: string
}

/**
 * Reads a folder. Its application is imported, which runs its code, only where it belongs to the project that the command
 * is given in, or with `--load`; everything else is read and never run.
 * @throws `app-load-failed` and the coded errors of reading a repository
 */
export async function readMap({ args, options, cwd, env, signal, terminal }: CommandContext): Promise<ReadMap> {
  const folder = resolve(cwd, typeof args.path === 'string' ? args.path : '.')
  const repository = repositoryOf(folder)
  const place = findApplication(folder)
  const { readModules } = await import('@footing/audit')
  const structure = await readModules({ root: folder, cache: cacheFolder(env), signal })
  const below = (path: string): string => slashes(join(relative(repository, folder), path))
  const read = (map: ModuleMap): ReadMap => ({ map, folder, repository })
  if (place === undefined) return read(mapOfRepository(structure, below, folder))
  if (options.load !== true && !isSameProject(folder, cwd)) {
    terminal.note(terminal.noteStyle('another project: its files were read and not run; --load runs them', 'dim'))
    return read(mapOfDeclarations(structure, below, folder) ?? mapOfRepository(structure, below, folder))
  }
  const { loadApplication } = await import('../application/load-application.ts')
  const app = await loadApplication(place)
  const folders = new Map(structure.modules.map((module) => [module.name, below(module.folder)]))
  return read(mapOfApplication(app, folders))
}

/** Links are followed: one inside the project that leads out of it leads to another project. */
function isSameProject(folder: string, cwd: string): boolean {
  return projectOf(folder) === projectOf(cwd)
}

function projectOf(folder: string): string {
  const real = existsSync(folder) ? realpathSync(folder) : folder
  const repository = repositoryOf(real)
  if (existsSync(join(repository, '.git'))) return repository
  for (let at = real; ; at = dirname(at)) {
    if (existsSync(join(at, 'package.json'))) return at
    if (dirname(at) === at) return real
  }
}

/** `.` is the repository itself. */
const slashes = (path: string): string => {
  const text = path.split(sep).join('/')
  return text === '.' ? '' : text
}
