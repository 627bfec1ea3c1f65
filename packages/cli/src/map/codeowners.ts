// Owners of manifests as CODEOWNERS lines, between markers of the file that the host reads.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { cliErrors } from '../command/errors.ts'
import type { Markers } from './marked-section.ts'
import type { ModuleMap } from './model/module-map.ts'

/** The generated part of CODEOWNERS for one application; several applications of a repository have a part each. */
export const codeownersMarkers = (application: string): Markers => ({
  begin: `# footing map: owners of ${application}, from its manifests; do not edit`,
  end: `# footing map: end of ${application}`,
})

/**
 * One line a module: its folder and its owner. The last line that matches decides, so the part belongs at the end.
 * @throws `map-owner-invalid` for an owner that CODEOWNERS cannot hold, `map-folder-unknown`
 */
export function codeowners(map: ModuleMap): string {
  const width = Math.max(0, ...map.modules.map(({ folder = '' }) => pattern(folder).length))
  return map.modules
    .map(({ name, owner, folder }) => {
      if (folder === undefined) throw cliErrors('map-folder-unknown', { details: { module: name } })
      if (owner === undefined || !isOwner(owner)) {
        throw cliErrors('map-owner-invalid', { details: { module: name, owner: JSON.stringify(owner ?? '') } })
      }
      return `${pattern(folder).padEnd(width)}  ${owner}`
    })
    .join('\n')
}

/** Where hosts look for the file, in their order. */
export const codeownersPlaces = ['.github/CODEOWNERS', 'CODEOWNERS', 'docs/CODEOWNERS', '.gitlab/CODEOWNERS'] as const

/** The file in use, else the one to create. */
export function codeownersFile(repository: string): string {
  return join(repository, codeownersPlaces.find((place) => existsSync(join(repository, place))) ?? 'CODEOWNERS')
}

/** Names, teams and addresses, several with spaces between. */
const isOwner = (owner: string): boolean =>
  owner.split(/ +/).every((one) => /^@[\w.-]+(\/[\w.-]+)*$/.test(one) || /^[^\s@#]+@[^\s@#]+\.[^\s@#]+$/.test(one))

/**
 * From the root, with a slash at the end; spaces and signs with a meaning are escaped. A control character matches any sign:
 * written as it is, a line break in the name of a folder would begin a line of somebody else's owners.
 */
const pattern = (folder: string): string =>
  folder === ''
    ? '*'
    : `/${folder.replaceAll(/[\p{Cc}\s\\*?[\]!#]/gu, (sign) => (/[\p{Cc}\u2028\u2029]/u.test(sign) ? '?' : `\\${sign}`))}/`
