// Every command, in the order that help shows them. A test compares this list with the folder.
import type { Command } from './command/command.ts'
import { accessLog } from './commands/access-log.ts'
import { archive } from './commands/archive.ts'
import { audit } from './commands/audit.ts'
import { check } from './commands/check.ts'
import { cron } from './commands/cron.ts'
import { dev } from './commands/dev.ts'
import { drill } from './commands/drill.ts'
import { events } from './commands/events.ts'
import { explain } from './commands/explain.ts'
import { generate } from './commands/generate.ts'
import { info } from './commands/info.ts'
import { jobs } from './commands/jobs.ts'
import { map } from './commands/map.ts'
import { migrate } from './commands/migrate.ts'
import { personalData } from './commands/personal-data.ts'
import { rehearse } from './commands/rehearse.ts'
import { start } from './commands/start.ts'

/** The commands of `footing`. */
export const commands: readonly Command[] = [
  audit,
  check,
  dev,
  start,
  migrate,
  archive,
  jobs,
  events,
  cron,
  map,
  rehearse,
  drill,
  accessLog,
  personalData,
  generate,
  explain,
  info,
]
