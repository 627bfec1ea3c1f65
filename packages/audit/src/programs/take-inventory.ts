// The inventory: before any rule, what this repository builds and runs, and which of its files no server loads.
import type { ConfigFacts } from '../extract/config/contract.ts'
import type { Manifests } from '../extract/manifests/contract.ts'
import type { SyntaxTree } from '../facts/tree.ts'
import type { ModuleId } from '../graph/contract.ts'
import type { ProgramOfLanguage } from '../graph/program/programs.ts'
import { type BuiltProgram, type Inventory, SERVING_KINDS } from './contract.ts'
import type { Draft } from './draft.ts'
import { pythonPrograms } from './python-programs.ts'
import { typescriptPrograms } from './typescript-programs.ts'

/** Registrations that led nowhere which are named. */
const MAX_EXAMPLES = 3

/** What the inventory is taken of. */
export interface InventorySource {
  readonly programs: readonly ProgramOfLanguage[]
  readonly config: ConfigFacts
  readonly manifests: Manifests
  /** Every file of the audited tree. */
  readonly paths: readonly string[]
}

/** The inventory, and where it puts what it judges apart. */
export interface TakenInventory {
  readonly inventory: Inventory
  /** Number of the program in `inventory.programs` for each source file that no server loads. */
  readonly apart: ReadonlyMap<string, number>
}

/** Takes it, and marks the modules that it puts apart: rules about servers leave them alone. */
export function takeInventory({ programs, config, manifests, paths }: InventorySource): TakenInventory {
  const built: { program: BuiltProgram; paths: readonly string[] }[] = []
  const examples: Inventory['registrations']['examples'][number][] = []
  const registrations = { found: 0, lost: 0 }
  let unplaced = 0
  let beside = 0
  for (const one of programs) {
    const hasServer = built.some(({ program: { kind } }) => kind === 'server')
    const found =
      one.language === 'python'
        ? pythonPrograms(one, config, paths)
        : typescriptPrograms(one, config, manifests, hasServer)
    const { program, trees } = one
    const of: ModuleId[][] = found.drafts.map(() => [])
    const left: ModuleId[] = []
    for (const { id, role } of program.modules) {
      const number = found.by[id]!
      if (number >= 0) of[number]!.push(id)
      else if (role === 'code' || role === 'configuration') left.push(id)
      else beside++
    }
    unplaced += left.length
    for (const [number, draft] of found.drafts.entries()) {
      const modules = of[number]!
      // A worker often has no file of its own: it loads what the server loads.
      if (modules.length === 0 && (draft.roots.length === 0 || !SERVING_KINDS.includes(draft.kind))) continue
      built.push({ program: count(draft, modules, trees), paths: modules.map((id) => program.modules[id]!.path) })
    }
    const roles = new Map(found.started.map((id) => [id, 'code'] as const))
    const apartRoles = of.flatMap((modules, number) =>
      SERVING_KINDS.includes(found.drafts[number]!.kind) ? [] : modules.map((id) => [id, 'apart'] as const),
    )
    program.setRoles(new Map<ModuleId, 'code' | 'apart'>([...roles, ...apartRoles]))
    const serves = (module: ModuleId): boolean => {
      const { role } = program.modules[module]!
      return role === 'code' || role === 'configuration'
    }
    registrations.found += new Set(
      program.entries.flatMap(({ kind, place, function: fn }) =>
        (kind === 'route' || kind === 'websocket') && serves(program.functionInfo(fn).module)
          ? [`${place.path}:${place.line}`]
          : [],
      ),
    ).size
    for (const { module, line, label } of program.lostRoutes) {
      if (!serves(module)) continue
      registrations.lost++
      if (examples.length < MAX_EXAMPLES) examples.push({ label, place: { path: program.modules[module]!.path, line } })
    }
  }
  built.sort(
    (a, b) => rank(a.program) - rank(b.program) || b.program.lines - a.program.lines || compare(a.program, b.program),
  )
  const apart = new Map<string, number>()
  for (const [number, { program, paths: own }] of built.entries()) {
    if (SERVING_KINDS.includes(program.kind)) continue
    for (const path of own) apart.set(path, number)
  }
  const inventory: Inventory = {
    programs: built.map(({ program }) => program),
    registrations: { ...registrations, examples },
    unplaced,
    beside,
  }
  return { inventory, apart }
}

function count(draft: Draft, modules: readonly ModuleId[], trees: readonly SyntaxTree[]): BuiltProgram {
  const { kind, name, folder, madeWith, routes, tasks, evidence } = draft
  return {
    kind,
    name,
    folder,
    madeWith: [...madeWith].sort(),
    files: modules.length,
    lines: modules.reduce((sum, id) => sum + trees[id]!.value(0), 0),
    routes,
    tasks,
    evidence,
  }
}

const KINDS: readonly BuiltProgram['kind'][] = [
  'server',
  'worker',
  'front end',
  'command line',
  'library',
  'script',
  'evaluation',
]
const rank = ({ kind }: BuiltProgram): number => KINDS.indexOf(kind)
const compare = (a: BuiltProgram, b: BuiltProgram): number => (a.folder < b.folder ? -1 : a.folder > b.folder ? 1 : 0)
