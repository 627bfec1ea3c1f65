// What a drill is asked for, read from the options of the command.
import type { CommandContext } from '../command/command.ts'
import { cliErrors } from '../command/errors.ts'
import { type SaboteurName, saboteurNames } from './judge/saboteur-names.ts'

/** The options of a drill. */
export interface DrillRequest {
  readonly kills: number
  readonly workers: number
  readonly seed: number
  /** How long faults and load may go on, in milliseconds; setting up and coming to rest are beside it. */
  readonly budgetMs: number
  /** A fault that is planted, to see it found. */
  readonly sabotage: SaboteurName | undefined
}

/** Below that, nothing can be learned. */
const leastBudgetMs = 20_000
const mostSeed = 2 ** 31

/**
 * Reads the options; `seed` is taken when none is given.
 * @throws `drill-option-wrong`, `drill-budget-short`
 */
export function drillRequest({ options }: Pick<CommandContext, 'options'>, seed: number): DrillRequest {
  const budgetMs = duration(String(options.budget), '--budget')
  if (budgetMs < leastBudgetMs) {
    throw cliErrors('drill-budget-short', { details: { budget: String(options.budget), least: leastBudgetMs / 1000 } })
  }
  const { sabotage } = options
  return {
    kills: wholeNumber(options.kills, '--kills', 1, 100_000),
    workers: wholeNumber(options.workers, '--workers', 1, 64),
    seed: options.seed === undefined ? seed : wholeNumber(options.seed, '--seed', 0, mostSeed),
    budgetMs,
    sabotage: saboteurNames.find((name) => name === sabotage),
  }
}

function wholeNumber(value: unknown, option: string, least: number, most: number): number {
  const number = Number(value)
  if (!/^\d{1,10}$/.test(String(value)) || number < least || number > most) {
    throw wrong(option, value, `a whole number from ${least} to ${most}`)
  }
  return number
}

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 }

function duration(text: string, option: string): number {
  const [, amount, unit = ''] = /^(\d{1,4})(s|m|h)$/.exec(text) ?? []
  if (amount === undefined) throw wrong(option, text, 'a time such as 90s, 5m or 1h')
  return Number(amount) * (units[unit] ?? 0)
}

function wrong(option: string, value: unknown, rule: string): Error {
  return cliErrors('drill-option-wrong', { details: { option, value: String(value).slice(0, 40), rule } })
}
