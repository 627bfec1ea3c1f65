// Results for the tests of the reports.
import { decisions } from '@footing/kernel'
import type { Finding } from '../findings/finding.ts'
import { addEfforts } from '../plan/effort.ts'
import { makePlan } from '../plan/plan.ts'
import { NO_INVENTORY } from '../programs/contract.ts'
import type { AuditResult } from '../result/audit-result.ts'

/** A result with these findings; everything else is small and fixed. */
export function madeResult(
  findings: readonly Finding[] = [],
  silenced: readonly Finding[] = [],
  more: Partial<AuditResult> = {},
): AuditResult {
  const plan = makePlan(findings, {
    effortOf: () => ({ minutes: 20, per: 'site' }),
    around: () => ({ untested: false, hotspot: false }),
  })
  const ids = [...new Set([...findings, ...silenced].map((finding) => finding.rule))].sort()
  return {
    schemaVersion: 1,
    tool: { name: 'footing', version: '0.1.0' },
    root: 'shop',
    findings,
    silenced,
    programs: NO_INVENTORY,
    apart: [],
    scorecard: decisions.map(({ id, title }, index) => ({
      decision: id,
      title,
      verdict: (['nothing found', 'drifting', 'compounding', 'not applicable'] as const)[index % 4] ?? 'nothing found',
      passed: 2,
      checks: 3,
      findings: { critical: 0, high: 0, medium: 0, low: 0, info: 0 },
      evidence: [],
      costToReverse: 'high: months',
      because: 'Nothing found in 40 async functions.',
    })),
    diagnoses: [],
    plan,
    effort: addEfforts(plan.map((item) => item.effort).filter((effort) => effort !== undefined)),
    coverage: {
      files: { seen: 12, parsed: 10, skipped: 2, configuration: 3 },
      lines: 12_345,
      unparsed: [{ path: 'app/broken.py', line: 3, code: 'syntax', reason: 'unexpected indent' }],
      passedBy: [{ path: 'gen.py', reason: 'generated' }],
      problems: [{ path: 'compose.yaml', reason: 'not valid YAML at line 2' }],
      imports: { statements: 100, resolved: 60, external: 38 },
      calls: { total: 1000, resolved: 700 },
      entryPoints: 4,
      history: { available: false, enough: false, reason: 'not a git repository', commits: 0 },
      heldBack: 7,
      repeated: 0,
    },
    rules: ids.map((id) => ({
      id,
      summary: 'Finds it.',
      severity: 'high',
      effort: { minutes: 20, per: 'site' },
      trial: false,
      page: `# ${id}\n`,
    })),
    baseline: undefined,
    structure: {
      packages: ['shop.orders', 'shop.billing', 'shop.users'],
      arrows: [
        { from: 0, to: 1, imports: 5 },
        { from: 1, to: 0, imports: 1 },
        { from: 0, to: 2, imports: 2 },
      ],
    },
    ...more,
  }
}

/** What a hostile repository puts into names: escapes, line breaks, markup, reordering. */
export const HOSTILE =
  'a\u001b]8;;evil\u0007\n::error::<script>alert(1)</script>\u202e|`x`,%0A@everyone[l](j)/\u2028b.py'
