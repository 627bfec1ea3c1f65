// The order in which modules start, and the cycles that make one impossible.
import type { AnyManifest } from './define-module.ts'
import { moduleErrors } from './errors.ts'

/**
 * Sorts modules so that whatever a module needs comes before it; modules that do not depend on each other keep
 * their order by name, so that every process starts alike.
 * @throws `module-duplicate`, `module-missing`, `module-cycle`
 */
export function orderByNeeds(manifests: readonly AnyManifest[]): readonly AnyManifest[] {
  const byName = new Map<string, AnyManifest>()
  for (const manifest of manifests) {
    if (byName.has(manifest.name)) throw moduleErrors('module-duplicate', { details: { module: manifest.name } })
    byName.set(manifest.name, manifest)
  }
  const order: AnyManifest[] = []
  const state = new Map<string, 'open' | 'done'>()
  const visit = (manifest: AnyManifest, path: readonly string[]) => {
    if (state.get(manifest.name) === 'done') return
    if (state.get(manifest.name) === 'open') {
      const cycle = [...path.slice(path.indexOf(manifest.name)), manifest.name].join(' → ')
      throw moduleErrors('module-cycle', { details: { cycle } })
    }
    state.set(manifest.name, 'open')
    for (const needed of sorted(manifest.needs)) {
      const found = byName.get(needed.name)
      if (!found) throw moduleErrors('module-missing', { details: { module: manifest.name, needed: needed.name } })
      visit(found, [...path, manifest.name])
    }
    state.set(manifest.name, 'done')
    order.push(manifest)
  }
  for (const manifest of sorted(manifests)) visit(manifest, [])
  return Object.freeze(order)
}

function sorted(manifests: readonly AnyManifest[]): readonly AnyManifest[] {
  return manifests.toSorted((left, right) => (left.name < right.name ? -1 : 1))
}
