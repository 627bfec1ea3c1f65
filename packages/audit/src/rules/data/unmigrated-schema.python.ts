// unmigrated-schema in Python: tables made by the application itself, so that no change of them is ever written down.

import type { Detection } from '../../detection/detection.ts'
import { Kind } from '../../facts/contract.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { commandLineModules } from '../../survey/command-line.ts'
import { calleeName, isUnderMainGuard } from '../../survey/expressions.ts'
import { type Site, surveyOf } from '../../survey/survey.ts'
import { bodyOf, isProduct, placeOf, subjectOf } from '../../survey/whereabouts.ts'

/** Judges a Python program. */
export function python(context: RuleContext): RuleResult {
  const { config } = context
  const creates = creations(context)
  const hasTool = config.migrations.length > 0
  const examined = { count: creates.length + config.migrations.length, of: 'migration folders and create_all calls' }
  const wrong = hasTool ? creates.filter((site) => competes(context, site)) : creates
  const detections = wrong.map((site): Detection => {
    const other = config.migrations[0]
    return {
      place: placeOf(context, site),
      subject: subjectOf(context, site),
      evidence: 'create_all',
      message: {
        what: `\`${subjectOf(context, site)}\` creates the tables with \`create_all\`${hasTool ? ' although migrations exist' : ', and no migration tool is in the repository'}.`,
        why: hasTool
          ? `A table that \`create_all\` makes first is missing from the history in \`${other!.path}\`, so the migration that creates it fails on the next database.`
          : '`create_all` never changes a table that exists: the first added column needs hand-written SQL on every database, and nobody can tell which one has it.',
        do: hasTool
          ? 'Run the migrations at deployment, and keep `create_all` for tests.'
          : "Add Alembic, make a first revision of today's tables, and run `alembic upgrade head` before the start of the application.",
      },
      confidence: 'definite',
      severity: hasTool ? 'low' : 'medium',
    }
  })
  return { detections, examined }
}

/** Beside migrations only a start of the service matters; making tables and stamping the revision is the right order. */
function competes(context: RuleContext, site: Site): boolean {
  const { program, trees } = context
  const tree = trees[site.module]!
  const body = bodyOf(context, site)
  const { kind, name } = program.functionInfo(body)
  const fn = tree.enclosingFunction(site.node)
  for (let at = Math.max(fn, 0), end = tree.end(at); at < end; at++) {
    if (tree.kind(at) === Kind.Call && /stamp/.test(calleeName(tree, at))) return false
  }
  if (/migrations?\.py$/.test(tree.path) || /import|restore|reset|upgrade|export/.test(name)) return false
  return (
    kind === 'module' ||
    program.reach.isReachable(body, ['startup']) ||
    /(?:^|\.)(?:create_app|make_app|lifespan|startup)$/.test(name)
  )
}

/** Calls of create_all on SQLAlchemy metadata in code that is no test, no command and no migration. */
function creations(context: RuleContext): Site[] {
  const { program, trees } = context
  const commands = commandLineModules(context)
  const found: Site[] = []
  for (const name of ['create_all', 'generate_schemas', 'run_sync']) {
    for (const site of surveyOf(context).callsNamed(name)) {
      if (!isProduct(program.modules[site.module]!) || commands.has(site.module)) continue
      const tree = trees[site.module]!
      if (isUnderMainGuard(tree, site.node)) continue
      if (name === 'run_sync') {
        // `await connection.run_sync(Base.metadata.create_all)`
        const argument = tree.nextSibling(site.node + 1)
        if (argument < 0 || tree.text(argument) !== 'create_all') continue
        found.push(site)
        continue
      }
      const target = program
        .targetsOf(program.callAt(site.module, site.node))
        .find((item) => /create_all$|generate_schemas$/.test(item.external))
      const isMetadata = /(?:^|\.)(?:metadata|db)\.create_all$/.test(tree.dotted(site.node + 1))
      if ((target !== undefined && target.confidence !== 'possible') || isMetadata) found.push(site)
    }
  }
  return found
}
