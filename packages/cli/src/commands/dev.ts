// The development command.
import { requireApplication } from '../application/application.ts'
import { type Command, exit } from '../command/command.ts'

/** `footing dev [app]`. */
export const dev: Command = {
  name: 'dev',
  summary: 'run an application with database and console, restart it on changes',
  description:
    'Starts an embedded PostgreSQL under .footing/ unless DATABASE_URL is set, migrates every module, starts the ' +
    'application with all roles and serves the development console on loopback. The application listens on PORT (3000).',
  arguments: [
    { name: 'app', summary: 'folder of the application, or the file that exports it; this folder when left out' },
  ],
  options: [
    { flags: '-p, --port <number>', summary: 'port of the application, 0 for any free one (default PORT, else 3000)' },
    { flags: '--console-port <number>', summary: 'port of the console (default any free one)' },
    { flags: '--no-pooler', summary: 'do not put PgBouncer in front of the database, even if it is installed' },
    { flags: '--no-watch', summary: 'do not restart on changes; end when the application cannot start' },
  ],
  examples: [
    { run: 'footing dev examples/conduit', does: 'run the example' },
    { run: 'footing dev --port 0', does: 'take any free port' },
    { run: 'DATABASE_URL=postgres://me@localhost/shop footing dev', does: 'with a database of your own' },
  ],
  docs: 'docs/cli.md',
  run: async ({ args, options, terminal, cwd, env, signal }) => {
    const { readPort, claimPort } = await import('../command/port.ts')
    const { readEnvFile } = await import('../application/env-file.ts')
    const place = requireApplication(cwd, typeof args.app === 'string' ? args.app : undefined, 'dev')
    const settings = { ...readEnvFile(place.folder), ...env }
    const port = readPort(typeof options.port === 'string' ? options.port : settings.PORT || '3000')
    const consolePort = readPort(typeof options.consolePort === 'string' ? options.consolePort : '0')
    await claimPort(port, 'dev')
    await claimPort(consolePort, 'dev')
    if (signal.aborted) return exit.ok
    const { runDev } = await import('../dev/dev-session.ts')
    return await runDev({
      place,
      port,
      consolePort,
      watch: options.watch !== false,
      pooler: options.pooler !== false,
      env,
      terminal,
      signal,
    })
  },
}
