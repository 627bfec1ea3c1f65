// The production command.

import type { RunningApp } from '@footing/core'
import { requireApplication } from '../application/application.ts'
import { type Command, exit, type OptionValue } from '../command/command.ts'

/** `footing start [app]`. */
export const start: Command = {
  name: 'start',
  summary: 'run an application in production, in one role',
  description:
    'Starts the application in this process with the production profile: JSON logs on stdout, no embedded database, ' +
    'no migration (run footing migrate up once per deployment), no console. On SIGTERM and Ctrl-C it drains: running requests ' +
    'are finished, new ones are refused.',
  arguments: [{ name: 'app', summary: 'folder of the application; this folder when left out' }],
  options: [
    {
      flags: '--role <role>',
      summary: 'what this process does (default ROLE, else all)',
      choices: ['web', 'worker', 'all'],
    },
    {
      flags: '--modules <names>',
      summary: 'only these modules, separated by commas (default SERVE_MODULES, else all)',
    },
    { flags: '-p, --port <number>', summary: 'port to listen on (default PORT, else 3000)' },
    { flags: '--host <address>', summary: 'address to listen on (default HOST, else all)' },
  ],
  examples: [
    { run: 'footing start examples/conduit', does: 'with DATABASE_URL and every required setting in the environment' },
    { run: 'footing start --role web --port 8080', does: 'only requests' },
    { run: 'footing start examples/conduit --modules billing', does: 'one module, for the processes that need it' },
  ],
  docs: 'docs/cli.md',
  run: async ({ args, options, cwd, env, signal, terminal }) => {
    const place = requireApplication(cwd, typeof args.app === 'string' ? args.app : undefined, 'start')
    const { loadApplication } = await import('../application/load-application.ts')
    const { readPort } = await import('../command/port.ts')
    const app = await loadApplication(place)
    const running = await app.start({
      env,
      profile: 'production',
      telemetry: {},
      ...(isRole(options.role) ? { role: options.role } : {}),
      ...(typeof options.modules === 'string' ? { serve: options.modules.split(',') } : {}),
      ...(typeof options.port === 'string' ? { port: readPort(options.port) } : {}),
      ...(typeof options.host === 'string' ? { host: options.host } : {}),
    })
    const { stopOnFaults } = await import('@footing/core')
    stopOnFaults(running)
    terminal.note(`${app.name} ${running.role} ${addressOf(running, options.host ?? env.HOST)}`.trimEnd())
    if (!signal.aborted) await new Promise((done) => signal.addEventListener('abort', done, { once: true }))
    await running.stop()
    return exit.ok
  },
}

/** Where it listens. Without a host that is every address of the machine, of which the URL names one. */
function addressOf({ url, port }: Pick<RunningApp, 'url' | 'port'>, host: OptionValue): string {
  const everywhere = host === undefined || host === '' || host === '0.0.0.0' || host === '::'
  return everywhere && port !== undefined ? `on all addresses, port ${port}` : (url ?? '')
}

function isRole(value: unknown): value is 'web' | 'worker' | 'all' {
  return value === 'web' || value === 'worker' || value === 'all'
}
