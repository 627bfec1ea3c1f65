// unmeasured-service in Python: a service that publishes no request rates, errors and durations.

import { counted } from '../../detection/words.ts'
import { Kind } from '../../facts/contract.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { applicationPlace, libraryInUse, routeCount } from '../../survey/application.ts'
import { isProduct } from '../../survey/whereabouts.ts'

export const METERS = (
  'prometheus_client prometheus_fastapi_instrumentator prometheus_flask_exporter starlette_exporter ' +
  'starlette_prometheus django_prometheus aioprometheus statsd datadog ddtrace newrelic elasticapm ' +
  'elastic_apm scout_apm logfire opentelemetry opentelemetry_api opentelemetry_sdk opentelemetry_distro ' +
  'opencensus azure_monitor_opentelemetry influxdb graphyte telegraf aws_embedded_metrics appsignal ' +
  'applicationinsights django_statsd pystatsd markus'
).split(' ')

/** Judges a Python program. */
export function python(context: RuleContext): RuleResult {
  const place = applicationPlace(context)
  if (place === undefined) return { detections: [], examined: { count: 0, of: 'web applications' } }
  const examined = { count: 1, of: 'web applications' }
  if (libraryInUse(context, METERS) !== '' || importsMeter(context)) return { detections: [], examined }
  return {
    detections: [
      {
        place,
        subject: 'application',
        evidence: 'no metrics',
        message: {
          what: 'No metrics library, meter or APM agent is imported or declared.',
          why: `Nobody can say which of ${counted(routeCount(context), 'route')} is slow at the 99th percentile, or when it became so; history cannot be collected afterwards.`,
          do: 'Publish a histogram of request durations by route and status (Prometheus or an OpenTelemetry meter), and look at percentiles, not averages.',
        },
        confidence: 'probable',
      },
    ],
    examined,
  }
}

/** Modules of libraries that are named for what they measure: `brainzutils.metrics`, `shared.telemetry`. */
const MEASURES = /^(?:metrics?|statsd|prometheus\w*|telemetry|instrumentation)$/

/** Product code takes a meter from a library of the house. */
function importsMeter({ program, trees }: RuleContext): boolean {
  return program.modules.some((module) => {
    if (!isProduct(module)) return false
    const tree = trees[module.id]!
    const externals = program.imports.externalsOf(module.id)
    for (let node = 1; node < tree.size; node++) {
      if (tree.kind(node) !== Kind.ImportFrom && tree.kind(node) !== Kind.Alias) continue
      const isFrom = tree.kind(node) === Kind.ImportFrom
      const from = isFrom
        ? tree.text(node)
        : tree.kind(tree.parent(node)) === Kind.ImportFrom
          ? `${tree.text(tree.parent(node))}.${tree.text(node)}`
          : tree.text(node)
      const parts = from.split('.')
      if (
        parts.length > 1 &&
        externals.has(parts[0]!) &&
        !STANDARD.has(parts[0]!) &&
        parts.slice(1).some((part) => MEASURES.test(part))
      )
        return true
    }
    return false
  })
}

/** Libraries whose `metrics` measure something else: models, texts, code. */
const STANDARD = new Set([
  'sklearn',
  'nltk',
  'keras',
  'tensorflow',
  'torch',
  'torchmetrics',
  'ragas',
  'langchain',
  'evaluate',
  'radon',
  'scipy',
  'numpy',
  'skimage',
  'deepeval',
  'django',
])
