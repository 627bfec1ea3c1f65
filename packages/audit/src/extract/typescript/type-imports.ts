// Finds `import('x')` in the types of a file: annotations, assertions and type arguments alike.
import type { Program } from 'oxc-parser'
import type { Span } from './syntax-writer.ts'

/** Every import inside of a type, in source order. */
export function typeImports(program: Program): { readonly specifier: string; readonly span: Span }[] {
  const found: { specifier: string; span: Span }[] = []
  const open: unknown[] = [program]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (typeof at !== 'object' || at === null) continue
    const node = at as Readonly<Record<string, unknown>> // a node of the parser, or a list of them
    if (node.type === 'TSImportType') {
      const { start, end, source } = at as { start: number; end: number; source: { value: string } } // as its type says
      found.push({ specifier: source.value, span: { start, end } })
    }
    for (const inner of Object.values(node)) if (typeof inner === 'object' && inner !== null) open.push(inner)
  }
  return found.sort((a, b) => a.span.start - b.span.start)
}
