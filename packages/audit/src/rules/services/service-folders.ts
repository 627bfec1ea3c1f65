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
  const kept =
    /(?:^|\/)(?:docker|deploy|deployment|build|ci|images?|containers?|compose|infra|\.docker|ops)(?:\/|$)/i.test(inner)
  const folder =
    inner === '' || kept || inner.startsWith('..') ? context : context === '.' ? inner : `${context}/${inner}`
  return folder === '.' ? '' : folder
}

/** Service folders that hold Python modules of the audited code, outermost first; a folder within one of them is another. */
export function serviceFolders({ config, program }: RuleContext): ServiceFolder[] {
  const found = new Map<string, { names: Set<string>; place: Place }>()
  for (const service of config.services) {
    const folder = builtFrom(service)
    if (folder === undefined || folder.startsWith('..') || service.kind === 'procfile') continue
    const known = found.get(folder)
    if (known === undefined) found.set(folder, { names: new Set([service.name]), place: service.place })
    else known.names.add(service.name)
  }
  return [...found]
    .filter(([folder]) => program.modules.some((module) => module.role === 'code' && isBelow(module.path, folder)))
    .map(([folder, { names, place }]) => ({ folder, names: [...names].sort(), place }))
    .sort((a, b) => (a.folder < b.folder ? -1 : 1))
}

/** The innermost service folder that holds a path, or undefined. */
export function serviceOf(path: string, folders: readonly ServiceFolder[]): ServiceFolder | undefined {
  return folders.filter(({ folder }) => isBelow(path, folder)).sort((a, b) => b.folder.length - a.folder.length)[0]
}

function isBelow(path: string, folder: string): boolean {
  return folder === '' || path.startsWith(`${folder}/`)
}
