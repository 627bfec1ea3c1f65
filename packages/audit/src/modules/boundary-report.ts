// The modules of a project as plain data: for reports, for `footing check` and for the map.
import type { Place } from '../facts/place.ts'
import { isProduct } from '../survey/whereabouts.ts'
import type { BoundaryContext, ModuleOrigin } from './boundary-model.ts'
import { boundaryModel } from './find-modules.ts'
import { crossingsOf } from './module-arrows.ts'

/** A module as it was found. */
export interface ReportedModule {
  readonly name: string
  /** Below the root. */
  readonly folder: string
  readonly origin: ModuleOrigin
  readonly declaredAt: Place
  /** What others may import, in words; '' when the module does not say. */
  readonly face: string
  /** Undefined when it does not say. */
  readonly needs: readonly string[] | undefined
  readonly owner: string
  readonly tables: readonly string[]
  readonly reads: Readonly<Record<string, readonly string[]>>
  readonly operations: readonly string[]
  readonly events: readonly string[]
  /** Names of the modules whose events it hears without needing them. */
  readonly hears: readonly string[]
  /** Source files, those of modules inside of it left out. */
  readonly files: number
}

/** Imports of one module by another. */
export interface ReportedArrow {
  /** Names of modules, which are unique. */
  readonly from: string
  readonly to: string
  readonly imports: number
  /** Those that are there for types only. */
  readonly typeOnly: number
  /** The first of them. */
  readonly place: Place
}

/** An import that leads nowhere, also one that no rule tells. */
export interface UnresolvedImport {
  readonly place: Place
  readonly specifier: string
  readonly reason: string
  /** False for what is computed or not generated yet: nobody can repair it where it stands, so no rule tells it. */
  readonly isFault: boolean
}

/** What is known of the modules of a project and of its imports. */
export interface BoundaryReport {
  readonly modules: readonly ReportedModule[]
  readonly arrows: readonly ReportedArrow[]
  readonly imports: {
    readonly statements: number
    /** Into files of the project. */
    readonly internal: number
    /** Of packages and of what the runtime brings. */
    readonly external: number
    /** Into files that are no modules: JSON, styles, declarations. */
    readonly assets: number
    readonly unresolved: number
    /** Of the unresolved, those that cannot be followed: computed at run time, or not generated yet. */
    readonly notFollowed: number
  }
  /** The first unresolved imports of each kind, by path and line. */
  readonly unresolved: readonly UnresolvedImport[]
  /** What of the declarations could not be used. */
  readonly problems: readonly { readonly place: Place; readonly what: string }[]
}

const NAMED = 50

/** Reads the report out of a program; undefined for a language without modules of this kind. */
export function boundaryReport(context: BoundaryContext): BoundaryReport | undefined {
  if (context.language !== 'typescript') return undefined
  const { program } = context
  const model = boundaryModel(context)
  const files = new Int32Array(model.modules.length)
  for (const id of model.of) if (id >= 0) files[id] = files[id]! + 1
  const counts = { statements: 0, internal: 0, external: 0, assets: 0, unresolved: 0, notFollowed: 0 }
  const unresolved: UnresolvedImport[] = []
  for (const { from, line, specifier, target } of program.imports.statements) {
    const file = program.modules[from]
    if (file === undefined || !isProduct(file)) continue
    counts.statements++
    if (target.to === 'module') counts.internal++
    else if (target.to === 'file') counts.assets++
    else if (target.to !== 'nowhere') counts.external++
    else {
      counts.unresolved++
      const isFault = !isNotFollowed(target)
      if (!isFault) counts.notFollowed++
      unresolved.push({ place: { path: file.path, line }, specifier, reason: target.reason, isFault })
    }
  }
  return {
    modules: model.modules.map(({ id, face, reads, parent: _, contracts: _files, ...module }) => ({
      ...module,
      face: face.kind === 'open' ? '' : face.words,
      reads: Object.fromEntries(reads),
      files: files[id]!,
    })),
    arrows: crossingsOf(context).arrows.map(({ from, to, crossings, runtime }) => ({
      from: from.name,
      to: to.name,
      imports: crossings.length,
      typeOnly: crossings.length - runtime,
      place: { path: crossings[0]?.importer.path ?? '', line: crossings[0]?.statement.line ?? 1 },
    })),
    imports: counts,
    unresolved: firstOf(unresolved),
    problems: model.problems,
  }
}

/** At most fifty of each kind, in order. */
function firstOf(all: readonly UnresolvedImport[]): UnresolvedImport[] {
  const left = { true: NAMED, false: NAMED }
  return all.filter(({ isFault }) => left[`${isFault}`]-- > 0)
}

/** Whether an import leads nowhere for a reason that nobody can repair where it stands. */
export function isNotFollowed({ cause, reason }: { readonly cause: string; readonly reason: string }): boolean {
  return cause === 'computed' || reason.startsWith('generated')
}
