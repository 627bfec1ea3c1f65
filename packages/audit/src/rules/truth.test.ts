// Judged places as small cases: what a reader called right is still told, what was weak or wrong is not told any more.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { audit } from '../audit.ts'
import { placesOf } from '../findings/places.ts'
import { entriesOf } from '../report/entries.ts'
import { PLAIN, reporters } from '../report/index.ts'
import type { AuditResult } from '../result/audit-result.ts'
import { type TruthCase, truthCases } from './truth-cases.ts'

const folder = new URL('../../truth/', import.meta.url)
const pages = readdirSync(folder).filter((name) => name.endsWith('.md') && name !== 'README.md')
const cases = pages.flatMap((name) => truthCases(readFileSync(new URL(name, folder), 'utf8'), name))

/** Cases that the auditor does not get right yet, by title; one that it gets right has to leave the list. */
const OPEN: ReadonlySet<string> = new Set([])

const score = { right: [0, 0], weak: [0, 0], wrong: [0, 0] }

describe.each(pages)('%s', (page) => {
  it.each(cases.filter((one) => one.page === page).map((one) => [`${one.verdict}: ${one.title}`, one] as const))(
    '%s',
    async (_, one) => {
      const result = await judged(one)
      const lines = result.findings
        .filter(({ rule }) => rule === one.rule)
        .flatMap(({ place, related, chain }) => [place, ...(related ?? []), ...(chain ?? [])])
        .map(({ path, line }) => `${path}:${line}`)
      const isTold = one.verdict === 'right' ? one.told.every((place) => lines.includes(place)) : lines.length > 0
      score[one.verdict][0]! += Number(isTold)
      score[one.verdict][1]! += 1
      const isAsJudged = isTold === (one.verdict === 'right')
      expect({ lines, isAsJudged }).toMatchObject({ isAsJudged: !OPEN.has(one.title) })
      agrees(result)
    },
  )
})

describe('the set', () => {
  it('names a rule, a place and a verdict for each case', () => {
    for (const one of cases) {
      expect(one.rule, one.title).toMatch(/^[a-z]+\/[a-z-]+$/)
      expect(one.from, one.title).toMatch(/\S+\/\S+, \S/)
      expect(one.told.length > 0, one.title).toBe(one.verdict === 'right')
    }
  })

  it('is scored', () => {
    const of = (verdict: TruthCase['verdict']) => cases.filter((one) => one.verdict === verdict).length
    const open = (verdict: TruthCase['verdict']) =>
      cases.filter((one) => one.verdict === verdict && OPEN.has(one.title)).length
    const summary = `right ${score.right[0]} of ${score.right[1]} told; weak ${score.weak[0]} of ${score.weak[1]}, wrong ${score.wrong[0]} of ${score.wrong[1]} still told`
    expect(summary).toBe(
      `right ${of('right') - open('right')} of ${of('right')} told; weak ${open('weak')} of ${of('weak')}, wrong ${open('wrong')} of ${of('wrong')} still told`,
    )
    process.stdout.write(`truth: ${summary}\n`)
  })
})

async function judged({ files }: TruthCase): Promise<AuditResult> {
  const root = mkdtempSync(join(tmpdir(), 'truth-'))
  try {
    for (const [path, text] of files) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    }
    return await audit({ root, cache: false, history: false, threads: 1 })
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

/** Every number on the page is counted again from the findings, and every finding is told under one entry. */
function agrees(result: AuditResult): void {
  const entries = entriesOf(result)
  const prints = entries.flatMap(({ findings }) => findings.map(({ fingerprint }) => fingerprint))
  expect([...prints].sort()).toEqual(result.findings.map(({ fingerprint }) => fingerprint).sort())
  for (const { id, extent, findings } of entries) {
    const places = result.diagnoses.find((one) => one.id === id)?.places ?? placesOf(findings)
    expect(extent, id).toMatch(new RegExp(`^${places} places?\\b`))
  }
  const text = reporters.terminal(result, { ...PLAIN, width: 120 })
  expect(text).not.toMatch(/<function>|<lambda>|NaN/)
  const number = (pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? 0)
  expect(number(/^(\d+) findings?: /m)).toBe(result.findings.length)
  expect(number(/^(\d+) repairs?, /m)).toBe(result.plan.length)
  const more = number(/^ {2}(\d+) more things?\. /m)
  const told = text.slice(text.indexOf('Do first'), text.indexOf('\nFindings')).match(/^ {2}\d\. /gm)?.length ?? 0
  if (told > 0) expect(told + more).toBe(entries.length)
  const page = reporters.html(result, PLAIN)
  expect(page.match(/<li><p>/g)?.length ?? 0).toBe(entries.length)
  const judged = result.findings.filter(({ decision }) => decision !== 'audit').length
  const scored = result.scorecard.flatMap(({ findings }) => Object.values(findings)).reduce((sum, one) => sum + one, 0)
  expect(scored).toBe(judged + result.coverage.repeated)
}
