// unresolved-import: an import that leads nowhere, so that nothing is known of what lies behind it.

import type { Detection } from '../../detection/detection.ts'
import type { Manifests } from '../../extract/manifests/contract.ts'
import type { ImportStatement, Module } from '../../graph/contract.ts'
import { isNotFollowed } from '../../modules/boundary-report.ts'
import { statementText } from '../../modules/import-words.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { isProduct } from '../../survey/whereabouts.ts'

export const rule: Rule = {
  id: 'boundaries/unresolved-import',
  decision: 'boundaries',
  severity: 'medium',
  effort: { minutes: 5, per: 'site' },
  trial: false,
  summary: 'An import leads to no file and to no declared package.',
  judges: { typescript: judge },
}

function judge({ program, manifests }: RuleContext): RuleResult {
  const judged = program.imports.statements.filter(({ from }) => isProduct(program.modules[from]!))
  return {
    detections: judged.flatMap((statement) => judgeStatement(statement, program.modules[statement.from]!, manifests)),
    examined: { count: judged.length, of: 'import statements' },
  }
}

function judgeStatement(statement: ImportStatement, importer: Module, manifests: Manifests): Detection[] {
  const { target, specifier, line } = statement
  // Computed specifiers and code that a generator has yet to write are told in the coverage: nobody can repair them here.
  if (target.to !== 'nowhere' || isNotFollowed(target)) return []
  const isPackage = target.cause === 'package-undeclared'
  return [
    {
      place: { path: importer.path, line },
      subject: '<module>',
      evidence: specifier,
      message: {
        what: `\`${statementText(statement)}\` leads nowhere: ${target.reason}.`,
        why: isPackage
          ? 'It works only as long as another package happens to install it, in the version that that one wants.'
          : 'No boundary is judged behind it: whatever it reaches is not in the graph.',
        do: isPackage
          ? `Add \`${target.name}\` to the dependencies in \`${nearest(importer.path, manifests)}\`.`
          : 'Correct the path or the alias. If a generator writes the file, run it before the check.',
      },
      confidence: isPackage ? 'probable' : 'definite',
      severity: isPackage ? 'low' : 'medium',
      // One line in its package.json repairs every import of an undeclared package.
      fixSite: isPackage
        ? { path: nearest(importer.path, manifests), line: 1, name: target.name }
        : { path: importer.path, line, name: specifier },
    },
  ]
}

/** The package.json nearest above a file. */
function nearest(path: string, { packages }: Manifests): string {
  const above = packages.filter(({ folder }) => folder === '' || path.startsWith(`${folder}/`))
  return above.sort((a, b) => b.folder.length - a.folder.length)[0]?.path ?? 'package.json'
}
