// deep-import in TypeScript: an import that goes round the public face of a module.
import type { Detection } from '../../detection/detection.ts'
import { type BoundaryId, chainOf } from '../../modules/boundary-model.ts'
import { sharedFiles } from '../../modules/composition.ts'
import { isLayered } from '../../modules/domain-arrows.ts'
import { boundaryModel } from '../../modules/find-modules.ts'
import { importerWords, importVerb } from '../../modules/import-words.ts'
import { type Crossing, crossingsOf } from '../../modules/module-arrows.ts'
import { roundTheDoor } from '../../modules/module-face.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'

/** Imports of the inside of a module from outside of it. Files that only put modules together may know the insides. */
export function typescript(context: RuleContext): RuleResult {
  const model = boundaryModel(context)
  const shared = sharedFiles(context.program, model)
  const { all } = crossingsOf(context)
  const judged = all.filter((item) => {
    if (item.to.face.kind === 'open') return false
    const isOutside = item.from === undefined || [...chainOf(model, item.to.id)].some(({ id }) => id === item.from?.id)
    return !isOutside || item.to.origin === 'workspace' || shared.has(item.importer.id)
  })
  const open = model.modules.filter(({ face }) => face.kind === 'open')
  const unused = unusedDoors(judged)
  return {
    detections: judged.flatMap((item) => (unused.has(item.to.id) ? [] : judge(item))),
    examined: { count: judged.length, of: 'imports of modules' },
    ...(open.length > 0 && open.length === model.modules.length
      ? { couldNotTell: `None of ${open.length} modules says what others may import: they have no index file.` }
      : {}),
  }
}

/**
 * Modules whose door nobody promised and few use: of a folder that was only found, the index is a door when nine in ten
 * imports from elsewhere go through it.
 */
function unusedDoors(judged: readonly Crossing[]): ReadonlySet<BoundaryId> {
  const uses = new Map<BoundaryId, { through: number; round: number }>()
  for (const { to, statement, imported } of judged) {
    if (to.origin !== 'folder') continue
    const use = uses.get(to.id) ?? { through: 0, round: 0 }
    if (roundTheDoor(to, statement, imported.path) === undefined) use.through++
    else use.round++
    uses.set(to.id, use)
  }
  return new Set([...uses].filter(([, { through, round }]) => !isLayered(round, through)).map(([id]) => id))
}

function judge(item: Crossing): Detection[] {
  const { statement, importer, imported, to } = item
  const inner = roundTheDoor(to, statement, imported.path)
  if (inner === undefined) return []
  const who = importerWords(item)
  return [
    {
      place: { path: importer.path, line: statement.line },
      subject: '<module>',
      evidence: `${importVerb(statement)} ${imported.path}`,
      message: {
        what: `${who} ${importVerb(statement)} \`${inner}\`, which is inside of the module \`${to.name}\`.`,
        why: `\`${to.name}\` cannot change its inside any more without breaking code that it does not know, and cannot be moved elsewhere.`,
        do: remedy(item),
      },
      confidence: to.origin === 'folder' ? 'probable' : 'definite',
      severity:
        to.origin === 'manifest' || to.origin === 'settings' ? 'high' : to.origin === 'folder' ? 'low' : 'medium',
      fixSite: { path: importer.path, line: statement.line, name: `${importer.path} into ${to.name}` },
      related: [{ path: imported.path, line: 1, label: 'the file that is reached into' }],
    },
  ]
}

function remedy({ from, to, statement }: Crossing): string {
  if (from === undefined && to.origin !== 'workspace')
    return `Modules use this file, so it lies below them: move what it takes from \`${to.name}\` down to it, or pass it in as an argument.`
  if (to.origin === 'manifest')
    return statement.typeOnly
      ? `Take the type from ${to.face.words}: the schemas of the port have it.`
      : `Call \`${to.name}\` through its port: import ${to.face.words} only.`
  if (to.origin === 'workspace' && to.face.exports !== undefined)
    return `Import \`${to.face.package}\`, or add the file to its \`exports\`.`
  return `Import ${to.face.words}, and let it export what is needed.`
}
