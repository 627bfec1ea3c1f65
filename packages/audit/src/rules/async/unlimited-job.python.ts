// unlimited-job in Python: Celery without a time limit anywhere; arq, rq and dramatiq where theirs is taken away.
import type { Detection } from '../../detection/detection.ts'
import { Kind } from '../../facts/contract.ts'
import type { Place } from '../../facts/place.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { EntryPoint } from '../../graph/contract.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { keyword } from '../../survey/expressions.ts'
import { surveyOf } from '../../survey/survey.ts'
import { isProduct, placeOf } from '../../survey/whereabouts.ts'

/** Settings of Celery that end a task. */
const LIMITS = [
  'task_time_limit',
  'task_soft_time_limit',
  'CELERY_TASK_TIME_LIMIT',
  'CELERY_TASK_SOFT_TIME_LIMIT',
  'CELERYD_TASK_TIME_LIMIT',
  'CELERYD_TASK_SOFT_TIME_LIMIT',
]
const LIMIT_FLAGS = /--(?:soft-)?time-limit/
/** Keywords of a task, and what takes the limit of the library away. */
const OWN_LIMITS = ['time_limit', 'soft_time_limit']
/** Fewer tasks than this are looked at one by one. */
const FEW = 3

/** One finding for the Celery application, one for each job of another queue whose limit was taken away. */
export function python(context: RuleContext): RuleResult {
  const tasks = context.program.entries.filter(
    (entry) =>
      entry.kind === 'task' && isProduct(context.program.modules[context.program.functionInfo(entry.function).module]!),
  )
  const celery = [
    ...new Map(
      tasks.filter(({ framework }) => framework === 'celery').map((entry) => [entry.function, entry]),
    ).values(),
  ]
  const lifted = liftedLimits(context)
  const examined = { count: tasks.length, of: 'jobs' }
  const endless =
    celery.length < FEW || isLimited(context) ? [] : celery.filter((entry) => !hasOwnLimit(context, entry))
  if (endless.length === 0 || endless.length * 2 < celery.length) return { detections: lifted, examined }
  return { detections: [inCelery(context, endless, celery.length), ...lifted], examined }
}

function isLimited({ program, trees, config }: RuleContext): boolean {
  const strings = trees[0]!.strings
  const ids = LIMITS.map((name) => strings.id(name)).filter((id) => id >= 0)
  if (program.modules.some((module) => module.role !== 'test' && ids.some((id) => trees[module.id]!.mentions(id))))
    return true
  if (config.services.some(({ command }) => LIMIT_FLAGS.test(command))) return true
  return config.environment.some(({ name }) => LIMITS.includes(name))
}

function hasOwnLimit(context: RuleContext, entry: EntryPoint): boolean {
  const { module } = context.program.functionInfo(entry.function)
  const tree = context.trees[module]!
  const ids = OWN_LIMITS.map((name) => tree.strings.id(name)).filter((id) => id >= 0)
  if (!ids.some((id) => tree.mentions(id))) return false
  for (let at = 1; at < tree.size; at++) {
    if (tree.kind(at) === Kind.Keyword && ids.includes(tree.name(at)) && near(tree, at, entry.place.line)) return true
  }
  return false
}

/** The keyword stands in the decorator on that line. */
function near(tree: SyntaxTree, keywordNode: number, line: number): boolean {
  const call = tree.parent(keywordNode)
  return tree.kind(call) === Kind.Call && tree.line(call) === line
}

function inCelery(context: RuleContext, endless: readonly EntryPoint[], all: number): Detection {
  const place = applicationOf(context) ?? endless[0]!.place
  return {
    place,
    subject: '<repository>',
    evidence: 'Celery without a time limit',
    message: {
      what: `${endless.length === all ? `None of the ${all} Celery tasks` : `${endless.length} of ${all} Celery tasks`} ${endless.length === all ? 'has' : 'have no'}${endless.length === all ? ' a' : ''} time limit: neither \`task_time_limit\` nor a limit of their own is set.`,
      why: 'A task that waits for a silent server keeps its worker process until somebody restarts it; as many of them as there are processes, and the queue stands still without an error.',
      do: 'Set `task_soft_time_limit` and `task_time_limit` for all tasks, and longer ones on the few that need them.',
    },
    confidence: 'probable',
    fanOut: endless.length,
    related: endless.slice(0, 40).map((entry) => ({ ...entry.place, label: entry.label })),
  }
}

/** Where Celery is configured: its first setting, or where the application is made. */
function applicationOf(context: RuleContext): Place | undefined {
  const { program, trees } = context
  const settings = [
    'CELERY_WORKER_CONCURRENCY',
    'CELERY_TASK_ACKS_LATE',
    'CELERY_ACKS_LATE',
    'CELERY_BROKER_URL',
    'BROKER_URL',
    'CELERY_TIMEZONE',
    'CELERY_ACCEPT_CONTENT',
    'CELERY_TASK_ALWAYS_EAGER',
    'CELERY_RESULT_BACKEND',
  ]
  for (const name of settings) {
    const id = trees[0]!.strings.id(name)
    if (id < 0) continue
    for (const module of program.modules) {
      const tree = trees[module.id]!
      if (!isProduct(module) || !tree.mentions(id)) continue
      for (let at = 1; at < tree.size; at++) {
        if (tree.kind(at) === Kind.Name && tree.name(at) === id && tree.kind(tree.parent(at)) === Kind.Assign)
          return { path: tree.path, line: tree.line(at) }
      }
    }
  }
  const made = surveyOf(context)
    .callsNamed('Celery')
    .find((site) => /^celery\./.test(program.nameOf(site.module, site.node + 1)))
  return made === undefined ? undefined : placeOf(context, made)
}

/** `job_timeout = None` of an arq worker, `timeout=-1` of an rq job, `time_limit=float('inf')` of dramatiq. */
function liftedLimits(context: RuleContext): Detection[] {
  const { program } = context
  const found: Detection[] = []
  for (const name of ['job', 'enqueue', 'enqueue_call', 'actor']) {
    for (const site of surveyOf(context).callsNamed(name)) {
      const tree = context.trees[site.module]!
      const value = ['timeout', 'job_timeout', 'time_limit']
        .map((one) => keyword(tree, site.node, one))
        .find((one) => one >= 0)
      if (value === undefined || !isNoLimit(tree, value)) continue
      const full =
        program.nameOf(site.module, site.node + 1) || program.externalOf(program.callAt(site.module, site.node))
      if (!/^(?:rq|django_rq|dramatiq)\b/.test(full)) continue
      found.push({
        place: placeOf(context, site),
        subject: tree.dotted(site.node + 1),
        evidence: 'limit taken away',
        message: {
          what: `\`${tree.dotted(site.node + 1)}\` takes the time limit of the queue away.`,
          why: 'A job that hangs keeps its worker until somebody restarts it.',
          do: 'Give a limit that the longest job keeps, in seconds.',
        },
        confidence: 'definite',
        severity: 'low',
      })
    }
  }
  return found
}

function isNoLimit(tree: SyntaxTree, node: number): boolean {
  if (tree.kind(node) === Kind.UnaryOp) return true
  if (tree.kind(node) !== Kind.Call || tree.text(node + 1) !== 'float') return false
  const text = tree.nextSibling(node + 1)
  return text >= 0 && tree.kind(text) === Kind.String && tree.text(text).startsWith('inf')
}
