// Programs that are missing: named with the exact command where they may not be installed.
import { isFootingError } from '@footing/kernel'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ensurePrograms } from './system-packages.ts'

const before = process.env.FOOTING_TEST_INSTALL

beforeEach(() => {
  process.env.FOOTING_TEST_INSTALL = 'never'
})

afterEach(() => {
  if (before === undefined) delete process.env.FOOTING_TEST_INSTALL
  else process.env.FOOTING_TEST_INSTALL = before
})

test('what is there is found without any word', async () => {
  const lines: string[] = []
  const found = await ensurePrograms([{ program: 'sh', debianPackage: 'dash' }], (line) => lines.push(line))
  expect(found.get('sh')).toMatch(/\/sh$/)
  expect(lines).toEqual([])
})

test('what is missing is named together with the command that brings it', async () => {
  const missing = [
    { program: 'sh', debianPackage: 'dash' },
    { program: 'surely-not-here', debianPackage: 'first-package' },
    { program: 'nor-this', debianPackage: 'second-package' },
  ]
  const error = await ensurePrograms(missing, () => undefined).catch((e: unknown) => e)
  expect(isFootingError(error, 'test-program-missing') && error.remedy).toContain('first-package second-package')
  expect(isFootingError(error) && error.remedy).not.toContain('dash')
})
