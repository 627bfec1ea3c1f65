// deep-import in Python: reaching past the public face of another domain package.

import type { Detection } from '../../detection/detection.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { DomainPackage, ImportEdge, Module, Program } from '../../graph/contract.ts'
import { domainArrows } from '../../modules/domain-arrows.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'

/** Judges a Python program. */
export function python(context: RuleContext): RuleResult {
  const { program, trees } = context
  const faces = publicFaces(program, trees)
  const edges = [...domainArrows(program).values()].flatMap(({ to, edges: own }) => own.map((edge) => ({ edge, to })))
  return {
    detections: edges.flatMap(({ edge, to }) => judge(program, edge, to, faces.get(to.id))),
    examined: { count: edges.length, of: 'imports between domain packages' },
  }
}

/** Names that are private by convention; `_` alone is a translation, `__version__` and the like are public. */
const isPrivate = (name: string): boolean => /^_(?!_|$)/.test(name)

function judge(
  program: Program,
  edge: ImportEdge,
  to: DomainPackage,
  face: ReadonlySet<string> | undefined,
): Detection[] {
  const importer = program.modules[edge.from]
  const imported = program.modules[edge.to]
  if (importer === undefined || imported === undefined) return []
  const inner = imported.name.slice(to.name.length + 1)
  const hidden = edge.names.filter(isPrivate)
  if (hidden.length > 0)
    return [detection(edge, importer, imported, to, `the private ${list(hidden)}`, hidden.join(', '), 'definite')]
  if (inner.split('.').some(isPrivate))
    return [
      detection(edge, importer, imported, to, `the private module \`${imported.name}\``, imported.name, 'definite'),
    ]
  // The package has said what it exports: a name of that list, taken from an inner module instead, goes round the door.
  const around = face === undefined || inner === '' ? [] : edge.names.filter((name) => face.has(name))
  if (around.length === 0) return []
  return [
    detection(
      edge,
      importer,
      imported,
      to,
      `${list(around)} from the inner module \`${imported.name}\``,
      `${imported.name} ${around.join(', ')}`,
      'probable',
    ),
  ]
}

function detection(
  edge: ImportEdge,
  importer: Module,
  imported: Module,
  to: DomainPackage,
  thing: string,
  evidence: string,
  confidence: Detection['confidence'],
): Detection {
  return {
    place: { path: importer.path, line: edge.line },
    subject: '<module>',
    evidence,
    message: {
      what: `\`${importer.name}\` takes ${thing} of the package \`${to.name}\`.`,
      why: `\`${to.name}\` cannot change its inside any more without breaking code that it does not know.`,
      do:
        confidence === 'probable'
          ? `Import it from \`${to.name}\`, which exports it.`
          : `Let \`${to.name}\` offer what is needed under a public name.`,
    },
    confidence,
    related: [{ path: imported.path, line: 1, label: 'the module that is reached into' }],
  }
}

/**
 * Names that the `__init__` of a package takes from its own modules and lists in `__all__`: its declared public face. An
 * `__init__` without that list collects its parts for whom it pleases, and has promised nothing about the rest.
 */
function publicFaces(program: Program, trees: RuleContext['trees']): ReadonlyMap<number, ReadonlySet<string>> {
  const faces = new Map<number, Set<string>>()
  for (const domain of program.packages) {
    const init = domain.modules.find(
      (id) => program.modules[id]?.isPackage === true && program.modules[id]?.name === domain.name,
    )
    if (init === undefined || !declaresExports(trees[init]!)) continue
    const names = program.imports
      .importsOf(init)
      .filter((edge) => program.modules[edge.to]?.domain === domain.id && edge.tier === 'runtime')
      .flatMap((edge) => edge.names)
      .filter((name) => name !== '*')
    if (names.length > 0) faces.set(domain.id, new Set(names))
  }
  return faces
}

/** Whether a module says what it exports. */
function declaresExports(tree: SyntaxTree): boolean {
  return tree.mentions(tree.strings.id('__all__'))
}

function list(names: readonly string[]): string {
  const [first = '', second] = names
  const rest = names.length > 2 ? ` and ${names.length - 2} more` : ''
  return second === undefined ? `\`${first}\`` : `\`${first}\`, \`${second}\`${rest}`
}
