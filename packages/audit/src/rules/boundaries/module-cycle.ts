// module-cycle: modules that need each other in a circle, with the smallest set of arrows to cut.
import type { ChainStep, Detection, RelatedPlace } from '../../detection/detection.ts'
import { isDeclaredNeed, saysItsNeeds } from '../../modules/declared-need.ts'
import { boundaryModel } from '../../modules/find-modules.ts'
import { importVerb, statementText } from '../../modules/import-words.ts'
import { crossingsOf, type ModuleArrow } from '../../modules/module-arrows.ts'
import { type ModuleCircle, type ModuleCut, moduleCircles } from '../../modules/module-circles.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'

export const rule: Rule = {
  id: 'boundaries/module-cycle',
  decision: 'boundaries',
  severity: 'high',
  effort: { minutes: 60, per: 'site' },
  trial: false,
  summary: 'Modules import each other in a circle.',
  assures: { says: 'no modules import each other in a circle', from: 1 },
  judges: { typescript: judge },
}

function judge(context: RuleContext): RuleResult {
  const { modules } = boundaryModel(context)
  const { arrows } = crossingsOf(context)
  return {
    detections: moduleCircles(modules, arrows).flatMap((circle) => circle.cuts.map((cut) => detection(cut, circle))),
    examined: { count: arrows.length, of: 'arrows between modules' },
  }
}

function detection(cut: ModuleCut, { members, cuts, isRuntime, isSmallest }: ModuleCircle): Detection {
  const { arrow, circle } = cut
  const { from, to, crossings } = arrow
  const [first, ...rest] = crossings
  if (first === undefined) throw new RangeError(`the arrow ${from.name} > ${to.name} has no import`)
  const names = members.map(({ name }) => name)
  const others = cuts.length - 1
  return {
    place: { path: first.importer.path, line: first.statement.line },
    subject: names.join(', '),
    evidence: `${from.name} imports ${to.name}`,
    message: {
      what: `\`${from.name}\` imports \`${to.name}\`, which leads back to \`${from.name}\`${members.length > circle.length ? `, in a circle of ${members.length} modules` : ''}.`,
      why: `${members.length === 2 ? 'Neither' : 'None of them'} can be understood, tested, owned or moved to a process of its own without the other${members.length === 2 ? '' : 's'}${isRuntime ? '' : '; only types close the circle, so it runs'}.`,
      do: `Cut here: ${cutWords(arrow)}${others > 0 ? ` (and ${others} more ${others === 1 ? 'arrow' : 'arrows'} of this circle${isSmallest ? '; no smaller cut exists' : ''})` : isSmallest && members.length > 2 ? '; no smaller cut exists' : ''}. ${inversion(arrow)}`,
    },
    confidence: from.origin === 'folder' || to.origin === 'folder' ? 'probable' : 'definite',
    severity: isRuntime ? 'high' : 'low',
    chain: circle.map((step) => drawn(step)),
    related: rest.map(
      (item): RelatedPlace => ({
        path: item.importer.path,
        line: item.statement.line,
        label: `cut as well: ${statementText(item.statement)}`,
      }),
    ),
    fanOut: members.length,
    fixSite: {
      path: cuts[0]!.arrow.crossings[0]!.importer.path,
      line: cuts[0]!.arrow.crossings[0]!.statement.line,
      name: `circle of ${names.join(', ')}`,
    },
    minutes: 20 + 20 * cuts.reduce((sum, { arrow: { crossings: all } }) => sum + all.length, 0),
  }
}

function drawn({ from, to, crossings: [first, ...rest] }: ModuleArrow): ChainStep {
  if (first === undefined) throw new RangeError(`the arrow ${from.name} > ${to.name} has no import`)
  const verb = importVerb(first.statement)
  const more = rest.length === 0 ? '' : ` (${rest.length + 1} imports)`
  return {
    path: first.importer.path,
    line: first.statement.line,
    label: `${from.name} ${verb} ${to.name}${more}`,
    arrow: { from: from.name, verb: `${verb}${more}`, to: to.name },
  }
}

function cutWords({ crossings }: ModuleArrow): string {
  return crossings.length === 1 ? 'one import' : `${crossings.length} imports`
}

function inversion({ from, to, runtime }: ModuleArrow): string {
  const stray =
    saysItsNeeds(from, to) && !isDeclaredNeed(from, to) ? `\`${from.name}\` does not declare to need it. ` : ''
  return `${stray}${advice({ from, to, runtime })}`
}

function advice({ from, to, runtime }: Pick<ModuleArrow, 'from' | 'to' | 'runtime'>): string {
  if (runtime === 0)
    return `Move the types below both, or let \`${from.name}\` declare what it expects in words of its own.`
  return `Let \`${from.name}\` publish an event that \`${to.name}\` listens to, take what it needs as an argument, or move it below both.`
}
