// Which folders are services of their own: what is built separately and runs product code of this repository.
import type { DeclaredService } from '../../extract/config/contract.ts'
import type { Place } from '../../facts/place.ts'
import type { RuleContext } from '../../rule/rule.ts'

/** A folder that is built into an image of its own. */
export interface ServiceFolder {
  /** Folder below the audited root, '' for the root. */
  readonly folder: string
  /** Names that compose files and Dockerfiles give it. */
  readonly names: readonly string[]
  readonly place: Place
}

/**
 * Folder whose code a service is built from: where its Dockerfile lies when that is below the build context, else the
 * context. Undefined for a service that only pulls an image.
 */
export function builtFrom(service: DeclaredService): string | undefined {
  if (service.build === '') return undefined
  const [context = '', dockerfile = ''] = service.build.split(':')
  const inner = dockerfile.includes('/') ? dockerfile.slice(0, dockerfile.lastIndexOf('/')) : ''
  // `docker/Dockerfile.web` and `deploy/…` say where Dockerfiles are kept, not what they build.
  const folder =
    inner === '' || KEPT.test(inner) || inner.startsWith('..')
      ? context
      : context === '.'
        ? inner
        : `${context}/${inner}`
  // A context that holds packaging alone builds what stands beside it.
  return folder === '.' || KEPT.test(folder) ? '' : folder
}

/** Folders that Dockerfiles are kept in. */
const KEPT = /(?:^|\/)(?:docker|deploy|deployment|build|ci|images?|containers?|compose|infra|\.docker|ops)(?:\/|$)/i

/** Service folders that hold Python modules of the audited code, outermost first; a folder within one of them is another. */
export function serviceFolders(context: RuleContext): ServiceFolder[] {
  const { config, program } = context
  const found = new Map<string, { names: Set<string>; place: Place }>()
  for (const service of config.services) {
    const folder = builtFrom(service)
    if (folder === undefined || folder.startsWith('..') || service.kind === 'procfile') continue
    if (isOnDemand(config.services, folder)) continue
    const known = found.get(folder)
    if (known === undefined) found.set(folder, { names: new Set([service.name]), place: service.place })
    else known.names.add(service.name)
  }
  return [...found]
    .filter(([folder]) => program.modules.some((module) => module.role === 'code' && isBelow(module.path, folder)))
    .filter(([folder]) => !isEntryOfCodeBase(context, folder))
    .map(([folder, { names, place }]) => ({ folder, names: [...names].sort(), place }))
    .sort((a, b) => (a.folder < b.folder ? -1 : 1))
}

/** Every composed service of the folder has a profile: it runs beside the others only when somebody asks for it. */
function isOnDemand(services: readonly DeclaredService[], folder: string): boolean {
  const composed = services.filter((service) => service.kind === 'compose' && builtFrom(service) === folder)
  return composed.length > 0 && composed.every(({ profiles }) => profiles.length > 0)
}

/** Half of what the folder imports lies outside of it: one more way to start a code base that others start too. */
export function isEntryOfCodeBase({ program }: RuleContext, folder: string): boolean {
  if (folder === '') return false
  let inside = 0
  let outside = 0
  for (const module of program.modules) {
    if (module.role !== 'code' || !isBelow(module.path, folder)) continue
    for (const { tier, to } of program.imports.importsOf(module.id)) {
      if (tier === 'type-only') continue
      if (isBelow(program.modules[to]!.path, folder)) inside++
      else outside++
    }
  }
  return outside > 0 && outside >= inside
}

/** The innermost service folder that holds a path, or undefined. */
export function serviceOf(path: string, folders: readonly ServiceFolder[]): ServiceFolder | undefined {
  return folders.filter(({ folder }) => isBelow(path, folder)).sort((a, b) => b.folder.length - a.folder.length)[0]
}

function isBelow(path: string, folder: string): boolean {
  return folder === '' || path.startsWith(`${folder}/`)
}
