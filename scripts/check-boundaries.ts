// Fails when a file imports what its layer does not allow, when no layer places a file, or when files import in a circle.
import { fileURLToPath } from 'node:url'
import { type Layer, layers } from './layers.ts'
import { type ImportEdge, packageEntries, readImports, sourceFiles } from './read-imports.ts'

/** All faults as lines `file:line  what`. Empty when every arrow is allowed. */
export function findBoundaryFaults(
  files: readonly string[],
  edges: readonly ImportEdge[],
  entries: ReadonlySet<string>,
  rules: readonly Layer[] = layers,
): readonly string[] {
  const homeless = files
    .filter((file) => layerOf(file, rules) === undefined)
    .map((file) => `${file}:1  no layer places this file: add its folder to scripts/layers.ts with a reason`)
  const crossings = edges.flatMap((edge) => {
    const from = layerOf(edge.from, rules)
    if (from === undefined) return []
    const fault = edge.external ? vendorFault(from, edge) : arrowFault(from, edge, entries, rules)
    return fault === undefined ? [] : [`${edge.from}:${edge.line}  ${fault}`]
  })
  return [...homeless, ...crossings, ...findCircles(edges), ...findUnused(edges, rules)]
}

/** The layer of a file: the one with the longest folder that contains it. */
export function layerOf(file: string, rules: readonly Layer[]): Layer | undefined {
  return rules
    .filter((layer) => file.startsWith(`${layer.folder}/`))
    .toSorted((a, b) => b.folder.length - a.folder.length)[0]
}

function vendorFault(from: Layer, edge: ImportEdge): string | undefined {
  if (edge.to.startsWith('node:')) {
    return from.pure === true ? `${from.folder} may not use ${edge.to}: ${from.because}` : undefined
  }
  if (from.vendors.includes(edge.to)) return undefined
  return `${from.folder} may not import the package ${edge.to}: ${from.because}`
}

function arrowFault(
  from: Layer,
  edge: ImportEdge,
  entries: ReadonlySet<string>,
  rules: readonly Layer[],
): string | undefined {
  if (packageOf(edge.from) !== packageOf(edge.to) && !entries.has(edge.to)) {
    return `${edge.to} is the inside of another package: import one of that package's entries`
  }
  const to = layerOf(edge.to, rules)
  if (to === undefined) return `${edge.to} lies outside of every layer`
  if (to === from || from.mayImport.includes(to.folder)) return undefined
  return `${from.folder} may not import ${to.folder}: ${from.because}`
}

function packageOf(file: string): string {
  return file.split('/').slice(0, 2).join('/')
}

// An arrow that is allowed and not there any more would let it come back unseen.
function findUnused(edges: readonly ImportEdge[], rules: readonly Layer[]): readonly string[] {
  return rules.flatMap((layer) => {
    const own = edges.filter((edge) => layerOf(edge.from, rules) === layer)
    const used = new Set(own.map((edge) => (edge.external ? edge.to : layerOf(edge.to, rules)?.folder)))
    return [...layer.mayImport, ...layer.vendors]
      .filter((allowed) => !used.has(allowed))
      .map(
        (allowed) => `scripts/layers.ts:1  ${layer.folder} is allowed to import ${allowed} and does not: take it out`,
      )
  })
}

// Circles of what is loaded at run time; an import of types only loads nothing.
function findCircles(edges: readonly ImportEdge[]): readonly string[] {
  const next = new Map<string, string[]>()
  for (const edge of edges) {
    if (!edge.external && !edge.typeOnly) next.set(edge.from, [...(next.get(edge.from) ?? []), edge.to])
  }
  const done = new Set<string>()
  const faults: string[] = []
  const visit = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file)
    if (at >= 0) {
      faults.push(`${file}:1  imports itself in a circle: ${[...path.slice(at), file].join(' → ')}`)
      return
    }
    if (done.has(file)) return
    for (const to of next.get(file) ?? []) visit(to, [...path, file])
    done.add(file)
  }
  for (const file of next.keys()) visit(file, [])
  return faults
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const files = sourceFiles(root)
  const entries = packageEntries(root)
  const edges = readImports(root, files, entries)
  const faults = findBoundaryFaults(files, edges, new Set(entries.values()))
  for (const fault of faults) process.stderr.write(`${fault}\n`)
  if (files.length === 0) process.stderr.write('no source file was found: the check looked at nothing\n')
  process.stdout.write(`boundaries: ${files.length} files, ${edges.length} imports, ${faults.length} faults\n`)
  process.exitCode = faults.length > 0 || files.length === 0 ? 1 : 0
}
