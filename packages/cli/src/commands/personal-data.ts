// What an application holds about a person: exported, erased with a proof, and declared without gaps.
import type { RunningApp } from '@footing/core'
import type { ErasureProof, PersonalDataCheck } from '@footing/core/tooling'
import { type Command, type ExitCode, exit } from '../command/command.ts'
import { counted } from '../command/counted.ts'
import type { Terminal } from '../command/terminal.ts'
import type { ApplicationDatabase } from '../records/application-database.ts'

/** `footing personal-data export|erase USER [app]`, `footing personal-data check [app]`. */
export const personalData: Command = {
  name: 'personal-data',
  summary: 'export or erase what is held about a person; check that no column is forgotten',
  description:
    'export writes one JSON document to stdout. erase anonymises, deletes or keeps rows as the manifests say and prints the ' +
    'proof; if interrupted, it continues when it is called again. Both start the application without a port and go through ' +
    'the ports of its modules. check compares the manifests with the tables and exits with 1 when a column is not ' +
    'classified.',
  arguments: [
    { name: 'action', summary: 'export, erase or check', required: true },
    {
      name: 'words',
      summary: 'export, erase: the identifier of the user; then the folder of the application',
      variadic: true,
    },
  ],
  options: [{ flags: '--yes', summary: 'erase without asking: it cannot be undone', group: 'erase' }],
  examples: [
    { run: 'footing personal-data check examples/conduit', does: 'is every column classified?' },
    { run: 'footing personal-data export 42 examples/conduit', does: 'everything about one person, as JSON' },
    { run: 'footing personal-data erase 42 examples/conduit --yes', does: 'forget a person, with a proof' },
  ],
  docs: 'docs/personal-data.md',
  run: async (context) => {
    const { args, options, terminal } = context
    const { cliErrors } = await import('../command/errors.ts')
    const action = String(args.action)
    const words = typeof args.words === 'string' ? [args.words] : (args.words ?? [])
    const wanted = action === 'check' ? 0 : 1
    if (action !== 'check' && action !== 'export' && action !== 'erase') {
      throw cliErrors('action-unknown', {
        details: {
          action: JSON.stringify(action.slice(0, 80)),
          command: 'personal-data',
          actions: 'export, erase or check',
        },
      })
    }
    const [user = ''] = words
    if (words.length < wanted || words.length > wanted + 1)
      throw cliErrors('personal-data-arguments', { details: { action } })
    if (action === 'erase' && options.yes !== true) throw cliErrors('erasure-unconfirmed')
    const { openApplicationDatabase } = await import('../records/application-database.ts')
    const database = await openApplicationDatabase(context, words[wanted], `personal-data ${action}`)
    try {
      if (action === 'check') return await check(terminal, database)
      const running = await start(database)
      try {
        return await (action === 'export' ? write(terminal, running, user) : erase(terminal, running, user))
      } finally {
        await running.stop()
      }
    } finally {
      await database.close()
    }
  },
}

// As a worker without a port: nobody can call it meanwhile.
async function start({ app, directUrl, folder, settings }: ApplicationDatabase): Promise<RunningApp> {
  const { developmentSecrets } = await import('../dev/development-secrets.ts')
  const production = (settings.FOOTING_PROFILE ?? settings.NODE_ENV) === 'production'
  const secrets = production ? {} : developmentSecrets(app, settings, folder)
  const env = { DATABASE_URL: directUrl, ...settings, ...secrets, DRAIN_DELAY_MS: '0' }
  return app.start({ env, role: 'worker' })
}

// Part by part, so that a person with much data needs no more memory than one with little. It is JSON with and without --json.
async function write(terminal: Terminal, running: RunningApp, user: string): Promise<ExitCode> {
  for await (const part of running.personalData.export(user)) terminal.raw(part)
  return exit.ok
}

async function erase(terminal: Terminal, running: RunningApp, user: string): Promise<ExitCode> {
  const proof = await running.personalData.erase(user)
  if (terminal.wantsJson) terminal.json({ ok: true, proof })
  else showProof(terminal, proof)
  return exit.ok
}

function showProof(
  { out, style }: Terminal,
  { subject, requestedAt, finishedAt, tables, stores, access, accessLog, digest }: ErasureProof,
): void {
  for (const { module, table, action, rows, kept, why, until } of tables) {
    const reason = why === undefined ? '' : ` (${why}; until ${until})`
    out(
      `${action.padEnd(10)} ${`${module}.${table}`.padEnd(28)} ${counted(rows, 'row')}${kept > 0 ? `, ${kept} stay${reason}` : ''}`,
    )
  }
  for (const { store, erased, left, why } of stores) {
    const reason = why === undefined ? '' : ` (${why})`
    out(
      `${'erase'.padEnd(10)} ${store.padEnd(28)} ${counted(erased, 'entry', 'entries')}${left > 0 ? `, ${left} left` : ''}${reason}`,
    )
  }
  out(`access: ${access}`)
  out(`access log: ${accessLog}`)
  out(style(`${subject} asked ${requestedAt}, done ${finishedAt}, proof ${digest}`, 'dim'))
}

async function check(terminal: Terminal, { app, directUrl }: ApplicationDatabase): Promise<ExitCode> {
  const { checkPersonalData } = await import('@footing/core/tooling')
  const found = await checkPersonalData(directUrl, app.modules)
  const ok = found.declared && found.faults.length === 0
  if (terminal.wantsJson) terminal.json({ ok, ...found })
  else showCheck(terminal, found)
  return ok ? exit.ok : exit.findings
}

function showCheck({ out, style }: Terminal, { declared, tables, columns, faults }: PersonalDataCheck): void {
  if (!declared) {
    out('no module declares personal data; add personal to a manifest, see docs/personal-data.md')
    return
  }
  for (const fault of faults) out(`${style('open', 'yellow')}  ${fault}`)
  out(`${tables} tables, ${columns} columns: ${faults.length === 0 ? 'all classified' : `${faults.length} faults`}`)
}
