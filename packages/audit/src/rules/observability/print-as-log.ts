// observability/print-as-log: print in code that serves users or runs jobs, where nobody reads standard output line by line.
import { Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { Detection, Severity } from '../../findings/finding.ts'
import type { FunctionId } from '../../graph/contract.ts'
import { commandLineModules } from '../../survey/command-line.ts'
import { handlerAround, isUnderMainGuard, keyword } from '../../survey/expressions.ts'
import { type Site, surveyOf } from '../../survey/survey.ts'
import { bodyOf, chainTo, counted, functionSite, placeOf, SERVING } from '../../survey/whereabouts.ts'
import type { Rule, RuleContext } from '../rule.ts'

export const rule: Rule = {
  id: 'observability/print-as-log',
  decision: 'observability',
  severity: 'medium',
  effort: { minutes: 3, per: 'site' },
  trial: false,
  summary: 'Code that serves requests or runs jobs prints instead of logging.',
  run(context) {
    const detections: Detection[] = []
    let examined = 0
    const commands = commandLineModules(context)
    for (const site of surveyOf(context).callsNamed('print')) {
      const module = context.program.modules[site.module]!
      if (module.role !== 'code' || commands.has(site.module)) continue
      const tree = context.trees[site.module]!
      if (!isBuiltinPrint(context, tree, site)) continue
      examined++
      if (keyword(tree, site.node, 'file') >= 0 || isUnderMainGuard(tree, site.node) || isVerbosePath(tree, site.node)) continue
      const body = bodyOf(context, site)
      const found = detection(context, tree, site, body)
      if (found !== undefined) detections.push(found)
    }
    return { detections, examined: { count: Math.max(examined, loggers(context)), of: 'print and log calls' } }
  },
}

/** `print` and not something of that name: a method, an import (`from rich import print`), a local function. */
function isBuiltinPrint(context: RuleContext, tree: SyntaxTree, site: Site): boolean {
  if (tree.kind(site.node + 1) !== Kind.Name) return false
  const name = context.program.nameOf(site.module, site.node + 1)
  return name === 'builtins.print' || name === 'print' || name === ''
}

/** Inside `if verbose:` or `if debug:` the print is a switch of a developer, and inside a Handler it is the log itself. */
function isVerbosePath(tree: SyntaxTree, node: number): boolean {
  for (let at = tree.parent(node), from = node; at >= 0; from = at, at = tree.parent(at)) {
    const kind = tree.kind(at)
    if (kind === Kind.If && tree.kind(from) === Kind.Body) {
      for (let test = at + 1; test < tree.end(at + 1); test++) {
        const part = tree.kind(test)
        if ((part === Kind.Name || part === Kind.Attribute) && /^(?:verbose|_?debug|verbosity|show_progress|is_?cli|echo)$/i.test(tree.text(test))) return true
      }
    }
    if (kind === Kind.ClassDef) {
      for (let base = at + 1; base < tree.end(at) && tree.kind(base) !== Kind.Body; base++) {
        const part = tree.kind(base)
        if ((part === Kind.Name || part === Kind.Attribute) && /(?:Handler|Formatter|Console\w*|BaseCommand|Action)$/.test(tree.text(base))) return true
      }
    }
  }
  return false
}

function detection(context: RuleContext, tree: SyntaxTree, site: Site, body: FunctionId): Detection | undefined {
  const { program } = context
  const info = program.functionInfo(body)
  const serves = program.reach.isReachable(body, SERVING)
  if (!serves && (info.kind === 'module' || program.reach.isReachable(body, ['command', 'startup']))) return undefined
  if (info.name === '<module>') return undefined
  const inHandler = handlerAround(tree, site.node) >= 0
  const severity: Severity = serves ? (inHandler ? 'high' : 'medium') : 'low'
  const place = placeOf(context, site)
  const { entry, chain } = serves
    ? chainTo(context, body, SERVING, { ...place, label: 'print()' })
    : { entry: undefined, chain: [] }
  const routes = program.reach.routes(body)
  const who = entry === undefined ? 'code that other modules import' : `\`${entry.label}\``
  const reached = routes > 1 ? ` ${counted(routes, 'route')} reach it.` : ''
  return {
    place,
    subject: info.name,
    evidence: inHandler ? 'print in except' : 'print',
    message: {
      what: inHandler ? `\`${info.name}\` prints an exception instead of logging it.` : `\`${info.name}\` prints instead of logging.`,
      why:
        `The line has no level, time, logger name or request id, so nobody can find, filter or count it; ${who} leads here.${reached}` +
        (inHandler ? ' The traceback is lost as well.' : ''),
      do: inHandler ? 'Use `logger.exception("…")` of `logging.getLogger(__name__)`.' : 'Use `logging.getLogger(__name__)` with a level.',
    },
    confidence: 'definite',
    severity,
    chain: chain.length > 2 ? chain : [],
    fanOut: routes,
    ...(info.kind === 'module' ? {} : { fixSite: functionSite(context, body) }),
  }
}

function loggers(context: RuleContext): number {
  const survey = surveyOf(context)
  return ['debug', 'info', 'warning', 'error', 'exception', 'critical'].reduce((sum, name) => sum + survey.callsNamed(name).length, 0)
}
