// The public face of a module: which of its files others may import, and how an import is judged against it.
import { compilePattern } from '../discover/ignore-rules.ts'
import type { ImportStatement } from '../graph/contract.ts'
import type { BoundaryContext, BoundaryModule, ModuleFace, ModuleOrigin } from './boundary-model.ts'

/** What a face is made of. */
export interface FaceSource {
  readonly origin: ModuleOrigin
  readonly folder: string
  /** Globs of public files below the folder; none: the `index` of the folder or of its `src`. */
  readonly globs: readonly string[]
  readonly package?: { readonly name: string; readonly exports: readonly string[] | undefined }
  /** `main`, `types` and their kin of its package.json. */
  readonly entries?: readonly string[]
}

const INDEX = /^(?:src\/)?index\.[mc]?[jt]sx?$/

/** The face of a module that has no manifest. */
export function faceOf({ program }: BoundaryContext, source: FaceSource): ModuleFace {
  const { origin, folder, globs, package: own } = source
  const entries = new Set(source.entries?.map((entry) => entry.replace(/^\.\//, '')))
  const patterns = globs.map((glob) => compilePattern(glob.replace(/^\.\//, '')))
  const files = program.modules
    .filter(({ path }) => path.startsWith(`${folder}/`))
    .filter(({ path }) => {
      const below = path.slice(folder.length + 1)
      return patterns.length === 0
        ? INDEX.test(below) || entries.has(below)
        : patterns.some((pattern) => pattern?.test(below) === true)
    })
    .map(({ path }) => path)
  const index = files[0]?.slice(folder.length + 1)
  const face = { files: new Set(files), package: own?.name ?? '', exports: own?.exports }
  if (own !== undefined) {
    const words = own.exports === undefined ? `its package name \`${own.name}\`` : 'the `exports` of its package.json'
    return { ...face, kind: 'package', words }
  }
  if (globs.length > 0) return { ...face, kind: 'files', words: globs.map((glob) => `\`${glob}\``).join(', ') }
  if (index !== undefined) return { ...face, kind: 'files', words: `\`${index}\`` }
  // Who wrote "these folders are modules" has a door in mind; a folder that was only found may have none.
  return origin === 'settings'
    ? { ...face, kind: 'files', words: 'an `index.ts`' }
    : { ...face, kind: 'open', words: '' }
}

/** Why an import does not go through the public face of the module; undefined when it does, or when there is none. */
export function roundTheDoor(module: BoundaryModule, statement: ImportStatement, path: string): string | undefined {
  const { face } = module
  if (face.kind === 'open') return undefined
  if (face.kind === 'files') return face.files.has(path) ? undefined : below(module, path)
  const { specifier } = statement
  if (specifier === face.package || face.files.has(path)) return isRelative(specifier) ? below(module, path) : undefined
  if (specifier.startsWith(`${face.package}/`)) {
    if (face.exports === undefined) return undefined
    const wanted = `.${specifier.slice(face.package.length)}`
    return face.exports.some((key) => matches(key, wanted)) ? undefined : specifier
  }
  return isRelative(specifier) || face.exports !== undefined ? below(module, path) : undefined
}

/** The keys of `exports` that let somebody in: `.` alone for a text or a list of conditions; none for what is `null`. */
export function exportedKeys(exports: unknown): string[] {
  if (typeof exports !== 'object' || exports === null || Array.isArray(exports)) return ['.']
  const entries = Object.entries(exports)
  if (!entries.some(([key]) => key.startsWith('.'))) return ['.']
  return entries.flatMap(([key, target]) => (target === null ? [] : [key]))
}

const isRelative = (specifier: string): boolean => specifier.startsWith('.')
const below = ({ folder }: BoundaryModule, path: string): string => path.slice(folder.length + 1)

function matches(key: string, wanted: string): boolean {
  const star = key.indexOf('*')
  if (star < 0) return key === wanted
  return (
    wanted.length >= key.length - 1 && wanted.startsWith(key.slice(0, star)) && wanted.endsWith(key.slice(star + 1))
  )
}
