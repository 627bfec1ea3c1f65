// untracked-errors, unmeasured-service and unmeasured-queue in TypeScript: what the packages that serve declare.
import type { Detection } from '../../detection/detection.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { mentionedIn } from '../../survey/application.ts'
import { packageInUse, type Server, serversOf } from '../../survey/typescript-servers.ts'
import { counted } from '../../survey/whereabouts.ts'

/** Agents and kits that measure and report failures both. */
const AGENTS =
  '@opentelemetry/* @footing/core dd-trace newrelic elastic-apm-node @appsignal/* applicationinsights @azure/monitor-opentelemetry* aws-xray-sdk* @google-cloud/trace-agent @google-cloud/opentelemetry-* @instana/* @dynatrace/* @logfire/* logfire @autometrics/* @hyperdx/* @sentry/*'.split(
    ' ',
  )
const TRACKERS = [
  ...AGENTS,
  ...'@bugsnag/* bugsnag rollbar @honeybadger-io/* @airbrake/* raygun @google-cloud/error-reporting @highlight-run/* posthog-node trackjs exceptionless @exceptionless/* raven errsole @rollbar/*'.split(
    ' ',
  ),
]
const METERS = [
  ...AGENTS,
  ...'prom-client hot-shots node-statsd statsd-client lynx @willsoto/nestjs-prometheus express-prom-bundle express-prometheus-middleware fastify-metrics fastify-prom-client koa-prom-client koa-prometheus @hono/prometheus nestjs-otel nestjs-metrics aws-embedded-metrics @aws-lambda-powertools/metrics appmetrics appmetrics-prometheus datadog-metrics swagger-stats @influxdata/influxdb-client @google-cloud/monitoring @azure/monitor-* prometheus-api-metrics @promster/*'.split(
    ' ',
  ),
]
/** Queues whose length is theirs to tell; those of a vendor (SQS) are measured by the vendor. */
const QUEUES = [
  'bullmq',
  'bull',
  '@nestjs/bullmq',
  '@nestjs/bull',
  'bee-queue',
  'pg-boss',
  'graphile-worker',
  'agenda',
  'kue',
]
const BOARDS = [
  '@bull-board/*',
  'bull-board',
  'bull-arena',
  '@taskforcesh/*',
  'bullmq-exporter',
  'bull-monitor',
  '@bull-monitor/*',
  'agendash',
]
/** Asking a queue how long it is. */
const LENGTHS = [
  'getJobCounts',
  'getJobCountByTypes',
  'getWaitingCount',
  'getWaiting',
  'getMetrics',
  'exportPrometheusMetrics',
  'getActiveCount',
  'getDelayedCount',
  'getQueueSize',
  'getQueueStats',
  'checkHealth',
  'monitor-states',
]
/** Fewer are an example, a development server or one page beside something else. */
const LEAST_ROUTES = 5

/** Servers whose errors nobody is told about. */
export function untrackedServers(context: RuleContext): RuleResult {
  return judge(context, TRACKERS, (server) => ({
    evidence: 'no error tracker',
    message: {
      what: `No error tracker, tracer or APM agent is declared for ${nameOf(server)}.`,
      why: `An exception in one of ${counted(server.routes.length, 'route')} and ${counted(server.tasks.length, 'task')} is a line of a log that nobody is told about; its frequency and its first release are not known.`,
      do: 'Set up Sentry or OpenTelemetry in the file that starts the server and in the worker, with release and environment.',
    },
  }))
}

/** Servers that publish no rates, errors and durations. */
export function unmeasuredServers(context: RuleContext): RuleResult {
  return judge(context, METERS, (server) => ({
    evidence: 'no metrics',
    message: {
      what: `No metrics library, meter or APM agent is declared for ${nameOf(server)}.`,
      why: `Nobody can say which of ${counted(server.routes.length, 'route')} is slow at the 99th percentile, or when it became so; history cannot be collected afterwards.`,
      do: 'Publish a histogram of request durations by route and status (`prom-client` or an OpenTelemetry meter), and look at percentiles, not averages.',
    },
  }))
}

/** Workers on a queue whose length nobody asks for. */
export function unmeasuredQueues(context: RuleContext): RuleResult {
  const workers = serversOf(context).filter((server) => server.tasks.length > 0 && packageInUse(server, QUEUES) !== '')
  const examined = { count: workers.length, of: 'job queues' }
  const isAsked = workers.length > 0 && mentionedIn(context, LENGTHS) !== ''
  const deployed = context.config.services.some(({ name, image }) =>
    /exporter|bull-?board|arena/.test(`${name} ${image}`),
  )
  if (isAsked || deployed) return { detections: [], examined }
  const detections = workers
    .filter((server) => packageInUse(server, [...METERS, ...BOARDS]) === '')
    .map((server): Detection => {
      const queue = packageInUse(server, QUEUES)
      return {
        place: server.tasks[0]!.place,
        subject: queue,
        evidence: `${queue} without a length metric`,
        message: {
          what: `${counted(server.tasks.length, 'task')} run on \`${queue}\`, and neither a metric of the queue's length nor a board is in sight.`,
          why: 'A backlog shows first as mails that come hours late; with no length and no age nobody can tell too few workers from one poisoned job.',
          do: 'Publish `getJobCounts()` and the age of the oldest waiting job for each queue as metrics, and alert on the age.',
        },
        confidence: 'probable',
      }
    })
  return { detections, examined }
}

function judge(
  context: RuleContext,
  libraries: readonly string[],
  describe: (server: Server) => Pick<Detection, 'evidence' | 'message'>,
): RuleResult {
  const servers = serversOf(context).flatMap((server) =>
    server.start === undefined || server.routes.length < LEAST_ROUTES ? [] : [{ ...server, place: server.start }],
  )
  const detections = servers
    .filter((server) => packageInUse(server, libraries) === '')
    .map(
      (server): Detection => ({
        place: server.place,
        subject: server.folder === '' ? 'application' : server.folder,
        ...describe(server),
        confidence: 'probable',
      }),
    )
  return { detections, examined: { count: servers.length, of: 'web applications' } }
}

const nameOf = ({ folder }: Server): string => (folder === '' ? 'the server' : `the server in \`${folder}\``)
