// Fails when a file imports what its layer does not allow, when no layer places a file, or when files or folders import in a cycle.
import { fileURLToPath } from 'node:url'
import { type Knot, knots, type Layer, layers } from './layers.ts'
import { folderOf, type ImportEdge, packageEntries, readImports, sourceFiles } from './read-imports.ts'

/** All faults as lines `file:line  what`. Empty when every arrow is allowed. */
export function findBoundaryFaults(
  files: readonly string[],
  edges: readonly ImportEdge[],
  entries: ReadonlySet<string>,
  rules: readonly Layer[] = layers,
  allowed: readonly Knot[] = knots,
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
  return [...homeless, ...crossings, ...findCircles(edges), ...findKnots(edges, allowed), ...findUnused(edges, rules)]
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

// Cycles of what is loaded at run time; an import of types only loads nothing.
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
      faults.push(`${file}:1  imports itself in a cycle: ${[...path.slice(at), file].join(' → ')}`)
      return
    }
    if (done.has(file)) return
    for (const to of next.get(file) ?? []) visit(to, [...path, file])
    done.add(file)
  }
  for (const file of next.keys()) visit(file, [])
  return faults
}

// Cycles of folders, types included: a type that is needed both ways ties two folders as firmly as a call.
function findKnots(edges: readonly ImportEdge[], allowed: readonly Knot[]): readonly string[] {
  const arrows = folderArrows(edges)
  const found = circlesOf(arrows)
  const same = (a: ReadonlySet<string>, b: readonly string[]) => a.size === b.length && b.every((one) => a.has(one))
  const fresh = found.filter((cycle) => !allowed.some(({ folders }) => same(cycle, folders)))
  const gone = allowed.filter(({ folders }) => !found.some((cycle) => same(cycle, folders)))
  return [
    ...fresh.map((cycle) => describeKnot(cycle, arrows)),
    ...gone.map(
      ({ folders }) =>
        `scripts/layers.ts:1  these folders are not, or not all, in one cycle any more; correct or take out their knot: ${folders.join(', ')}`,
    ),
  ]
}

type Arrows = ReadonlyMap<string, ReadonlyMap<string, ImportEdge>>

/** The contract of a module's events stands apart from the module, so that one that it needs can hear it. */
const placeOf = (file: string): string => (file.endsWith('.events.ts') ? file : folderOf(file))

/** From folder to folder, with the first import that goes there. */
function folderArrows(edges: readonly ImportEdge[]): Arrows {
  const arrows = new Map<string, Map<string, ImportEdge>>()
  for (const edge of edges) {
    const [from, to] = [placeOf(edge.from), placeOf(edge.to)]
    if (edge.external || from === to) continue
    const targets = arrows.get(from) ?? new Map<string, ImportEdge>()
    if (!targets.has(to)) targets.set(to, edge)
    arrows.set(from, targets)
  }
  return arrows
}

/** The sets of folders that all reach each other. */
function circlesOf(arrows: Arrows): readonly ReadonlySet<string>[] {
  const reached = new Map([...arrows.keys()].map((folder) => [folder, reachedFrom(folder, arrows)]))
  const cycles = new Map<string, ReadonlySet<string>>()
  for (const [folder, all] of reached) {
    if (!all.has(folder)) continue
    const cycle = [...all].filter((other) => reached.get(other)?.has(folder)).toSorted()
    cycles.set(cycle.join(), new Set(cycle))
  }
  return [...cycles.values()]
}

function reachedFrom(start: string, arrows: Arrows): ReadonlySet<string> {
  const reached = new Set<string>()
  const open = [start]
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    for (const to of arrows.get(folder)?.keys() ?? []) {
      if (reached.has(to)) continue
      reached.add(to)
      open.push(to)
    }
  }
  return reached
}

function describeKnot(cycle: ReadonlySet<string>, arrows: Arrows): string {
  const [first = ''] = cycle
  const inside = [...cycle].flatMap((from) =>
    [...(arrows.get(from) ?? [])].flatMap(([to, { from: file, line }]) =>
      cycle.has(to) ? [`  ${from} → ${to}: ${file}:${line}`] : [],
    ),
  )
  return [`${first}:1  ${cycle.size} folders import each other in a cycle, types included:`, ...inside].join('\n')
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
