// Reading the environment: all faults at once, secrets never shown, files, profiles.
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FootingError, isFootingError } from '@footing/kernel'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { databaseSettings } from '../data/capability.ts'
import { optionalSetting, setting } from '../module/setting.ts'
import { baseSettings } from './base-settings.ts'
import { readProfile, readSettings } from './read-settings.ts'

const settings = {
  ...baseSettings,
  ...databaseSettings,
  TOKEN_SECRET: setting({
    schema: z.string().min(32),
    secret: true,
    developmentDefault: 'only for development, thirty-two characters',
    summary: 'signs tokens',
  }),
  MAIL_FROM: optionalSetting({ schema: z.email(), summary: 'sender of mails' }),
}

async function faultsOf(env: Record<string, string>, profile: 'production' | 'development' = 'production') {
  const error: unknown = await readSettings(settings, env, profile).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!isFootingError(error, 'settings-invalid')) throw new Error(`expected faults, got ${String(error)}`)
  return error as FootingError
}

test('all faults come together, each with name, value, expectation and purpose', async () => {
  const error = await faultsOf({ DRAIN_MS: '-70', ROLE: 'boss', MAIL_FROM: 'nobody' })
  expect(error.issues.map((issue) => issue.pointer)).toEqual([
    '/ROLE',
    '/DRAIN_MS',
    '/DATABASE_URL',
    '/TOKEN_SECRET',
    '/MAIL_FROM',
  ])
  expect(error.message).toContain('DRAIN_MS is "-70": expected a whole number from 0 to 600000')
  expect(error.message).toContain('DATABASE_URL is not set (where the database is')
  expect(error.message).toContain('TOKEN_SECRET is not set and production has no default for it (signs tokens)')
})

test('a secret is never shown, not even in the raw fields of the error', async () => {
  const error = await faultsOf({ DATABASE_URL: 'mysql://root:hunter2@db/x', TOKEN_SECRET: 'hunter2' })
  expect(JSON.stringify(error) + error.message).not.toContain('hunter2')
  expect(error.message).toContain('TOKEN_SECRET is a secret of 7 characters')
})

test('development has its defaults, an empty variable counts as not set', async () => {
  const values = await readSettings(settings, { DATABASE_URL: 'postgres://u:p@h/d', DRAIN_MS: '' }, 'development')
  expect(values).toMatchObject({ DRAIN_MS: 10_000, ROLE: 'all', MAIL_FROM: undefined, DATABASE_POOL_SIZE: 10 })
  expect(values.TOKEN_SECRET).toContain('only for development')
})

test('NAME_FILE names a file with the value; twice or unreadable is a fault', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'footing-settings-'))
  try {
    const path = join(folder, 'secret')
    await writeFile(path, `${'s'.repeat(40)}\n`)
    const env = { DATABASE_URL: 'postgres://u:p@h/d', TOKEN_SECRET_FILE: path }
    expect((await readSettings(settings, env, 'production')).TOKEN_SECRET).toBe('s'.repeat(40))
    expect((await faultsOf({ ...env, TOKEN_SECRET: 'x' })).message).toContain('is set twice')
    expect((await faultsOf({ ...env, TOKEN_SECRET_FILE: join(folder, 'none') })).message).toContain('ENOENT')
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('what would keep the start waiting, or fill the memory, is refused as a file of a secret', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'footing-settings-'))
  try {
    const env = { DATABASE_URL: 'postgres://u:p@h/d' }
    const pipe = join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    const huge = join(folder, 'huge')
    await writeFile(huge, '')
    await truncate(huge, 5 * 1024 ** 3)
    for (const path of [pipe, '/dev/zero', folder]) {
      expect((await faultsOf({ ...env, TOKEN_SECRET_FILE: path })).message).toContain('no regular file')
    }
    expect((await faultsOf({ ...env, TOKEN_SECRET_FILE: huge })).message).toContain('too large')
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a missing variable is told with the one that was perhaps meant for it', async () => {
  const error = await faultsOf({ DATABSE_URL: 'postgres://u:hunter2@h/d', TOKEN_SECRET: 's'.repeat(40) })
  expect(error.message).toContain('DATABASE_URL is not set; DATABSE_URL is set, and looks like it')
  expect(error.message).not.toContain('hunter2')
})

test('the profile is one of three words; another is a fault instead of a lenient guess', () => {
  expect(readProfile({})).toBe('development')
  expect(readProfile({ NODE_ENV: 'production' })).toBe('production')
  expect(readProfile({ NODE_ENV: 'production', FOOTING_PROFILE: 'test' })).toBe('test')
  expect(() => readProfile({ NODE_ENV: 'staging' })).toThrow('expected one of development, test, production')
})
