// What the packages of a TypeScript server declare for watching it; three rules ask for different parts of it.
import type { Detection } from '../../detection/detection.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { packageInUse, type Server, serversOf } from '../../survey/typescript-servers.ts'

/** Agents and kits that measure and report failures both. */
export const AGENTS =
  '@opentelemetry/* @footing/core dd-trace newrelic elastic-apm-node @appsignal/* applicationinsights @azure/monitor-opentelemetry* aws-xray-sdk* @google-cloud/trace-agent @google-cloud/opentelemetry-* @instana/* @dynatrace/* @logfire/* logfire @autometrics/* @hyperdx/* @sentry/*'.split(
    ' ',
  )

/** Packages that publish metrics. */
export const METERS = [
  ...AGENTS,
  ...'prom-client hot-shots node-statsd statsd-client lynx @willsoto/nestjs-prometheus express-prom-bundle express-prometheus-middleware fastify-metrics fastify-prom-client koa-prom-client koa-prometheus @hono/prometheus nestjs-otel nestjs-metrics aws-embedded-metrics @aws-lambda-powertools/metrics appmetrics appmetrics-prometheus datadog-metrics swagger-stats @influxdata/influxdb-client @google-cloud/monitoring @azure/monitor-* prometheus-api-metrics @promster/*'.split(
    ' ',
  ),
]
/** Fewer are an example, a development server or one page beside something else. */
const LEAST_ROUTES = 5

/** A detection for each server of weight that declares none of the packages. */
export function serversWithout(
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

/** A server in the words of a message. */
export const nameOf = ({ folder }: Server): string => (folder === '' ? 'the server' : `the server in \`${folder}\``)
