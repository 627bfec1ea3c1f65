// Who read or changed a record: shown, proved, and kept within bounds.
import type { AnyManifest } from '@footing/core'
import type { AccessEntry, LogVerification } from '@footing/core/tooling'
import { type Command, type CommandContext, type ExitCode, exit } from '../command/command.ts'
import { counted } from '../command/counted.ts'
import type { Terminal } from '../command/terminal.ts'

/** `footing access-log show|verify|seal|retire [app]`. */
export const accessLog: Command = {
  name: 'access-log',
  summary: 'show who read or changed a record, and whether the log was tampered with',
  description:
    'Uses DATABASE_DIRECT_URL, else DATABASE_URL, which must be PostgreSQL itself, not a pooler. show prints entries, ' +
    'newest first. verify recomputes every seal and exits with 1 when an entry, a seal or a trigger is not what it ' +
    'should be; keep the head that it prints in another place and pass it with --expect. seal seals the entries so far; ' +
    'running applications do that every minute. retire drops old months that are sealed.',
  arguments: [
    { name: 'action', summary: 'show, verify, seal or retire', required: true },
    { name: 'app', summary: 'folder of the application; this folder when left out' },
  ],
  options: [
    { flags: '--table <name>', summary: 'table, or module.table', group: 'show' },
    { flags: '--key <key>', summary: 'key of the record, or column=value,column=value', group: 'show' },
    { flags: '--user <id>', summary: 'identifier of a user', group: 'show' },
    { flags: '--request <id>', summary: 'identifier of a request', group: 'show' },
    {
      flags: '--operation <operation>',
      summary: 'one kind of access',
      choices: ['read', 'insert', 'update', 'delete', 'truncate'],
      group: 'show',
    },
    { flags: '--limit <number>', summary: 'most entries, up to 10000', default: '100', group: 'show' },
    { flags: '--before <id>', summary: 'begin after the entry with this number', group: 'show' },
    { flags: '--expect <hash>', summary: 'head of an earlier verification', group: 'verify' },
    { flags: '--keep-months <number>', summary: 'full months to keep in addition to this one', group: 'retire' },
  ],
  examples: [
    { run: 'footing access-log show examples/conduit --table account --key 42', does: 'who changed an account' },
    { run: 'footing access-log show examples/conduit --user 7 --json', does: 'what a user did, as data' },
    { run: 'footing access-log verify examples/conduit', does: 'prove that nothing was changed' },
    { run: 'footing access-log retire examples/conduit --keep-months 12', does: 'let go of what is older' },
  ],
  docs: 'docs/access-log.md',
  run: async (context) => {
    const { cliErrors } = await import('../command/errors.ts')
    const action = String(context.args.action)
    const run = Object.hasOwn(actions, action) ? actions[action] : undefined
    if (run === undefined) {
      throw cliErrors('action-unknown', {
        details: {
          action: JSON.stringify(action.slice(0, 80)),
          command: 'access-log',
          actions: 'show, verify, seal or retire',
        },
      })
    }
    const { openApplicationDatabase } = await import('../records/application-database.ts')
    const app = typeof context.args.app === 'string' ? context.args.app : undefined
    const database = await openApplicationDatabase(context, app, `access-log ${action}`)
    try {
      return await run(context, database.directUrl, database.app.modules)
    } finally {
      await database.close()
    }
  },
}

type Action = (context: CommandContext, url: string, modules: readonly AnyManifest[]) => Promise<ExitCode>

const actions: Readonly<Record<string, Action>> = {
  async show({ options, terminal }, url, modules) {
    const { readAccessLog } = await import('@footing/core/tooling')
    const { table, key, user, request, operation, before } = texts(options)
    const entries = await readAccessLog(url, {
      table,
      user,
      request,
      operation,
      before,
      limit: await wholeNumber('--limit', options.limit, 10_000),
      key: key === undefined ? undefined : readKey(key, table, modules),
    })
    if (terminal.wantsJson) terminal.json({ ok: true, entries })
    else showEntries(terminal, entries)
    return exit.ok
  },

  async verify({ options, terminal }, url, modules) {
    const { verifyAccessLog } = await import('@footing/core/tooling')
    const found = await verifyAccessLog(url, modules, { expect: texts(options).expect })
    if (terminal.wantsJson) terminal.json({ ...found })
    else showVerification(terminal, found)
    return found.ok ? exit.ok : exit.findings
  },

  async seal({ terminal }, url) {
    const { sealAccessLog } = await import('@footing/core/tooling')
    const sealed = await sealAccessLog(url)
    if (terminal.wantsJson) terminal.json({ ok: true, sealed })
    else terminal.out(`${counted(sealed, 'entry', 'entries')} sealed`)
    return exit.ok
  },

  async retire({ options, terminal }, url) {
    const { retireAccessLog } = await import('@footing/core/tooling')
    const keepMonths = await wholeNumber('--keep-months', options.keepMonths, 1200)
    const retired = await retireAccessLog(url, { keepMonths, now: Date.now() })
    if (terminal.wantsJson) terminal.json({ ok: true, retired })
    else {
      for (const { month, entries } of retired)
        terminal.out(`${month.slice(0, 7)}  ${counted(entries, 'entry', 'entries')} dropped`)
      terminal.out(`${retired.length} months dropped`)
    }
    return exit.ok
  },
}

function texts(options: CommandContext['options']): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [name, typeof value === 'string' ? value : undefined]),
  )
}

/** `42` is the key of a table with one key column, `a=1,b=2` any key. */
function readKey(text: string, table: string | undefined, modules: readonly AnyManifest[]): Record<string, string> {
  const name = table?.split('.').at(-1)
  const declared = modules.flatMap(({ access }) => Object.entries(access)).find(([own]) => own === name)?.[1].key
  const columns = typeof declared === 'string' ? [declared] : (declared ?? ['id'])
  const [first = 'id', ...others] = columns
  if (others.length === 0 && !text.startsWith(`${first}=`)) return { [first]: text }
  return Object.fromEntries(
    text.split(',').map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  )
}

async function wholeNumber(flag: string, given: unknown, most: number): Promise<number> {
  const text = typeof given === 'string' ? given : ''
  const value = Number(text)
  if (/^\d{1,9}$/.test(text) && value >= 1 && value <= most) return value
  const { cliErrors } = await import('../command/errors.ts')
  throw cliErrors('number-invalid', { details: { flag, given: JSON.stringify(text.slice(0, 40)), most } })
}

function showEntries({ out, style }: Terminal, entries: readonly AccessEntry[]): void {
  for (const entry of entries) {
    const key = entry.key === null ? '(statement)' : Object.values(entry.key).join(',')
    const who =
      entry.user ?? (entry.pseudonym === null ? `database user ${entry.databaseUser}` : `erased ${entry.pseudonym}`)
    out(`${style(entry.at, 'dim')}  ${entry.operation.padEnd(8)} ${entry.module}.${entry.table} ${key}  ${who}`)
    const details = [
      entry.source,
      entry.request && `request ${entry.request}`,
      entry.columns && `changed ${entry.columns.join(', ')}`,
    ]
    const line = details.filter((part) => typeof part === 'string' && part !== '').join(' · ')
    if (line !== '') out(`    ${line}`)
    if (entry.statement !== null) out(`    ${entry.statement}`)
  }
  out(entries.length === 0 ? 'no entries' : counted(entries.length, 'entry', 'entries'))
}

function showVerification({ out, style }: Terminal, found: LogVerification): void {
  for (const fault of found.faults) out(`${style('tampered', 'red')}  ${fault}`)
  for (const month of found.retired) out(`${style('dropped', 'dim')}   ${month.slice(0, 7)}`)
  if (found.head !== undefined) out(`head ${found.head}`)
  const verdict = found.ok ? 'holds' : `${found.faults.length} faults`
  out(
    `${counted(found.entries, 'entry', 'entries')} in ${counted(found.seals, 'seal')}, ${found.unsealed} not sealed yet: ${verdict}`,
  )
}
