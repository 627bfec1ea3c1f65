// What is measured of modules, from the text that an application serves at /metrics.
import { cliErrors } from '../../command/errors.ts'
import type { LoopTime } from './attribute-profile.ts'

/** One line of the Prometheus text format. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Load of one module between two readings, or since the start of the process with one. */
export interface ModuleLoad {
  /** HTTP requests that it answered. */
  readonly requests: number
  /** Calls of its operations by other modules, by caller. */
  readonly callsFrom: ReadonlyMap<string, number>
  /** Seconds of its operations when others called them, waiting included. */
  readonly callSeconds: number
  /** Seconds that the event loop was busy with its code on the stack; undefined when nobody profiled it. */
  readonly loopSeconds: number | undefined
  /** Seconds of its database statements. */
  readonly statementSeconds: number
}

/** Load of an application. */
export interface Load {
  readonly modules: ReadonlyMap<string, ModuleLoad>
  /** Seconds between the readings; undefined with one reading. */
  readonly seconds: number | undefined
  /** Share of time that the event loop was busy, 0 to 1; undefined when not measured. */
  readonly utilisation: number | undefined
  /** Seconds that the event loop was busy while it was profiled; undefined when it was not. */
  readonly busySeconds: number | undefined
}

/** Larger texts are no metrics of an application. */
export const largestMetrics = 16 * 1024 * 1024

/** Reads the text format. Lines that are no samples of numbers are left out. @throws `map-metrics-unreadable` when nothing is one */
export function parseMetrics(text: string, place: string): readonly Sample[] {
  if (text.length > largestMetrics) {
    throw cliErrors('map-metrics-unreadable', { details: { place, reason: 'it is larger than 16 MB' } })
  }
  const samples = text.split('\n').flatMap((line) => {
    const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+([^\s]+)(?:\s+-?\d+)?\s*$/.exec(line)
    if (match === null) return []
    const value = Number(match[3])
    return Number.isFinite(value) ? [{ name: match[1] ?? '', labels: labelsOf(match[2] ?? ''), value }] : []
  })
  if (!samples.some(({ name }) => name.startsWith('footing_'))) {
    throw cliErrors('map-metrics-unreadable', { details: { place, reason: 'no metric in it is named footing_…' } })
  }
  return samples
}

function labelsOf(text: string): Readonly<Record<string, string>> {
  const labels: Record<string, string> = Object.create(null)
  for (const [, name = '', value = ''] of text.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)) {
    labels[name] = value.replaceAll(/\\(.)/g, (_, sign: string) => (sign === 'n' ? '\n' : sign))
  }
  return labels
}

/** What happened between two readings; with one, since the process started. A restart between them counts from zero. */
export function loadOf(last: readonly Sample[], first: readonly Sample[] = [], seconds?: number): Load {
  const before = new Map(first.map((sample) => [keyOf(sample), sample.value]))
  const since = (sample: Sample): number => {
    const earlier = before.get(keyOf(sample)) ?? 0
    return sample.value >= earlier ? sample.value - earlier : sample.value
  }
  const modules = new Map<string, Draft>()
  const of = (name: string): Draft => {
    const draft = modules.get(name) ?? {
      requests: 0,
      callsFrom: new Map(),
      callSeconds: 0,
      loopSeconds: undefined,
      statementSeconds: 0,
    }
    modules.set(name, draft)
    return draft
  }
  for (const sample of last) {
    const { module } = sample.labels
    if (module === undefined || module === 'none') continue
    const amount = since(sample)
    const draft = of(module)
    if (sample.name === 'footing_request_duration_seconds_count') draft.requests += amount
    else if (sample.name === 'footing_call_duration_seconds_sum') draft.callSeconds += amount
    else if (sample.name === 'footing_query_duration_seconds_sum') draft.statementSeconds += amount
    else if (sample.name === 'footing_call_duration_seconds_count') {
      const caller = sample.labels.caller ?? 'none'
      if (caller !== module) draft.callsFrom.set(caller, (draft.callsFrom.get(caller) ?? 0) + amount)
    }
  }
  const utilisation = last.find(({ name }) => name === 'footing_event_loop_utilization_ratio')?.value
  return { modules, seconds, utilisation, busySeconds: undefined }
}

/** Adds what a profile saw of the event loop; without metrics the rest is zero. */
export function withLoopTime(load: Load | undefined, time: LoopTime, seconds: number): Load {
  const names = new Set([...(load?.modules.keys() ?? []), ...time.modules.keys()])
  const none = { requests: 0, callsFrom: new Map<string, number>(), callSeconds: 0, statementSeconds: 0 }
  return {
    seconds: load === undefined ? seconds : load.seconds,
    utilisation: time.busy + time.idle === 0 ? undefined : time.busy / (time.busy + time.idle),
    busySeconds: time.busy,
    modules: new Map(
      [...names].map((name) => [
        name,
        { ...(load?.modules.get(name) ?? none), loopSeconds: time.modules.get(name) ?? 0 },
      ]),
    ),
  }
}

interface Draft {
  requests: number
  readonly callsFrom: Map<string, number>
  callSeconds: number
  loopSeconds: number | undefined
  statementSeconds: number
}

const keyOf = ({ name, labels }: Sample): string =>
  `${name} ${Object.keys(labels)
    .toSorted()
    .map((label) => `${label}=${JSON.stringify(labels[label])}`)
    .join(',')}`
