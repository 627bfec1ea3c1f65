import { readFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { madeFinding } from '../findings/made-finding.ts'
import { type Format, githubSummary, PLAIN, reporters } from './index.ts'
import { HOSTILE, madeResult } from './made-result.ts'

const formats = Object.keys(reporters) as Format[] // The keys of the table are the formats.
const some = () =>
  madeResult([
    madeFinding({ severity: 'critical' }),
    madeFinding({ path: 'b.py', severity: 'low', confidence: 'probable', trial: true }),
  ])

describe.each(formats)('%s', (format) => {
  it('ends in a line break and is the same twice', () => {
    const text = reporters[format](some(), PLAIN)
    expect(text.endsWith('\n')).toBe(true)
    expect(reporters[format](some(), PLAIN)).toBe(text)
  })

  it('lets nothing of a hostile repository out', () => {
    const hostile = madeFinding({
      path: HOSTILE,
      what: `\`${HOSTILE}\` is wrong.`,
      fixSite: { path: HOSTILE, line: 1, name: HOSTILE },
    })
    const text = reporters[format](madeResult([hostile], [], { root: HOSTILE }), { ...PLAIN, verbose: true })
    expect([...text].filter((character) => character === '\u001b' || character === '\u0007')).toEqual([])
    if (format !== 'json' && format !== 'sarif') expect(text).not.toMatch(/[\u202e\u2028]/)
    if (format === 'html') expect(text).not.toMatch(/<script/)
    if (format === 'markdown')
      expect(text.replace(/```[\s\S]*?```/g, '').replace(/`[^`]*`/g, '')).not.toMatch(
        /(?<!\\)<script|(?<!\\)\[l|@everyone/,
      )
    if (format === 'github')
      expect(
        text
          .trim()
          .split('\n')
          .every((line) => /^::(?:error|warning|notice) /.test(line)),
      ).toBe(true)
  })

  it('tells an empty result without breaking', () => {
    expect(reporters[format](madeResult(), PLAIN).length).toBeGreaterThan(20)
  })
})

describe('terminal', () => {
  const lines = (...args: Parameters<typeof madeResult>) => reporters.terminal(madeResult(...args), PLAIN).split('\n')

  it('shows verdicts, what to do first and coverage within one screen', () => {
    const screen = lines([madeFinding({ severity: 'critical' })])
      .slice(0, 30)
      .join('\n')
    for (const part of ['shop', 'Compounding: boundaries', '■ boundaries', 'To change later: months.'])
      expect(screen).toContain(part)
    for (const part of ['Do first', '1. `show` calls', 'resolved']) expect(screen).toContain(part)
  })

  it('tells each rule once, the most harmful first, with the places that it has', () => {
    const found = [
      ...Array.from({ length: 8 }, (_, n) => madeFinding({ rule: 'async/x', line: n + 1, what: 'The first.' })),
      madeFinding({ rule: 'data/y', path: 'b.py', severity: 'medium', what: 'The second.' }),
      madeFinding({ rule: 'state/z', path: 'c.py', severity: 'low', what: 'The third.' }),
      madeFinding({ rule: 'state/t', path: 'd.py', trial: true, what: 'The fourth.' }),
    ]
    const text = lines(found).join('\n')
    expect(text).toContain('  1. The first.')
    expect(text).toContain('  2. The second.')
    expect(text).not.toMatch(/[34]\. The /)
    for (const one of ['The first.', 'The second.', 'The third.', 'The fourth.'])
      expect(text.split(one)).toHaveLength(2)
    expect(text).toContain('8 places in one file; ')
    expect(text).toContain('     and 3 more\n')
    expect(text).toContain('Small, or of rules on trial')
    expect(text).toContain('on trial, 1 place: d.py:7')
  })

  it('names a worse place that is sooner mended before a cause, and counts what is left', () => {
    const cause = (severity: 'medium' | 'high') => ({
      id: 'observability/blind-operation' as const,
      decision: 'observability' as const,
      severity,
      confidence: 'probable' as const,
      what: 'The cause.',
      why: 'Why.',
      do: 'Do.',
      places: 3,
      files: 1,
      impact: 50,
      first: { path: 'a.py', line: 1 },
      findings: [],
      repeated: [],
      after: [],
      effort: { least: 600, most: 3600 },
    })
    const report = (severity: 'medium' | 'high') =>
      lines([madeFinding()], [], { diagnoses: [cause(severity)] })
        .filter((line) => /^ {2}\d\. /.test(line))
        .slice(0, 2)
    expect(report('medium')).toEqual([expect.stringMatching('1. `show` calls'), '  2. The cause.'])
    expect(report('high')).toEqual(['  1. The cause.', expect.stringMatching('2. `show` calls')])
  })

  it('plans nothing for rules on trial, and says so', () => {
    const text = lines([madeFinding({ trial: true })]).join('\n')
    expect(text).toContain('1 finding: 1 high.\nNothing is planned for 1 finding of rules on trial.')
    expect(text).not.toContain('0 places')
  })

  it('draws the chain and marks the source line', () => {
    const text = lines([madeFinding()]).join('\n')
    expect(text).toContain('  GET /  app/main.py:3\n  └─ requests.get  app/http.py:9')
    expect(text).toContain('  7 │     return requests.get(url)')
  })

  it('tells findings of one fix site once', () => {
    const site = { path: 'w.py', line: 1, name: 'w' }
    const made = madeResult([
      madeFinding({ path: 'a.py', fixSite: site }),
      madeFinding({ path: 'b.py', fixSite: site }),
    ])
    const text = reporters.terminal(made, PLAIN)
    expect(text.match(/which waits for the network/g)).toHaveLength(1)
    expect(text).toContain('     a.py:7  show\n     b.py:7  show')
    const verbose = reporters.terminal(made, { ...PLAIN, verbose: true })
    expect(verbose).toContain('1 more that go with the same repair:\n    b.py:7')
  })

  it('has the same words with colour, and only ASCII shapes when asked', () => {
    const colored = reporters.terminal(some(), { ...PLAIN, color: true })
    expect(colored).toContain('\u001b[')
    expect(stripVTControlCharacters(colored)).toBe(reporters.terminal(some(), PLAIN))
    const plain = reporters.terminal(some(), { ...PLAIN, unicode: false })
    expect([...plain].every((character) => character.charCodeAt(0) < 128)).toBe(true)
  })

  it('keeps within the width where words allow it', () => {
    for (const width of [66, 80, 200]) {
      const wide = reporters
        .terminal(some(), { ...PLAIN, width })
        .split('\n')
        .filter((line) => line.length > Math.min(120, width))
      expect(wide.filter((line) => line.trim().includes(' ') && !/:\d/.test(line))).toEqual([])
    }
  })
})

describe('github', () => {
  it('gives ten of each level and says how many are left', () => {
    const many = (['high', 'medium', 'low'] as const).flatMap((severity) =>
      Array.from({ length: 15 }, (_, n) => madeFinding({ severity, line: n + 1 })),
    )
    const lines = reporters.github(madeResult(many), PLAIN).trim().split('\n')
    for (const level of ['error', 'warning', 'notice'])
      expect(lines.filter((line) => line.startsWith(`::${level} `))).toHaveLength(10)
    expect(lines.at(-1)).toContain('16 more in the step summary')
  })

  it('cuts a summary that is too long', () => {
    const many = Array.from({ length: 3000 }, (_, n) => madeFinding({ line: n + 1, what: 'x'.repeat(800) }))
    expect(githubSummary(madeResult(many), { ...PLAIN, verbose: true }).length).toBeLessThan(1_048_576)
  })
})

describe('html', () => {
  it('asks nobody for anything', () => {
    const page = reporters.html(some(), PLAIN)
    expect(page).not.toMatch(/(?:src|href)=|url\(|@import|<script|https?:/)
    expect(page.match(/<svg/g)).toHaveLength(9) // Eight gauges and the matrix.
    expect(page).toContain('class="back"') // The two-way pair is below the diagonal once.
  })
})

describe('json', () => {
  const schema: object = JSON.parse(readFileSync(new URL('audit-result.schema.json', import.meta.url), 'utf8'))
  const validate = new Ajv2020({ allErrors: true }).compile(schema)

  it('obeys its published schema', () => {
    const silenced = madeFinding({ silence: { by: 'comment', reason: 'start-up' } })
    const full = madeResult([madeFinding({ fanOut: 2 })], [silenced], { baseline: { known: 0, stale: [], kept: [] } })
    for (const result of [full, madeResult()]) {
      expect(validate(JSON.parse(reporters.json(result, PLAIN))), JSON.stringify(validate.errors?.slice(0, 5))).toBe(
        true,
      )
    }
  })

  it('of another shape is refused by it', () => {
    expect(validate({ ...JSON.parse(reporters.json(some(), PLAIN)), surprise: 1 })).toBe(false)
    expect(validate({ schemaVersion: 2 })).toBe(false)
  })
})
