// package-cycle: two domain packages that import each other.
import type { Detection } from '../../detection/detection.ts'
import { type DomainArrow, domainArrows, isLayered, twoWay } from '../../modules/domain-arrows.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'

export const rule: Rule = {
  id: 'boundaries/package-cycle',
  decision: 'boundaries',
  severity: 'high',
  effort: { minutes: 30, per: 'site' },
  trial: false,
  summary: 'Two domain packages import each other.',
  assures: { says: 'no two packages import each other', from: 1 },
  judges: { python: judge },
}

function judge(context: RuleContext): RuleResult {
  const arrows = domainArrows(context.program)
  const shared = new Set(context.settings.sharedKernel)
  const pairs = twoWay(arrows).filter(
    ({ minority, majority }) =>
      !shared.has(minority.from.name) &&
      !shared.has(minority.to.name) &&
      !isLayered(minority.edges.length, majority.edges.length),
  )
  return {
    detections: pairs.map(({ minority, majority }) => detection(minority, majority, context)),
    examined: { count: arrows.size, of: 'arrows between domain packages' },
  }
}

function detection(minority: DomainArrow, majority: DomainArrow, { program }: RuleContext): Detection {
  const places = minority.edges.map((edge) => ({
    path: program.modules[edge.from]?.path ?? '',
    line: edge.line,
    label: `${program.modules[edge.from]?.name ?? ''} imports ${program.modules[edge.to]?.name ?? ''}`,
  }))
  const [first = { path: '', line: 1, label: '' }, ...rest] = places
  const back = majority.edges[0]
  const established = minority.edges.length >= 3 && minority.edges.some((edge) => edge.tier === 'runtime')
  const { from, to } = minority
  return {
    place: { path: first.path, line: first.line },
    subject: `${from.name} and ${to.name}`,
    evidence: `${from.name} imports ${to.name}`,
    message: {
      what: `The packages \`${from.name}\` and \`${to.name}\` import each other: ${minority.edges.length} ${minority.edges.length === 1 ? 'import' : 'imports'} this way, ${majority.edges.length} the other.`,
      why: 'Neither can be tested, or moved to a service of its own, without taking the other along.',
      do: remedy(minority),
    },
    confidence: 'definite',
    severity: established ? 'high' : 'medium',
    chain: [
      first,
      ...(back === undefined
        ? []
        : [
            {
              path: program.modules[back.from]?.path ?? '',
              line: back.line,
              label: `${program.modules[back.from]?.name ?? ''} imports ${program.modules[back.to]?.name ?? ''}`,
            },
          ]),
    ],
    related: rest.slice(0, 20),
    fanOut: minority.edges.length,
    minutes: 30 * minority.edges.length,
  }
}

/** Folders of these names lie below the domain by their meaning: they cannot publish events, they must not know. */
const BELOW =
  /(?:^|\.)(?:core|common|shared|kit|lib|libs|base|utils?|helpers|models|db|database|schemas|types|settings|config|integrations)$/

function remedy({ from, to, edges }: DomainArrow): string {
  const names = [...new Set(edges.flatMap((edge) => edge.names))].filter((name) => name !== '*')
  const taken =
    names.length === 0
      ? 'what it takes'
      : `${names
          .slice(0, 3)
          .map((name) => `\`${name}\``)
          .join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`
  const count = edges.length === 1 ? 'this import' : `these ${edges.length} imports`
  if (BELOW.test(from.name))
    return `\`${from.name}\` lies below: take ${count} away by moving ${taken} down to it, or by passing it in as an argument.`
  return `Take ${count} away: pass ${taken} in as an argument, move it below both, or let \`${from.name}\` publish an event that \`${to.name}\` listens to.`
}
