// What a rehearsal is asked for: how the calls between the two processes are disturbed.
import type { CommandContext } from '../command/command.ts'
import { cliErrors } from '../command/errors.ts'

/** The disturbances of one rehearsal. */
export interface Disturbances {
  readonly latencyMs: number
  readonly duplicateEvery: number
  readonly loseEvery: number
  readonly loseAll: boolean
  readonly restartAfter: number
}

const none: Disturbances = { latencyMs: 0, duplicateEvery: 0, loseEvery: 0, loseAll: false, restartAfter: 0 }

/**
 * Reads the options.
 * @throws `rehearse-option-wrong`
 */
export function disturbancesOf({ options }: Pick<CommandContext, 'options'>): Disturbances {
  if (options.calm === true) return none
  return {
    latencyMs: numberIn(options.latency, '--latency', 10_000),
    duplicateEvery: numberIn(options.duplicate, '--duplicate', 1_000_000),
    loseEvery: numberIn(options.lose, '--lose', 1_000_000),
    loseAll: options.loseAll === true,
    restartAfter: numberIn(options.restart, '--restart', 1_000_000),
  }
}

function numberIn(value: unknown, option: string, most: number): number {
  const text = String(value)
  const number = Number(text)
  if (!/^\d{1,7}$/.test(text) || number > most) {
    throw cliErrors('rehearse-option-wrong', { details: { option, value: text, most } })
  }
  return number
}
