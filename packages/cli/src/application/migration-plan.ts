// What the pending migrations would do to code that runs meanwhile: each with its hazards, reviewed before it is applied.
import type { MigrationSource, MigrationStatus } from '@footing/core/tooling'
import { columnFacts, lintMigration, type MigrationReview, readMigrations } from '@footing/core/tooling'
import { type ExitCode, exit } from '../command/command.ts'
import { counted } from '../command/counted.ts'
import type { Terminal } from '../command/terminal.ts'

/** One pending migration. A migration in TypeScript has no review: what it does is known only when it runs. */
export interface PlannedMigration {
  readonly module: string
  readonly name: string
  readonly review: MigrationReview | undefined
  /** True for a file that is not written yet. */
  readonly draft?: true
  /** The migration that an earlier run must have applied. */
  readonly waitsFor?: string
  /** What goes together with the columns that it drops, a sentence for each column. */
  readonly drops?: readonly string[]
}

/**
 * Reviews what is pending, in the order in which it would be applied. `schemaOf` gives the dump of a module as it is in the
 * database now; without it nothing is said of what hangs on a dropped column.
 * @throws `migration-unparsed`, `migration-parser-missing`, `migration-invalid`
 */
export async function planMigrations(
  sources: readonly MigrationSource[],
  statuses: readonly MigrationStatus[],
  schemaOf: (module: string) => Promise<string> = () => Promise.resolve(''),
): Promise<readonly PlannedMigration[]> {
  const files = (await Promise.all(sources.map(readMigrations))).flat()
  const planned: PlannedMigration[] = []
  for (const { module, name, state, draft, waitsFor } of statuses) {
    const file = files.find((candidate) => candidate.module === module && candidate.name === name)
    if (state !== 'pending' || file === undefined) continue
    const { body, transactional, phase } = file
    const review =
      body.kind === 'sql'
        ? await lintMigration({
            name: `${module}/${name}.sql`,
            sql: body.text,
            transactional,
            ...(phase === undefined ? {} : { phase }),
          })
        : undefined
    const notes = { ...(draft === true ? { draft } : {}), ...(waitsFor === undefined ? {} : { waitsFor }) }
    const drops = review === undefined ? [] : await dropsOf(review, () => schemaOf(module))
    planned.push({ module, name, review, ...notes, ...(drops.length === 0 ? {} : { drops }) })
  }
  return planned
}

async function dropsOf(review: MigrationReview, schema: () => Promise<string>): Promise<readonly string[]> {
  const dropped = [...review.hazards, ...review.allowed.map(({ hazard }) => hazard)]
    .filter(({ id }) => id === 'column-drop')
    .map(({ subject }) => subject)
  if (dropped.length === 0) return []
  const dump = await schema()
  return dropped.flatMap((subject) => {
    const end = subject.lastIndexOf('.')
    const facts = columnFacts(dump, subject.slice(0, end), subject.slice(end + 1))
    const what = [
      ...(facts.notNull ? ['NOT NULL'] : []),
      ...(facts.fallback === undefined ? [] : [`default ${facts.fallback}`]),
      ...facts.checks.map(({ name, expression }) => `check ${name} ${expression}`),
      ...facts.others,
    ]
    return what.length === 0 ? [] : [`with ${subject} goes: ${what.join('; ')}`]
  })
}

/** Shows a plan; the exit code is 1 when a hazard stands that no comment allows. */
export function showPlan(terminal: Terminal, plan: readonly PlannedMigration[]): ExitCode {
  const open = plan.reduce((sum, { review }) => sum + (review?.hazards.length ?? 0) + (review?.unused.length ?? 0), 0)
  if (terminal.wantsJson) terminal.json({ ok: open === 0, plan })
  else for (const line of renderPlan(plan, terminal.style)) terminal.out(line)
  return open === 0 ? exit.ok : exit.findings
}

function renderPlan(plan: readonly PlannedMigration[], style: Terminal['style']): readonly string[] {
  if (plan.length === 0) return ['nothing to do']
  const lines = plan.flatMap(({ module, name, review, draft, waitsFor, drops }) => [
    style(`${module}/${name}`, 'bold'),
    ...(draft === true ? ['  draft: not applied until it says otherwise'] : []),
    ...(drops ?? []).map((line) => `  ${style(line, 'yellow')}`),
    ...(waitsFor === undefined ? [] : [`  waits in production for the deployment after ${waitsFor}`]),
    ...(review === undefined ? ['  TypeScript: read it, nothing reviews it'] : renderReview(review, style)),
  ])
  const hazards = plan.reduce((sum, { review }) => sum + (review?.hazards.length ?? 0), 0)
  return [...lines, '', `${plan.length} pending, ${counted(hazards, 'hazard')}`]
}

function renderReview(review: MigrationReview, style: Terminal['style']): readonly string[] {
  const { hazards, allowed, unused } = review
  if (hazards.length + allowed.length + unused.length === 0) return [`  ${style('no hazard', 'green')}`]
  return [
    ...hazards.flatMap((hazard) => [
      `  ${style(hazard.id, 'yellow')} line ${hazard.line}, ${hazard.subject}${hazard.lock === undefined ? '' : `, lock ${hazard.lock}`}`,
      `    what  ${hazard.what}`,
      `    why   ${hazard.why}`,
      `    do    ${hazard.remedy}`,
    ]),
    ...allowed.map(({ hazard, reason }) => `  ${style(`${hazard.id} line ${hazard.line} allowed: ${reason}`, 'dim')}`),
    ...unused.map(({ id, line, fault }) => `  ${style('allowance', 'yellow')} of ${id}, line ${line}: ${fault}`),
  ]
}
