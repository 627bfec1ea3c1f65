// The modules of a folder without any rule: for the map, and for whoever wants to know them.
import { collectFacts } from '../extract/collect-facts.ts'
import type { Program } from '../graph/contract.ts'
import { programsOf } from '../graph/program/programs.ts'
import { type AuditSettings, DEFAULT_SETTINGS } from '../settings/settings.ts'
import { type BoundaryReport, boundaryReport } from './boundary-report.ts'
import { domainArrows } from './domain-arrows.ts'

/** What to read. */
export interface ReadModulesOptions {
  readonly root: string
  readonly settings?: AuditSettings
  /** Folder of the cache, or false for none. */
  readonly cache?: string | false
  readonly signal?: AbortSignal
}

/**
 * Finds the modules below a folder and the imports between them: those of TypeScript, or the domain packages of a tree
 * that has Python only. Nothing found there is run.
 * @throws the file system's error when the root cannot be read; the signal's reason when stopped
 */
export async function readModules(options: ReadModulesOptions): Promise<BoundaryReport> {
  const { root, settings = DEFAULT_SETTINGS, cache = false, signal } = options
  const facts = await collectFacts({ root, exclude: settings.exclude, cache, signal })
  const programs = programsOf(facts)
  for (const one of programs) {
    const report = boundaryReport({ ...one, manifests: facts.manifests, settings })
    if (report !== undefined) return report
  }
  const [python] = programs
  return python === undefined ? NOTHING : { ...NOTHING, ...domainPackages(python.program) }
}

const NOTHING: BoundaryReport = {
  modules: [],
  arrows: [],
  imports: { statements: 0, internal: 0, external: 0, assets: 0, unresolved: 0, notFollowed: 0 },
  unresolved: [],
  problems: [],
}

function domainPackages(program: Program): Pick<BoundaryReport, 'modules' | 'arrows'> {
  return {
    modules: program.packages.map(({ name, path, modules }) => ({
      name,
      folder: path,
      origin: 'folder',
      declaredAt: { path: program.modules[modules[0] ?? -1]?.path ?? path, line: 1 },
      face: '',
      needs: undefined,
      owner: '',
      tables: [],
      reads: {},
      operations: [],
      events: [],
      hears: [],
      files: modules.length,
    })),
    arrows: [...domainArrows(program).values()].map(({ from, to, edges }) => ({
      from: from.name,
      to: to.name,
      imports: edges.length,
      typeOnly: 0,
      place: { path: program.modules[edges[0]?.from ?? -1]?.path ?? '', line: edges[0]?.line ?? 1 },
    })),
  }
}
