// What a module's manifest says when something is to happen at certain times.
import { type Use, use } from '../module/use.ts'
import { type Duration, milliseconds } from '../work/duration.ts'
import type { Overlap, Schedule, TickHandler } from './contract/contract.ts'
import { cronErrors } from './contract/errors.ts'
import type { ModuleCron } from './module-cron.ts'

/** What `schedule` takes. Only `at` has no default. */
export interface ScheduleOptions {
  /** Minute, hour, day, month, weekday, as cron writes them: `'0 3 * * *'`. With six fields the first is the second. */
  readonly at: string
  /** Zone of the tz database whose wall clock `at` means. Default `UTC`. */
  readonly zone?: string
  /** Operation of the module's port that takes no input; without it the implementation has a function under `cron`. */
  readonly call?: string | undefined
  /**
   * When a tick comes due while the one before still runs: `skip` leaves it out, `queue` lets it wait, `cancel` ends the
   * one before by its signal, `allow` runs both. Default `skip`.
   */
  readonly overlap?: Overlap
  /**
   * Of ticks that came due while no process was there: `none` runs, the `last` one does, or all of the last
   * `{ within: '6h' }`, one after the other. Default `last`.
   */
  readonly catchUp?: 'none' | 'last' | { readonly within: Duration }
  /** Spreads the runs: each tick runs up to this much later, always the same for one tick. Default none. */
  readonly jitter?: Duration
  /** Longest run. Default 5 minutes. */
  readonly timeout?: Duration
  /** How often one tick may begin, when it fails or its process dies. Default 3. */
  readonly attempts?: number
  /** How many ended ticks are kept to be looked at. Default 1000. */
  readonly history?: number
}

/** Schedules by name. */
export type Schedules = Readonly<Record<string, Schedule>>

/** What the implementation gives under `cron`: a function for each schedule that calls no operation. */
export type CronPart<Declared extends Schedules> = [HandledBy<Declared>] extends [never]
  ? unknown
  : { readonly [Name in HandledBy<Declared>]: TickHandler }

type HandledBy<Declared extends Schedules> = {
  [Name in keyof Declared]: Declared[Name] extends Schedule<'call'> ? never : Name
}[keyof Declared]

/**
 * Declares one schedule: `schedule({ at: '0 3 * * *', zone: 'Europe/Berlin' })`. The pattern and the zone are checked when
 * the application starts.
 * @throws `cron-declaration-invalid`
 */
export function schedule(options: ScheduleOptions & { readonly call: string }): Schedule<'call'>
export function schedule(options: ScheduleOptions & { readonly call?: undefined }): Schedule<'handler'>
export function schedule(options: ScheduleOptions): Schedule {
  const { at, zone = 'UTC', call, overlap = 'skip', catchUp = 'last', attempts = 3, history = 1000 } = options
  const invalid = (reason: string) =>
    cronErrors('cron-declaration-invalid', { details: { schedule: JSON.stringify(String(at).slice(0, 80)), reason } })
  const length = (name: string, given: Duration) => {
    try {
      return milliseconds(given)
    } catch (error) {
      throw invalid(`${name}: ${error instanceof Error ? error.message : error}`)
    }
  }
  if (typeof at !== 'string' || typeof zone !== 'string') throw invalid('at and zone are texts')
  if (!overlaps.includes(overlap)) throw invalid(`overlap is one of ${overlaps.join(', ')}`)
  if (!isWhole(attempts, 1, 100)) throw invalid('attempts is a whole number from 1 to 100')
  if (!isWhole(history, 1, 100_000)) throw invalid('history is a whole number from 1 to 100000')
  if (typeof catchUp === 'string' && catchUp !== 'none' && catchUp !== 'last') {
    throw invalid("catchUp is 'none', 'last' or { within: '6h' }")
  }
  return Object.freeze({
    kind: 'schedule',
    by: call === undefined ? 'handler' : 'call',
    at,
    zone,
    call,
    overlap,
    catchUp: typeof catchUp === 'string' ? catchUp : { withinMs: length('catchUp', catchUp.within) },
    jitterMs: options.jitter === undefined ? 0 : length('jitter', options.jitter),
    timeoutMs: length('timeout', options.timeout ?? '5m'),
    attempts,
    history,
  })
}

/**
 * Lets the module act at certain times: `uses: [cron({ nightly: schedule({ at: '0 3 * * *' }) })]`; the implementation
 * gives `cron: { nightly: async (tick, context) => … }`.
 * @throws `cron-declaration-invalid`
 */
export function cron<const Declared extends Schedules>(
  schedules: Declared,
): Use<'cron', ModuleCron<keyof Declared & string>, Declared, CronPart<Declared>> {
  for (const [name, declared] of Object.entries(schedules)) {
    const invalid = (reason: string) =>
      cronErrors('cron-declaration-invalid', { details: { schedule: JSON.stringify(name.slice(0, 80)), reason } })
    if (!/^[a-z][A-Za-z0-9]{0,60}$/.test(name)) throw invalid('a name is camelCase letters and digits, up to 61')
    if (declared?.kind !== 'schedule') throw invalid('it was not made by schedule(…)')
  }
  return use('cron', Object.freeze({ ...schedules }))
}

const overlaps: readonly Overlap[] = ['skip', 'queue', 'cancel', 'allow']

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most
}
