// Parts what was found in code of front ends, command lines and libraries from what concerns servers and workers.
import type { Detection, RuleId } from '../detection/detection.ts'
import type { Module } from '../graph/contract.ts'
import type { AnalysedProgram } from '../graph/program/build-program.ts'

/** What a rule found in a program that is judged apart. */
export interface ApartDetection {
  readonly rule: RuleId
  /** Number of the program in the inventory. */
  readonly program: number
  readonly detection: Detection
}

/**
 * Rules that fit any program: whether its imports lead somewhere and go in circles. The others speak of requests,
 * workers and databases, which a front end or a command line does not have.
 */
export const FITTING: ReadonlySet<RuleId> = new Set<RuleId>(['boundaries/import-cycle', 'boundaries/unresolved-import'])

/** Leaves out what lies in programs that serve nobody; what reaches from one into the other concerns the servers. */
export function withoutApart(
  detections: readonly Detection[],
  apart: ReadonlyMap<string, number>,
): readonly Detection[] {
  if (apart.size === 0) return detections
  return detections.filter(
    (detection) => !apart.has(detection.place.path) || othersOf(detection).some((path) => !apart.has(path)),
  )
}

/** What lies in those programs, and in nothing else. */
export function onlyApart(
  rule: RuleId,
  detections: readonly Detection[],
  apart: ReadonlyMap<string, number>,
): ApartDetection[] {
  return detections.flatMap((detection) => {
    const program = apart.get(detection.place.path)
    const isInside = program !== undefined && othersOf(detection).every((path) => apart.has(path))
    return isInside ? [{ rule, program, detection }] : []
  })
}

/** The other places of a circle; those of a call chain say where a call leads, not whose it is. */
function othersOf({ chain, related }: Detection): readonly string[] {
  const arrows = (chain ?? []).filter(({ arrow }) => arrow !== undefined)
  return [...arrows, ...(arrows.length > 0 ? (related ?? []) : [])].map(({ path }) => path)
}

/** The same program with the modules apart as its product, so that a rule judges them as it judges servers. */
export function seenFromApart(program: AnalysedProgram): AnalysedProgram {
  const modules = program.modules.map((module): Module => {
    if (module.role === 'apart') return { ...module, role: 'code' }
    return module.role === 'code' || module.role === 'configuration' ? { ...module, role: 'stub' } : module
  })
  // A rule asks the program hundreds of thousands of times.
  const methods = new Map<string | symbol, unknown>()
  return new Proxy(program, {
    get(target, key) {
      if (key === 'modules') return modules
      const known = methods.get(key)
      if (known !== undefined) return known
      const value: unknown = Reflect.get(target, key, target)
      if (typeof value !== 'function') return value
      const method: unknown = value.bind(target)
      methods.set(key, method)
      return method
    },
  })
}
