// undeclared-need: a module imports another one that it does not name in its needs.
import type { Detection } from '../../detection/detection.ts'
import type { BoundaryModule } from '../../modules/boundary-model.ts'
import { isDeclaredNeed, saysItsNeeds } from '../../modules/declared-need.ts'
import { importVerb } from '../../modules/import-words.ts'
import { crossingsOf, type ModuleArrow } from '../../modules/module-arrows.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'

export const rule: Rule = {
  id: 'boundaries/undeclared-need',
  decision: 'boundaries',
  severity: 'high',
  effort: { minutes: 20, per: 'site' },
  trial: false,
  summary: 'A module imports another module that it does not declare to need.',
  judges: { typescript: judge },
}

function judge(context: RuleContext): RuleResult {
  const judged = crossingsOf(context).arrows.filter(({ from, to }) => saysItsNeeds(from, to))
  return {
    detections: judged.filter(({ from, to }) => !isDeclaredNeed(from, to)).flatMap((arrow) => detections(arrow)),
    examined: { count: judged.length, of: 'arrows between modules' },
  }
}

/** One finding for each import, all repaired by one edit: the declaration, or the design. */
function detections({ from, to, crossings }: ModuleArrow): Detection[] {
  return crossings.map(({ statement, importer, imported }) => ({
    place: { path: importer.path, line: statement.line },
    subject: '<module>',
    evidence: `${importVerb(statement)} ${imported.path}`,
    message: {
      what: `\`${from.name}\` ${importVerb(statement)} \`${to.name}\`, which is not among its needs${saidNeeds(from)}.`,
      why:
        from.origin === 'workspace'
          ? `It works only as long as something else installs \`${to.name}\` beside it; built or published alone, it does not start.`
          : 'Who may know whom is decided by whoever writes the next import, and nobody sees the arrow in a review.',
      do: remedy(from, to),
    },
    confidence: 'definite',
    severity: from.origin === 'workspace' ? 'medium' : 'high',
    ...(from.origin === 'settings' ? {} : { related: [{ ...from.declaredAt, label: 'where the needs are declared' }] }),
    fixSite: { ...from.declaredAt, name: `${from.name} needs ${to.name}` },
  }))
}

function saidNeeds({ needs, origin }: BoundaryModule): string {
  if (origin === 'workspace' || needs === undefined) return ''
  return needs.length === 0 ? ' (it has none)' : ` (${needs.map((name) => `\`${name}\``).join(', ')})`
}

function remedy(from: BoundaryModule, to: BoundaryModule): string {
  if (from.origin === 'workspace') return `Add \`${to.name}\` to the dependencies in \`${from.declaredAt.path}\`.`
  const where = from.origin === 'manifest' ? `\`needs\` of the manifest` : `\`boundaries.needs.${from.name}\``
  return to.needs?.includes(from.name) === true
    ? `\`${to.name}\` needs \`${from.name}\` already: let \`${from.name}\` publish an event that \`${to.name}\` listens to, or move what both use below them.`
    : `Add \`${to.name}\` to ${where} if the arrow is meant, else take the import away.`
}
