// The settings of the application itself; everything else belongs to a capability or a module.
import { setting } from '../module/setting.ts'
import { oneOf, wholeNumber } from '../module/text-schema.ts'

/** What part of the work a process does, and how long it may take to stop. */
export const baseSettings = {
  ROLE: setting({ schema: oneOf(['web', 'worker', 'all']), default: 'all', summary: 'which work this process does' }),
  DRAIN_MS: setting({
    schema: wholeNumber(0, 600_000),
    default: 10_000,
    summary: 'milliseconds that work under way gets to end once the process is told to stop',
  }),
} as const
