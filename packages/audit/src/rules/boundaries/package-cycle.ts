// package-cycle: two domain packages that import each other.
import type { Detection } from '../../findings/finding.ts'
import type { Rule, RuleContext } from '../rule.ts'
import { type DomainArrow, domainArrows, isLayered, twoWay } from './domain-arrows.ts'

export const rule: Rule = {
  id: 'boundaries/package-cycle',
  decision: 'boundaries',
  severity: 'high',
  effort: { minutes: 30, per: 'site' },
  trial: false,
  summary: 'Two domain packages import each other.',
  run(context) {
    const arrows = domainArrows(context.program)
    const shared = new Set(context.settings.sharedKernel)
    const pairs = twoWay(arrows).filter(
      ({ minority, majority }) =>
        !shared.has(minority.from.name) && !shared.has(minority.to.name) && !isLayered(minority.edges.length, majority.edges.length),
    )
    return {
      detections: pairs.map(({ minority, majority }) => detection(minority, majority, context)),
      examined: { count: arrows.size, of: 'arrows between domain packages' },
    }
  },
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
      why: 'Neither can be understood, tested, owned or moved to a service of its own without the other.',
      do: `Take away the smaller direction, ${minority.edges.length === 1 ? 'this import' : 'this import and those beside it'}: let \`${from.name}\` publish an event, or take what it needs as an argument.`,
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
