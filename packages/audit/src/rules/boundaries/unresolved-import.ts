// unresolved-import: an import that leads nowhere, so that nothing is known of what lies behind it.
import type { Detection } from '../../findings/finding.ts'
import type { ImportStatement, Module } from '../../graph/contract.ts'
import { isNotFollowed } from '../../modules/boundary-report.ts'
import { statementText } from '../../modules/import-words.ts'
import { isProduct } from '../../survey/whereabouts.ts'
import type { Rule } from '../rule.ts'

export const rule: Rule = {
  id: 'boundaries/unresolved-import',
  decision: 'boundaries',
  severity: 'medium',
  effort: { minutes: 5, per: 'site' },
  trial: false,
  languages: ['typescript'],
  summary: 'An import leads to no file and to no declared package.',
  run({ program }) {
    const judged = program.imports.statements.filter(({ from }) => isProduct(program.modules[from]!))
    return {
      detections: judged.flatMap((statement) => judge(statement, program.modules[statement.from]!)),
      examined: { count: judged.length, of: 'import statements' },
    }
  },
}

function judge(statement: ImportStatement, importer: Module): Detection[] {
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
          ? `Add \`${target.name ?? specifier}\` to the dependencies of the package that imports it.`
          : 'Correct the path or the alias. If a generator writes the file, run it before the check.',
      },
      confidence: isPackage ? 'probable' : 'definite',
      severity: isPackage ? 'low' : 'medium',
      fixSite: { path: importer.path, line, name: specifier },
    },
  ]
}
