// untracked-errors in TypeScript: servers whose errors nobody is told about.

import { counted } from '../../detection/words.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { AGENTS, nameOf, serversWithout } from './server-telemetry.ts'

const TRACKERS = [
  ...AGENTS,
  ...'@bugsnag/* bugsnag rollbar @honeybadger-io/* @airbrake/* raygun @google-cloud/error-reporting @highlight-run/* posthog-node trackjs exceptionless @exceptionless/* raven errsole @rollbar/*'.split(
    ' ',
  ),
]

/** Judges a TypeScript program. */
export function typescript(context: RuleContext): RuleResult {
  return serversWithout(context, TRACKERS, (server) => ({
    evidence: 'no error tracker',
    message: {
      what: `No error tracker, tracer or APM agent is declared for ${nameOf(server)}.`,
      why: `An exception in one of ${counted(server.routes.length, 'route')} and ${counted(server.tasks.length, 'task')} is a line of a log that nobody is told about; its frequency and its first release are not known.`,
      do: 'Set up Sentry or OpenTelemetry in the file that starts the server and in the worker, with release and environment.',
    },
  }))
}
