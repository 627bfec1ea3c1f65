// The always-run part of the proof: our facts against the `ast` of whatever Python this machine has, on a sample of its
// own library. The whole proof (more than a million lines) is compare.ts.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compareWithPython, pythonFiles } from './compare.ts'

const PYTHON = 'python3'

const ask = (code: string): string => {
  try {
    return execFileSync(PYTHON, ['-c', code], { encoding: 'utf8' }).trim()
  } catch (cause) {
    throw new Error(`${PYTHON} is needed to prove the extractor: install it (apt-get install python3) and run again`, {
      cause,
    })
  }
}

test('a sample of the standard library reads as CPython reads it', { timeout: 300_000 }, async () => {
  const [version, library] = ask(
    'import sys, sysconfig; print(sys.version_info[1], sysconfig.get_paths()["stdlib"])',
  ).split(' ')
  expect(Number(version), 'Python 3.10 or newer is needed').toBeGreaterThanOrEqual(10)
  const all = pythonFiles(library!).filter((file) => !/\/(?:site|dist)-packages\/|\/test\//.test(file))
  expect(all.length).toBeGreaterThan(100)
  const sample = all.filter((_, at) => at % Math.ceil(all.length / 120) === 0)
  const result = await compareWithPython(sample, PYTHON)
  expect(result.differences).toEqual([])
  expect(result.lines).toBeGreaterThan(10_000)
})

test('the comparison itself sees a difference', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'footing-proof-'))
  try {
    // An assignment to a literal in a comprehension target is refused by Python's compiler only; a lone backquote by both.
    writeFileSync(join(folder, 'a.py'), 'x = f(1)\n')
    writeFileSync(join(folder, 'b.py'), 'x = `1`\n')
    writeFileSync(join(folder, 'c.py'), 'f(a=1, a=2, **b, c)\n')
    const result = await compareWithPython(pythonFiles(folder), PYTHON)
    expect(result.files).toBe(3)
    expect(result.bothRefuse).toHaveLength(1)
    expect(result.differences).toEqual([expect.stringMatching(/c\.py only CPython refuses it/)])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
