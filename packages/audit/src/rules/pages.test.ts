// Every example of every rule's page goes through the real audit: the page that documents a rule is its test.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { decisions } from '@footing/kernel'
import { describe, expect, it } from 'vitest'
import { audit } from '../audit.ts'
import type { Rule } from '../rule/rule.ts'
import { findSettings, readSettings } from '../settings/read-settings.ts'
import { rules } from './index.generated.ts'
import { examplesOf, headingsOf, PAGE_HEADINGS, type PageExample } from './page-examples.ts'
import { rulePage } from './rule-page.ts'

describe('the catalogue', () => {
  it('has every rule file in its index, and a page for each', () => {
    const folder = new URL('.', import.meta.url)
    const files = readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => /^export const rule: Rule/m.test(readFileSync(file, 'utf8')))
    const ids = files.map((file) => file.split('/').slice(-2).join('/').replace(/\.ts$/, '')).sort()
    expect(rules.map((rule) => rule.id).sort()).toEqual(ids)
  })

  it('has the file of a language only beside a rule that judges by it', () => {
    const folder = new URL('.', import.meta.url)
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const [, id, language] = /^(.+)\.(python|typescript)\.ts$/.exec(file.replaceAll('\\', '/')) ?? []
      if (id === undefined) continue
      const rule = rules.find((one) => one.id === id)
      expect(Object.keys(rule?.judges ?? {}), file).toContain(language)
    }
  })

  it('says the same id in file, rule and decision', () => {
    for (const rule of rules) {
      expect(rule.id.split('/')[0]).toBe(rule.decision)
      expect(decisions.map((decision) => decision.id)).toContain(rule.decision)
      expect(rule.summary).toMatch(/^[A-Z`].*\.$/)
    }
  })
})

describe.each(rules.map((rule) => [rule.id, rule] as const))('%s', (id, rule) => {
  const page = rulePage(id)
  const examples = examplesOf(page)

  it('has a page with every heading, its summary and both kinds of example', () => {
    expect(page.split('\n')[0]).toBe(`# ${id}`)
    expect(page).toContain(`\n${rule.summary}\n`)
    expect(headingsOf(page).map((heading) => heading.replace(/ \(.*\)$/, ''))).toEqual([...PAGE_HEADINGS])
    expect(examples.some((example) => !example.flagged)).toBe(true)
    // Rules of history have their own tests: an example on a page has no commits.
    if (!headingsOf(page).includes('Examples (history)')) expect(examples.some((example) => example.flagged)).toBe(true)
  })

  it.each(examples.map((example) => [`${example.flagged ? 'flagged' : 'clean'}: ${example.title}`, example] as const))(
    '%s',
    async (_, example) => {
      expect(example.expected.length > 0).toBe(example.flagged)
      const found = await run(rule, example)
      const shown = found.filter((finding) => finding.confidence !== 'possible')
      const wanted = example.expected.some(({ confidence }) => confidence === 'possible') ? found : shown
      expect(wanted.sort(byPlace)).toEqual([...example.expected].sort(byPlace))
    },
  )
})

async function run(rule: Rule, example: PageExample) {
  const root = mkdtempSync(join(tmpdir(), 'page-'))
  try {
    for (const [path, text] of example.files) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    }
    const settings = findSettings(root)
    const result = await audit({
      root,
      ...(settings === undefined ? {} : { settings: await readSettings(settings) }),
      only: [rule.decision],
      minConfidence: 'possible',
      cache: false,
      history: false,
      threads: 1,
    })
    return result.findings
      .filter((finding) => finding.rule === rule.id)
      .map(({ place: { path, line }, confidence }) => ({ path, line, confidence: String(confidence) }))
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

function byPlace(a: { path: string; line: number }, b: { path: string; line: number }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line
}
