// untracked-errors in Python: a service whose exceptions go nowhere but to standard error.

import { counted } from '../../detection/words.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { applicationPlace, libraryInUse, routeCount, taskCount } from '../../survey/application.ts'

const TRACKERS = (
  'sentry_sdk raven rollbar bugsnag honeybadger airbrake pybrake appsignal opentelemetry ' +
  'opentelemetry_api opentelemetry_sdk opentelemetry_distro ddtrace newrelic elasticapm elastic_apm ' +
  'scout_apm logfire azure_monitor_opentelemetry applicationinsights aws_xray_sdk glitchtip ' +
  'exceptionless posthog'
).split(' ')

/** Judges a Python program. */
export function python(context: RuleContext): RuleResult {
  const place = applicationPlace(context)
  if (place === undefined) return { detections: [], examined: { count: 0, of: 'web applications' } }
  const tracker = libraryInUse(context, TRACKERS)
  const examined = { count: 1, of: 'web applications' }
  if (tracker !== '') return { detections: [], examined }
  return {
    detections: [
      {
        place,
        subject: 'application',
        evidence: 'no error tracker',
        message: {
          what: 'No error tracker, tracer or APM agent is imported or declared.',
          why: `An exception in one of ${served(context)} is a line of a log that nobody is told about; its frequency and its first release are not known.`,
          do: 'Set up Sentry or OpenTelemetry in the application factory and in the worker, with release and environment.',
        },
        confidence: 'probable',
      },
    ],
    examined,
  }
}

/** `2 routes and 3 tasks`, without what there is none of. */
function served(context: RuleContext): string {
  const tasks = taskCount(context)
  const routes = counted(routeCount(context), 'route')
  return tasks === 0 ? routes : `${routes} and ${counted(tasks, 'task')}`
}
