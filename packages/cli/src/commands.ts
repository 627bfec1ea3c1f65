// Every command, in the order that help shows them. A test compares this list with the folder.
import type { Command } from './command.ts'
import { info } from './commands/info.ts'

/** The commands of `footing`. */
export const commands: readonly Command[] = [info]
