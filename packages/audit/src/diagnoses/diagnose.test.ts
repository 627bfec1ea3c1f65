// Grouping by cause: what is explained, told once, ordered, and left alone.
import { describe, expect, it } from 'vitest'
import { madeFinding } from '../findings/made-finding.ts'
import { NO_INVENTORY } from '../programs/contract.ts'
import { diagnose } from './diagnose.ts'

const context = { programs: NO_INVENTORY, processes: '', changesOf: () => undefined }
const blocking = (path: string) => ({ ...madeFinding({ path }), evidence: 'load → sqlalchemy.orm.Session.execute' })
const hub = (path: string, fanOut: number) =>
  madeFinding({ rule: 'boundaries/hub-module', path, severity: 'medium', fanOut })

describe('diagnosing', () => {
  it('explains findings by one cause and leaves the others', () => {
    const print = madeFinding({ rule: 'observability/print-as-log', path: 'p.py', severity: 'low' })
    const { diagnoses, findings, repeated } = diagnose([...['a.py', 'b.py', 'c.py'].map(blocking), print], context)
    expect(diagnoses.map(({ id, places, files }) => [id, places, files])).toEqual([
      ['async/synchronous-database', 3, 3],
    ])
    expect(findings.map(({ diagnosis }) => diagnosis)).toEqual([
      'async/synchronous-database',
      'async/synchronous-database',
      'async/synchronous-database',
      undefined,
    ])
    expect(repeated).toBe(0)
  })

  it('takes neither findings of trial rules nor those by name', () => {
    const doubtful = ['a.py', 'b.py', 'c.py'].map(blocking)
    expect(
      diagnose(
        doubtful.map((one) => ({ ...one, trial: true })),
        context,
      ).diagnoses,
    ).toEqual([])
    expect(
      diagnose(
        doubtful.map((one) => ({ ...one, confidence: 'possible' as const })),
        context,
      ).diagnoses,
    ).toEqual([])
  })

  it('goes by impact, and by what makes another one easier', () => {
    const pairs = ['x', 'y', 'z'].map((name) =>
      madeFinding({ rule: 'boundaries/package-cycle', path: `${name}.py`, severity: 'medium', fanOut: 1 }),
    )
    const { diagnoses } = diagnose([hub('app.py', 5000), hub('db.py', 400), ...pairs], context)
    const [order, large] = diagnoses
    expect(diagnoses.map(({ id }) => id)).toEqual(['boundaries/no-direction', 'boundaries/overgrown-modules'])
    expect(large?.impact).toBeGreaterThan(order?.impact ?? 0)
    expect(large?.after).toEqual(['boundaries/no-direction'])
    expect(large?.what).toBe('2 modules carry too much: `app.py` and `db.py`; up to 5,000 modules import one of them.')
  })

  it('counts the share of recent commits that meet it', () => {
    const found = ['a.py', 'b.py', 'c.py'].map(blocking)
    const quiet = diagnose(found, context).diagnoses[0]
    const busy = diagnose(found, { ...context, changesOf: (paths) => paths.size / 6 }).diagnoses[0]
    expect(busy?.changes).toBe(0.5)
    expect(busy?.impact).toBeCloseTo((quiet?.impact ?? 0) * 1.5, 0)
  })

  it('says the same in whatever order findings come', () => {
    const found = ['a.py', 'b.py', 'c.py', 'd.py'].map(blocking)
    expect(diagnose([...found].reverse(), context).diagnoses).toEqual(diagnose(found, context).diagnoses)
  })
})
