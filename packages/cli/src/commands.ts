// Every command, in the order that help shows them. A test compares this list with the folder.
import type { Command } from './command.ts'
import { audit } from './commands/audit.ts'
import { dev } from './commands/dev.ts'
import { explain } from './commands/explain.ts'
import { info } from './commands/info.ts'
import { migrate } from './commands/migrate.ts'
import { start } from './commands/start.ts'

/** The commands of `footing`. */
export const commands: readonly Command[] = [audit, dev, start, migrate, explain, info]
