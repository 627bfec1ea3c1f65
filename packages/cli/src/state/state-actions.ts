// What the commands about work in the background have in common: words, the database of the application, one action.
import type { App } from '@footing/core'
import { type DataSource, openDataSource } from '@footing/core/tooling'
import type { CommandContext, ExitCode } from '../command/command.ts'
import { cliErrors } from '../command/errors.ts'
import { openApplicationDatabase } from '../records/application-database.ts'

/** One action of such a command. */
export interface StateAction<Admin> {
  /** What is written between the action and the folder of the application: `<module.schedule> [time]`. */
  readonly usage: string
  /** How many words of these there have to be, and may be. */
  readonly words: readonly [least: number, most: number]
  run(admin: Admin, context: CommandContext, words: readonly string[]): Promise<ExitCode>
}

/** What the admin of a command is opened on. */
export interface StateOfApplication {
  readonly app: App
  readonly data: DataSource
  /** The environment with the file `.env` of the application below it. */
  readonly settings: Readonly<Record<string, string | undefined>>
}

/**
 * Runs `footing <command> <action> <words> [app]` on the database of the application. `isWord` tells a word that may be left
 * out from the folder behind it.
 * @throws `action-unknown`, `state-words-wrong`, and the errors of the application, its database and the action
 */
export async function runStateAction<Admin extends object>(
  context: CommandContext,
  command: string,
  actions: Readonly<Record<string, StateAction<Admin>>>,
  open: (state: StateOfApplication) => Admin | Promise<Admin>,
  isWord: (word: string) => boolean = () => false,
): Promise<ExitCode> {
  const name = String(context.args.action)
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined
  if (action === undefined) {
    const details = { action: JSON.stringify(name.slice(0, 80)), command, actions: Object.keys(actions).join(', ') }
    throw cliErrors('action-unknown', { details })
  }
  const given = [context.args.words ?? []].flat()
  const [least, most] = action.words
  let count = least
  while (count < most && given[count] !== undefined && isWord(given[count] ?? '')) count += 1
  if (given.length < least || given.length > count + 1) {
    const usage = `footing ${command} ${name}${action.usage === '' ? '' : ` ${action.usage}`} [app]`
    throw cliErrors('state-words-wrong', { details: { given: JSON.stringify(given.join(' ').slice(0, 80)), usage } })
  }
  const database = await openApplicationDatabase(context, given[count], `${command} ${name}`)
  const data = openDataSource({ url: database.directUrl, poolSize: 2, applicationName: `footing ${command}` })
  try {
    const admin = await open({ app: database.app, data, settings: database.settings })
    try {
      return await action.run(admin, context, given.slice(0, count))
    } finally {
      if ('close' in admin && typeof admin.close === 'function') await admin.close()
    }
  } finally {
    await data.close()
    await database.close()
  }
}

/**
 * A whole number of an option.
 * @throws `number-invalid`
 */
export function wholeOption(value: CommandContext['options'][string], flag: string, most: number): number {
  const text = String(value)
  const number = Number(text)
  if (/^\d{1,9}$/.test(text) && number >= 1 && number <= most) return number
  throw cliErrors('number-invalid', { details: { flag, given: JSON.stringify(text.slice(0, 40)), most } })
}
