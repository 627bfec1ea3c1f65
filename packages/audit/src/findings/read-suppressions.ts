// Finds the suppression comments of a tree: in sources from the facts, elsewhere in the files that have findings.
import { languageOf } from '../extract/languages.ts'
import { NO_VALUE } from '../facts/contract.ts'
import type { SyntaxTree } from '../facts/tree.ts'
import { parseSuppression, type Suppression } from './suppression.ts'

/** Every suppression comment; `places` are the paths that findings point at. */
export function readSuppressions(
  trees: readonly SyntaxTree[],
  places: readonly string[],
  source: { lines(path: string): readonly string[] },
): Suppression[] {
  const found: Suppression[] = []
  for (const tree of trees) {
    for (let at = 0; at + 1 < tree.comments.length; at += 2) {
      const local = tree.comments[at + 1] ?? NO_VALUE
      const id = local === NO_VALUE ? undefined : tree.names[local]
      if (id === undefined) continue
      const text = tree.strings.text(id)
      // In TypeScript a comment that only mentions the form, as documentation does, is none.
      if (text.startsWith('//') && !/^\/\/\s*footing:/i.test(text)) continue
      const written = /^(?:#|\/\/)/.test(text) ? text : `# ${text}`
      const suppression = parseSuppression(tree.path, tree.comments[at] ?? 0, written)
      if (suppression !== undefined) found.push(suppression)
    }
  }
  for (const path of new Set(places)) {
    // Comments of languages that are read come from the facts: a string may hold the same words.
    if (languageOf(path) !== undefined) continue
    for (const [index, line] of source.lines(path).entries()) {
      const suppression = line.includes('footing:') ? parseSuppression(path, index + 1, line) : undefined
      if (suppression !== undefined) found.push(suppression)
    }
  }
  return found
}
