// foreign-table-access: a module writes a table of another one, or reads one without having declared it.
import type { Detection } from '../../detection/detection.ts'
import { type BoundaryModel, type BoundaryModule, chainOf } from '../../modules/boundary-model.ts'
import { boundaryModel } from '../../modules/find-modules.ts'
import { type PlacedUse, tableUses } from '../../modules/table-uses.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { isProduct, placeOf, subjectOf } from '../../survey/whereabouts.ts'

export const rule: Rule = {
  id: 'boundaries/foreign-table-access',
  decision: 'boundaries',
  severity: 'high',
  effort: { minutes: 120, per: 'site' },
  trial: false,
  summary: 'A module writes a table that another module owns, or reads it without a declared read.',
  judges: { typescript: judge },
}

function judge(context: RuleContext): RuleResult {
  const model = boundaryModel(context)
  const owners = ownersOf(model)
  const uses = tableUses(context, new Set(owners.keys())).filter(({ module }) =>
    isProduct(context.program.modules[module]!),
  )
  return {
    detections: uses.flatMap((use) => judgeUse(context, model, owners, use)),
    examined: { count: owners.size === 0 ? 0 : uses.length, of: 'uses of tables' },
  }
}

/** Modules by the lower-case names of the tables that they own. */
function ownersOf({ modules }: BoundaryModel): ReadonlyMap<string, readonly BoundaryModule[]> {
  const owners = new Map<string, BoundaryModule[]>()
  for (const module of modules) {
    for (const table of module.tables) {
      const key = table.toLowerCase()
      owners.set(key, [...(owners.get(key) ?? []), module])
    }
  }
  return owners
}

function judgeUse(
  context: RuleContext,
  model: BoundaryModel,
  owners: ReadonlyMap<string, readonly BoundaryModule[]>,
  use: PlacedUse,
): Detection[] {
  const own = [...chainOf(model, model.of[use.module] ?? -1)]
  const user = own[0]
  const owner = ownerOf(model, owners, use)
  if (user === undefined || owner === undefined || own.includes(owner)) return []
  if (!use.writes && mayRead(own, owner, use)) return []
  const place = placeOf(context, use)
  const qualified = use.schema === '' ? `\`${use.table}\`` : `\`${use.schema}.${use.table}\``
  return [
    {
      place,
      subject: subjectOf(context, use),
      evidence: `${use.writes ? 'writes' : 'reads'} ${use.table} of ${owner.name}`,
      message: {
        what: `\`${user.name}\` ${use.writes ? 'writes' : 'reads'} ${qualified}, a table of \`${owner.name}\`: ${use.words}.`,
        why: use.writes
          ? `\`${owner.name}\` believes that nobody else changes its rows: its rules, events and caches know nothing of this write.`
          : `The columns of \`${owner.name}\` are now a contract that it does not know of: it cannot change its table, nor move away with it.`,
        do: use.writes
          ? `Let \`${owner.name}\` offer an operation that does it, and call that.`
          : `Let \`${owner.name}\` offer an operation; or a view, and declare the read of it: \`reads: { ${owner.name}: ['${use.table}_card'] }\`.`,
      },
      confidence: use.confidence,
      severity: use.writes ? 'high' : 'medium',
      ...(owner.origin === 'settings'
        ? {}
        : { related: [{ ...owner.declaredAt, label: `\`${owner.name}\` declares the table` }] }),
    },
  ]
}

/** Whose table it is: by the schema when one is written, else by the table; the user's own table of that name comes first. */
function ownerOf(
  model: BoundaryModel,
  owners: ReadonlyMap<string, readonly BoundaryModule[]>,
  { schema, table, module }: PlacedUse,
): BoundaryModule | undefined {
  const candidates = owners.get(table.toLowerCase()) ?? []
  if (schema !== '') {
    // In a Footing application a module's schema has its name.
    const named = model.modules.find(({ name, origin }) => name === schema && origin === 'manifest')
    if (named !== undefined) return named
  }
  const own = [...chainOf(model, model.of[module] ?? -1)].find((item) => candidates.includes(item))
  if (own !== undefined) return own
  return candidates.length === 1 ? candidates[0] : undefined
}

function mayRead(own: readonly BoundaryModule[], owner: BoundaryModule, { table }: PlacedUse): boolean {
  return own.some(({ reads }) =>
    [...(reads.get(owner.name) ?? []), ...(reads.get('*') ?? [])].some(
      (name) => name.toLowerCase() === table.toLowerCase() || name.toLowerCase().endsWith(`.${table.toLowerCase()}`),
    ),
  )
}
