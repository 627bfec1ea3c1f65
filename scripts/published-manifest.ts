// Turns the package.json of a workspace package into the one that is published, and back: npm runs it around every pack.
//
//   node ../../scripts/published-manifest.ts prepare|restore     in the folder of the package
//
// In the workspace the condition @footing/source leads to TypeScript sources. Node refuses those under node_modules, so what is
// published knows only what was compiled.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A package.json as far as it matters here. */
export interface Manifest {
  readonly exports?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly scripts?: unknown
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: unknown
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
  readonly [field: string]: unknown
}

/** The manifest that is published. */
export function publishedManifest(manifest: Manifest): Manifest {
  const { scripts: _scripts, devDependencies: _development, exports = {}, ...rest } = manifest
  const entries = Object.entries(exports).map(([path, { '@footing/source': _source, ...targets }]) => [path, targets])
  return { ...rest, exports: Object.fromEntries(entries) }
}

const kept = '.package.json.of-the-workspace'

/** Puts the published manifest in place; a pack that was killed before is undone first. */
export function prepare(folder: string): void {
  restore(folder)
  const file = join(folder, 'package.json')
  const text = readFileSync(file, 'utf8')
  writeFileSync(join(folder, kept), text)
  // Only this script writes the file in between, and it was valid when npm read it.
  writeFileSync(file, `${JSON.stringify(publishedManifest(JSON.parse(text) as Manifest), undefined, 2)}\n`)
}

/** Puts the manifest of the workspace back. */
export function restore(folder: string): void {
  if (existsSync(join(folder, kept))) renameSync(join(folder, kept), join(folder, 'package.json'))
}

if (import.meta.main) {
  const [step] = process.argv.slice(2)
  if (step === 'prepare') prepare(process.cwd())
  else if (step === 'restore') restore(process.cwd())
  else throw new Error('published-manifest.ts prepare|restore')
}
