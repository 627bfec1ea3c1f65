// unstructured-log in Python: logs as prose, without fields and without the id that joins the lines of one request.

import { counted } from '../../detection/words.ts'
import { Flag, Kind } from '../../facts/contract.ts'
import type { Place } from '../../facts/place.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { applicationPlace, libraryInUse, mentionedIn } from '../../survey/application.ts'
import { commandLineModules } from '../../survey/command-line.ts'
import { type Site, surveyOf } from '../../survey/survey.ts'
import { isProduct, placeOf } from '../../survey/whereabouts.ts'

const STRUCTURED = (
  'structlog pythonjsonlogger python_json_logger json_logging json_log_formatter JSON_log_formatter ' +
  'logstash_formatter logstash_async python_logstash ecs_logging django_structlog logfire eliot ' +
  'google_cloud_logging aws_lambda_powertools watchtower msgspec_logging pygelf graypy'
).split(' ')
const FORMATTERS = (
  'JsonFormatter JSONFormatter JsonLogFormatter JSONLogFormatter JsonLoggingFormatter ' +
  'StructuredFormatter LogstashFormatter serialize_json StackdriverFormatter JSONRenderer.logs ' +
  'StructuredLogHandler'
).split(' ')
const REQUEST_ID_LIBRARIES = (
  'asgi_correlation_id django_guid log_request_id django_log_request_id django_request_id ' +
  'flask_log_request_id starlette_context request_id'
).split(' ')
const REQUEST_IDS = (
  'X-Request-ID X-Request-Id x-request-id HTTP_X_REQUEST_ID X-Correlation-ID X-Correlation-Id ' +
  'x-correlation-id request_id_var correlation_id RequestIDMiddleware RequestIdMiddleware ' +
  'CorrelationIdMiddleware'
).split(' ')
const LEVELS = ['debug', 'info', 'warning', 'error', 'exception', 'critical']

/** Judges a Python program. */
export function python(context: RuleContext): RuleResult {
  const place = loggingPlace(context) ?? applicationPlace(context)
  if (place === undefined || applicationPlace(context) === undefined)
    return { detections: [], examined: { count: 0, of: 'log calls' } }
  const calls = LEVELS.reduce((sum, level) => sum + surveyOf(context).callsNamed(level).length, 0)
  const examined = { count: calls, of: 'log calls' }
  const isStructured = libraryInUse(context, STRUCTURED) !== '' || mentionedIn(context, FORMATTERS) !== ''
  const hasId =
    libraryInUse(context, REQUEST_ID_LIBRARIES) !== '' ||
    mentionedIn(context, REQUEST_IDS) !== '' ||
    isPutOnRecords(context)
  if (isStructured || hasId) return { detections: [], examined }
  return {
    detections: [
      {
        place,
        subject: 'logging',
        evidence: calls === 0 ? 'no log call' : 'no JSON formatter, no request id',
        message: {
          what:
            calls === 0
              ? 'Nothing is logged: there is no log call, no JSON formatter and no request id.'
              : 'Neither a JSON formatter nor a request id is set up for the logs.',
          why:
            calls === 0
              ? 'What happens in a request leaves no line that could be looked for when one fails.'
              : `${counted(calls, 'log call')} ${calls === 1 ? 'writes' : 'write'} prose: nobody can filter by user or route, and the lines of one request cannot be told from those beside them.`,
          do: 'Log JSON (structlog or a JSON formatter) and bind request, user and trace id in a middleware, once.',
        },
        confidence: 'probable',
      },
    ],
    examined,
  }
}

/** A filter or factory of the project itself writes `record.request_id = …`. */
function isPutOnRecords({ program, trees }: RuleContext): boolean {
  const strings = trees[0]?.strings
  if (strings === undefined) return false
  const record = strings.id('record')
  const ids = ['request_id', 'correlation_id', 'trace_id', 'req_id'].map((name) => strings.id(name))
  const wanted = new Set(ids.filter((id) => id >= 0))
  if (record < 0 || wanted.size === 0) return false
  return program.modules.some((module) => {
    const tree = trees[module.id]!
    if (!isProduct(module) || !tree.mentions(record)) return false
    for (let at = 0; at < tree.size; at++) {
      if (tree.kind(at) === Kind.Attribute && tree.has(at, Flag.STORE) && wanted.has(tree.name(at)))
        if (tree.kind(at + 1) === Kind.Name && tree.name(at + 1) === record) return true
    }
    return false
  })
}

/** Files that configure a service; a basicConfig elsewhere is left over from a test by hand. */
const SET_UP = /(?:log|app|main|settings|config|server|wsgi|asgi|__init__)\w*\.py$/

/** Where logging is configured: dictConfig, basicConfig, fileConfig. */
function loggingPlace(context: RuleContext): Place | undefined {
  const commands = commandLineModules(context)
  for (const name of ['dictConfig', 'basicConfig', 'fileConfig']) {
    const site = surveyOf(context)
      .callsNamed(name)
      .find(
        (item: Site) =>
          isProduct(context.program.modules[item.module]!) &&
          !commands.has(item.module) &&
          SET_UP.test(context.program.modules[item.module]!.path),
      )
    if (site !== undefined) return placeOf(context, site)
  }
  return undefined
}
