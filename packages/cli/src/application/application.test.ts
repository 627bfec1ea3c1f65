import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findApplication, requireApplication } from './application.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'find application '))
})
afterEach(() => rmSync(root, { recursive: true }))

function write(name: string, text = ''): void {
  mkdirSync(dirname(join(root, name)), { recursive: true })
  writeFileSync(join(root, name), text)
}

test('src/app.ts, what package.json names, or the file itself', () => {
  write('src/app.ts')
  expect(findApplication(root)).toEqual({ folder: root, entry: join(root, 'src/app.ts') })
  write('package.json', '{"footing":{"app":"other/main.ts"}}')
  expect(findApplication(root)).toBeUndefined()
  write('other/main.ts')
  expect(findApplication(root)?.entry).toBe(join(root, 'other/main.ts'))
  write('src/admin.ts')
  expect(findApplication(join(root, 'src/admin.ts'))).toEqual({ folder: root, entry: join(root, 'src/admin.ts') })
})

test.each(['{', '[]', 'null', '{"footing":7}', '{"footing":{"app":7}}'])(
  'a package.json of %s counts as none',
  (text) => {
    write('package.json', text)
    write('app.js')
    expect(findApplication(root)?.entry).toBe(join(root, 'app.js'))
  },
)

test.each([
  ['nothing is there', [], 'Create src/app.ts there that exports app'],
  ['one is below', ['shop/src/app.ts'], 'footing dev shop.'],
  ['several are below', ['apps/b/app.ts', 'apps/a/src/app.ts'], 'footing dev apps/a. There are also apps/b.'],
  ['one is in a package, or hidden', ['node_modules/x/src/app.ts', '.cache/src/app.ts'], 'Create src/app.ts'],
  ['one is too deep', ['a/b/c/d/src/app.ts'], 'Create src/app.ts'],
])('when %s, the advice names what is there', (_what, files, advice) => {
  for (const file of files) write(file)
  expect(() => requireApplication(root, undefined, 'dev')).toThrow(
    expect.objectContaining({ code: 'app-missing', remedy: expect.stringContaining(advice) }),
  )
})

test('links are not followed to find an advice', () => {
  write('real/src/app.ts')
  mkdirSync(join(root, 'work'))
  symlinkSync(root, join(root, 'work/circle'))
  expect(() => requireApplication(join(root, 'work'), undefined, 'start')).toThrow(
    expect.objectContaining({ remedy: expect.stringContaining('Create src/app.ts') }),
  )
})
