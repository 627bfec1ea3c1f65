// Every example of every diagnosis's page goes through the real audit: the page that documents a diagnosis is its test.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { audit } from '../audit.ts'
import { examplesOf, headingsOf } from '../rules/page-examples.ts'
import { diagnoses } from './catalogue.ts'

const folder = new URL('.', import.meta.url)
/** What a flagged example has to say stands in a block of this name. */
const SAYS = 'says'
const HEADINGS = ['What it says', 'Why it matters', 'Remedy', 'Limitations', 'Examples']

const pageOf = (id: string): string => readFileSync(new URL(`${id}.md`, folder), 'utf8')

describe('the catalogue', () => {
  it('holds every file that exports a diagnosis, under the id of its path', () => {
    const ids = readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => /^export const diagnosis: Diagnosis/m.test(readFileSync(file, 'utf8')))
      .map((file) => file.split('/').slice(-2).join('/').replace(/\.ts$/, ''))
      .sort()
    expect(diagnoses.map(({ id }) => id).sort()).toEqual(ids)
    for (const { id, decision } of diagnoses) expect(id.split('/')[0]).toBe(decision)
  })

  it('waits in no circle', () => {
    const order: string[] = []
    const add = (id: string, above: readonly string[]): void => {
      expect(above).not.toContain(id)
      for (const other of diagnoses.find((one) => one.id === id)?.after ?? []) add(other, [...above, id])
      order.push(id)
    }
    for (const { id } of diagnoses) add(id, [])
    expect(new Set(order)).toEqual(new Set(diagnoses.map(({ id }) => id)))
  })
})

describe.each(diagnoses.map((diagnosis) => [diagnosis.id, diagnosis] as const))('%s', (id, diagnosis) => {
  const page = pageOf(id)
  const examples = examplesOf(page)

  it('has a page with every heading, its summary and both kinds of example', () => {
    expect(page.split('\n')[0]).toBe(`# ${id}`)
    expect(page).toContain(`\n${diagnosis.summary}\n`)
    expect(headingsOf(page).map((heading) => heading.replace(/ \(.*\)$/, ''))).toEqual(HEADINGS)
    expect(examples.some((example) => !example.flagged)).toBe(true)
    if (!headingsOf(page).includes('Examples (history)')) expect(examples.some((example) => example.flagged)).toBe(true)
  })

  it.each(examples.map((example) => [`${example.flagged ? 'flagged' : 'clean'}: ${example.title}`, example] as const))(
    '%s',
    async (_, { flagged, files }) => {
      const root = mkdtempSync(join(tmpdir(), 'diagnosis-'))
      try {
        for (const [path, text] of files) {
          if (path === SAYS) continue
          mkdirSync(dirname(join(root, path)), { recursive: true })
          writeFileSync(join(root, path), text)
        }
        const result = await audit({ root, cache: false, history: false, threads: 1 })
        const told = result.diagnoses.filter((one) => one.id === id).map(({ what }) => what)
        for (const { id: name, what, places } of result.diagnoses) {
          const said = /^[^;]*?\bat ([\d,]+) places?/.exec(what)?.[1]
          if (said !== undefined) expect(places, name).toBe(Number(said.replaceAll(',', '')))
        }
        expect(told).toEqual(flagged ? files.get(SAYS)?.trim().split('\n') : [])
      } finally {
        rmSync(root, { recursive: true, force: true })
      }
    },
  )
})
