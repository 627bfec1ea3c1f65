// Which module, if any, a measurement justifies taking out. The rules are data with reasons; the figures stay visible.
import type { MapModule, ModuleMap } from '../model/module-map.ts'
import type { Changes, ModuleChanges } from './changes.ts'
import type { Load, ModuleLoad } from './measured.ts'

/** What pushes a module out, or holds it in. */
export interface Reason {
  readonly rule: 'loop' | 'team' | 'chatty' | 'needed'
  readonly effect: 'for' | 'against'
  readonly sentence: string
}

/** `unknown` when nothing that could justify it was measured. */
export type PressureVerdict = 'take out' | 'stay' | 'unknown'

/** One module with its figures. Shares are 0 to 1, undefined when not measured. */
export interface ModulePressure {
  readonly module: string
  readonly verdict: PressureVerdict
  readonly reasons: readonly Reason[]
  readonly requests: number | undefined
  readonly calls: number | undefined
  /** Calls into it for each request that the application answered. */
  readonly callsPerRequest: number | undefined
  readonly loopShare: number | undefined
  readonly statementShare: number | undefined
  readonly changes: ModuleChanges | undefined
}

/** All modules and one sentence. */
export interface Pressure {
  readonly modules: readonly ModulePressure[]
  readonly measured: { readonly load: boolean; readonly loop: boolean; readonly changes: boolean }
  readonly utilisation: number | undefined
  readonly conclusion: string
}

/** Where the rules draw their lines. Conventions of ours, to be changed when figures of real extractions are known. */
const limits = {
  /** A process this busy has no room to grow. */
  busyLoop: 0.7,
  /** Half of the work in one module: taking it out halves what is left. */
  loopShare: 0.5,
  /** Fewer changes than this say nothing about a team. */
  fewestCommits: 20,
  /** Commits that touch no other module. */
  aloneShare: 0.8,
  /** Commits by people who change no other module. */
  ownPeopleShare: 0.6,
  /** Each call becomes a request over the network, about a millisecond inside one data centre. */
  callsPerRequest: 3,
} as const

/** Joins load and history. Every module of the map gets a verdict, in the order of the map. */
export function judgePressure(map: ModuleMap, load: Load | undefined, changes: Changes | undefined): Pressure {
  const all = [...(load?.modules.values() ?? [])]
  const totals: Totals = {
    requests: sum(all.map((one) => one.requests)),
    loop: load?.busySeconds ?? 0,
    statements: sum(all.map((one) => one.statementSeconds)),
    utilisation: load?.utilisation,
  }
  const loopMeasured = load?.busySeconds !== undefined && sum(all.map((one) => one.loopSeconds ?? 0)) > 0
  const modules = map.modules.map((module) =>
    judge(
      module,
      load?.modules.get(module.name),
      changes?.modules.get(module.name),
      totals,
      loopMeasured,
      load?.busySeconds !== undefined,
    ),
  )
  return {
    modules,
    measured: { load: load !== undefined, loop: loopMeasured, changes: changes !== undefined },
    utilisation: load?.utilisation,
    conclusion:
      load?.busySeconds !== undefined && !loopMeasured
        ? 'The profile saw no code of any module: it was another process (under footing dev the application has its own), or one without load.'
        : conclude(modules),
  }
}

interface Totals {
  readonly requests: number
  readonly loop: number
  readonly statements: number
  readonly utilisation: number | undefined
}

function judge(
  module: MapModule,
  load: ModuleLoad | undefined,
  changes: ModuleChanges | undefined,
  totals: Totals,
  loopMeasured: boolean,
  profiled: boolean,
): ModulePressure {
  const calls = load === undefined ? undefined : sum([...load.callsFrom.values()])
  const callsPerRequest = calls === undefined || totals.requests === 0 ? undefined : calls / totals.requests
  const loopShare = load?.loopSeconds === undefined || totals.loop === 0 ? undefined : load.loopSeconds / totals.loop
  const statementShare =
    load === undefined || totals.statements === 0 ? undefined : load.statementSeconds / totals.statements
  const reasons = [
    ...loopReason(loopShare, totals.utilisation),
    ...teamReason(changes),
    ...chattyReason(callsPerRequest),
    ...neededReason(module),
  ]
  const pushed = reasons.some((reason) => reason.effect === 'for')
  const held = reasons.some((reason) => reason.rule === 'chatty')
  const judged = loopMeasured || (!profiled && changes !== undefined && changes.commits >= limits.fewestCommits)
  return {
    module: module.name,
    verdict: pushed && !held ? 'take out' : judged ? 'stay' : 'unknown',
    reasons,
    requests: load?.requests,
    calls,
    callsPerRequest,
    loopShare,
    statementShare,
    changes,
  }
}

function loopReason(share: number | undefined, utilisation: number | undefined): readonly Reason[] {
  if (share === undefined || utilisation === undefined) return []
  if (share < limits.loopShare || utilisation < limits.busyLoop) return []
  return [
    {
      rule: 'loop',
      effect: 'for',
      sentence: `It takes ${percent(share)} of the event loop's work while the loop is ${percent(utilisation)} busy: alone it could get processes of its own.`,
    },
  ]
}

function teamReason(changes: ModuleChanges | undefined): readonly Reason[] {
  if (changes === undefined || changes.commits < limits.fewestCommits) return []
  const [alone, own] = [changes.alone / changes.commits, changes.byOwnPeople / changes.commits]
  if (alone < limits.aloneShare || own < limits.ownPeopleShare) return []
  return [
    {
      rule: 'team',
      effect: 'for',
      sentence: `${percent(alone)} of its ${changes.commits} changes touch no other module and ${percent(own)} come from people who change nothing else: a team waits for releases of others.`,
    },
  ]
}

function chattyReason(callsPerRequest: number | undefined): readonly Reason[] {
  if (callsPerRequest === undefined || callsPerRequest <= limits.callsPerRequest) return []
  return [
    {
      rule: 'chatty',
      effect: 'against',
      sentence: `${callsPerRequest.toFixed(1)} calls into it for each request would become as many requests over the network: join them into fewer operations first.`,
    },
  ]
}

function neededReason({ needs, neededBy }: MapModule): readonly Reason[] {
  if (neededBy.length < 3 || needs.length > 0) return []
  return [
    {
      rule: 'needed',
      effect: 'against',
      sentence: `${neededBy.length} modules need it and it needs none: taking it out puts a network under all of them.`,
    },
  ]
}

function conclude(modules: readonly ModulePressure[]): string {
  const out = modules.filter((module) => module.verdict === 'take out').map(({ module }) => module)
  if (out.length > 0) {
    return `A measurement speaks for taking out ${out.join(' and ')}. Rehearse it first: footing rehearse ${out[0]}.`
  }
  return modules.some((module) => module.verdict === 'stay')
    ? 'No measurement justifies taking a module out.'
    : 'Nothing was measured that could justify taking a module out: give --profile and --metrics under load, or a longer history.'
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
const percent = (share: number): string => `${Math.round(share * 100)} %`
