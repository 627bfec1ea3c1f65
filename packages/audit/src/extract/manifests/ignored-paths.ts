// Whether git would ignore a file that is not there: then a generator writes it, and nobody mistyped its name.
import { compileIgnore, type IgnoreRules } from '../../discover/ignore-rules.ts'

/** The text of a .gitignore and the folder that it lies in. */
export interface IgnoreFile {
  readonly folder: string
  readonly text: string
}

const ENDINGS = ['', '.ts', '.js', '.d.ts', '.json', '/index.ts']

/** The .gitignore files of a tree. */
export function readIgnores(paths: readonly string[], read: (path: string) => string | undefined): IgnoreFile[] {
  return paths.flatMap((path) => {
    if (path !== '.gitignore' && !path.endsWith('/.gitignore')) return []
    return [{ folder: path.slice(0, -'/.gitignore'.length), text: read(path) ?? '' }]
  })
}

/** Tells ignored paths by the .gitignore files above them, the innermost first. Compiled on the first question. */
export class IgnoredPaths {
  readonly #files: readonly IgnoreFile[]
  #rules: ReadonlyMap<string, IgnoreRules> | undefined

  constructor(files: readonly IgnoreFile[]) {
    this.#files = files
  }

  /** Whether a path, with any of the endings that an import leaves out, is ignored or lies in an ignored folder. */
  covers(path: string): boolean {
    if (this.#files.length === 0 || path === '') return false
    this.#rules ??= new Map(this.#files.map(({ folder, text }) => [folder, compileIgnore(text)]))
    const segments = path.split('/')
    for (let depth = 1; depth < segments.length; depth++) {
      if (this.#judge(segments.slice(0, depth).join('/'), true)) return true
    }
    // `./x.js` is how a source `x.ts` is imported that has yet to be built, or generated.
    const stems = [path, path.replace(/\.([mc]?)js(x?)$/, '.$1ts$2')]
    return stems.some((stem) => ENDINGS.some((ending) => this.#judge(stem + ending, false))) || this.#judge(path, true)
  }

  #judge(path: string, isFolder: boolean): boolean {
    const name = path.slice(path.lastIndexOf('/') + 1)
    for (let at = path; at !== ''; ) {
      at = at.slice(0, Math.max(0, at.lastIndexOf('/')))
      const verdict = this.#rules?.get(at)?.judge(at === '' ? path : path.slice(at.length + 1), name, isFolder)
      if (verdict !== undefined) return verdict
    }
    return false
  }
}
