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
  severity: 'low',
  effort: { minutes: 5, per: 'site' },
  trial: false,
  summary: 'An import leads to no file and to no declared package.',
  judges: { typescript: judge },
}

function judge({ program, manifests, paths }: RuleContext): RuleResult {
  const judged = program.imports.statements.filter(({ from }) => isProduct(program.modules[from]!))
  const folders = foldersOf(paths)
  return {
    detections: judged.flatMap((statement) =>
      judgeStatement(statement, program.modules[statement.from]!, manifests, folders),
    ),
    examined: { count: judged.length, of: 'import statements' },
  }
}

/** Every folder of the tree. */
function foldersOf(paths: readonly string[]): ReadonlySet<string> {
  const folders = new Set<string>()
  for (const path of paths)
    for (let at = path.lastIndexOf('/'); at > 0 && !folders.has(path.slice(0, at)); at = path.lastIndexOf('/', at - 1))
      folders.add(path.slice(0, at))
  return folders
}

function judgeStatement(
  statement: ImportStatement,
  importer: Module,
  manifests: Manifests,
  folders: ReadonlySet<string>,
): Detection[] {
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
          : 'Code that does not resolve does not run as it stands here, and no boundary is judged behind the import.',
        do: isPackage
          ? `Add \`${target.name}\` to the dependencies in \`${nearest(importer.path, manifests)}\`.`
          : 'Correct the path or the alias. If a generator writes the file, run it before the check.',
      },
      // A folder of that name beside the manifest: some resolver begins there, as `NODE_PATH` and `baseUrl` do.
      confidence: isPackage
        ? isFolderBeside(target.name, importer.path, manifests, folders)
          ? 'possible'
          : 'probable'
        : 'definite',
      // One line in its package.json repairs every import of an undeclared package.
      fixSite: isPackage
        ? { path: nearest(importer.path, manifests), line: 1, name: target.name }
        : { path: importer.path, line, name: specifier },
    },
  ]
}

function isFolderBeside(name: string, path: string, manifests: Manifests, folders: ReadonlySet<string>): boolean {
  const manifest = nearest(path, manifests)
  return folders.has(`${manifest.slice(0, manifest.lastIndexOf('/') + 1)}${name}`)
}

/** The package.json nearest above a file. */
function nearest(path: string, { packages }: Manifests): string {
  const above = packages.filter(({ folder }) => folder === '' || path.startsWith(`${folder}/`))
  return above.sort((a, b) => b.folder.length - a.folder.length)[0]?.path ?? 'package.json'
}
