// Each language is judged by itself, and what no rule reads is never praised.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { audit } from '../audit.ts'
import type { AuditResult } from '../result/audit-result.ts'

const roots: string[] = []
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true })
})

function judged(files: Readonly<Record<string, string>>): Promise<AuditResult> {
  const root = mkdtempSync(join(tmpdir(), 'languages-'))
  roots.push(root)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return audit({ root, cache: false, history: false, threads: 1 })
}

const PYTHON = {
  'app/main.py':
    'import requests\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n@app.get("/")\nasync def show():\n    return requests.get("https://x")\n',
}
const TYPESCRIPT = {
  'web/package.json': '{"dependencies":{"express":"5"}}',
  'web/server.ts':
    "import { execSync } from 'node:child_process'\nimport express from 'express'\n\nexpress().get('/', () => execSync('ls'))\n",
}
const shown = ({ findings }: AuditResult) => findings.map(({ rule, place, message }) => ({ rule, place, message }))
const evidence = (result: AuditResult, rule: string) =>
  result.scorecard.flatMap((score) => score.evidence).find((one) => one.rule === rule)

describe('a tree of one language', () => {
  test('of TypeScript: rules that read Python alone say so, and decide nothing', async () => {
    const result = await judged(TYPESCRIPT)
    expect(shown(result).map(({ rule }) => rule)).toEqual(['async/blocking-call-in-async'])
    expect(evidence(result, 'async/unawaited-bridge')).toMatchObject({
      examined: 0,
      couldNotTell: 'This rule does not read TypeScript and JavaScript: 1 file not judged.',
    })
    const state = result.scorecard.find(({ decision }) => decision === 'state')
    expect(state).toMatchObject({
      verdict: 'not applicable',
      // That one rule does not read a language says nothing of the repository.
      because: expect.not.stringContaining('does not read'),
    })
  })

  test('of Python: nothing is said of TypeScript', async () => {
    const result = await judged(PYTHON)
    expect(shown(result).map(({ rule }) => rule)).toContain('async/blocking-call-in-async')
    expect(JSON.stringify(result.scorecard)).not.toContain('TypeScript')
  })
})

describe('a tree of both', () => {
  test('has the findings of each, as if the other were not there', async () => {
    const [both, python, typescript] = await Promise.all([
      judged({ ...PYTHON, ...TYPESCRIPT }),
      judged(PYTHON),
      judged(TYPESCRIPT),
    ])
    const key = ({ place, rule }: { place: { path: string; line: number }; rule: string }) =>
      `${place.path}:${place.line} ${rule}`
    const byPlace = (a: Parameters<typeof key>[0], b: Parameters<typeof key>[0]) => (key(a) < key(b) ? -1 : 1)
    expect(shown(both).sort(byPlace)).toEqual([...shown(python), ...shown(typescript)].sort(byPlace))
    const counted = (result: AuditResult) => evidence(result, 'async/blocking-call-in-async')?.examined ?? 0
    expect(counted(both)).toBe(counted(python) + counted(typescript))
  })

  test('a rule about the repository speaks once', async () => {
    const many = (folder: string, ending: string, text: string) =>
      Object.fromEntries(Array.from({ length: 25 }, (_, at) => [`${folder}/m${at}.${ending}`, text]))
    const files = {
      ...many('app', 'py', 'x = 1\n'),
      ...many('web', 'ts', 'export const x = 1\n'),
      'README.md': '# x\n',
    }
    const result = await judged(files)
    expect(evidence(result, 'boundaries/unowned-code')).toMatchObject({ examined: 25 })
  })
})
