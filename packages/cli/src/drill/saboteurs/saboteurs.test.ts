// The drill must be able to fail: each planted fault is called by its name, and a right system is never accused.
import { describe, expect, test } from 'vitest'
import { judge } from '../judge/judge.ts'
import { saboteurNames } from '../judge/saboteur-names.ts'
import type { Verdict } from '../judge/verdict.ts'
import { modelHistory } from './model.fixture.ts'

const promised = { jobs: true, events: true, ordered: true, schedules: true, ledger: true }
const kills = 30

async function verdictsOf(options: Parameters<typeof modelHistory>[0]): Promise<readonly Verdict[]> {
  return judge(await modelHistory({ kills, ...options }), { promised, kills, settled: 'stuck', recoveryMs: 15_000 })
}

describe('a planted fault is called by its name', () => {
  test.each(saboteurNames)('%s', async (sabotage) => {
    const verdicts = await verdictsOf({ seed: 7, sabotage })
    const broken = verdicts.filter(({ outcome }) => outcome === 'broken')
    expect(broken.map(({ suspect }) => suspect)).toContain(sabotage)
    for (const { first } of broken) expect(first?.what).toBeTruthy()
  })
})

test('a right system passes twenty times in a row, and every guarantee was put to the test', async () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const verdicts = await verdictsOf({ seed })
    const told = verdicts.map(({ claim, outcome, evidence }) => `${claim} ${outcome}: ${evidence}`)
    expect(
      verdicts.filter(({ outcome }) => outcome !== 'held').map(({ claim }) => claim),
      `seed ${seed}\n${told.join('\n')}`,
    ).toEqual([])
  }
})
