import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApp, defineModule, implement, optionalSetting, setting } from '@footing/core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { developmentSecrets } from './development-secrets.ts'

const manifest = defineModule('shop', {
  owner: '@acme/shop',
  settings: {
    TOKEN_SECRET: setting({ schema: z.string().min(32), secret: true, summary: 'signs' }),
    GIVEN_SECRET: setting({ schema: z.string(), secret: true, summary: 'given', developmentDefault: 'x' }),
    MAYBE_SECRET: optionalSetting({ schema: z.string(), secret: true, summary: 'may be missing' }),
    SHOP_NAME: setting({ schema: z.string(), summary: 'no secret: must be asked for' }),
  },
})
const app = createApp({ name: 'shop', modules: [implement(manifest, () => ({ port: {} }))] })

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'footing-secrets-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('only required secrets without any value are made, and they stay', () => {
  const first = developmentSecrets(app, {}, folder)
  expect(Object.keys(first)).toEqual(['TOKEN_SECRET'])
  expect(first.TOKEN_SECRET).toMatch(/^[\w-]{48}$/)
  expect(developmentSecrets(app, {}, folder)).toEqual(first)
  expect(readFileSync(join(folder, '.footing/.gitignore'), 'utf8')).toBe('*\n')
  expect(statSync(join(folder, '.footing/secrets.json')).mode & 0o077).toBe(0)
})

test('the environment wins, also as a file', () => {
  expect(developmentSecrets(app, { TOKEN_SECRET: 'mine' }, folder)).toEqual({})
  expect(developmentSecrets(app, { TOKEN_SECRET_FILE: '/run/secret' }, folder)).toEqual({})
})

test('processes of one folder know each other by a key that nobody else can read', () => {
  const env = { TOKEN_SECRET: 'mine' }
  const placed = developmentSecrets(app, { ...env, PLACE_SHOP: 'http://127.0.0.1:1' }, folder)
  expect(placed.MODULE_KEYS).toMatch(/^development:[\w-]{48}$/)
  expect(developmentSecrets(app, { ...env, SERVE_MODULES: 'shop' }, folder)).toEqual(placed)
  expect(developmentSecrets(app, { ...env, SERVE_MODULES: 'shop', MODULE_KEYS: 'own' }, folder)).toEqual({})
  expect(developmentSecrets(app, { ...env, PLACE_SHOP: '' }, folder)).toEqual({})
})

test.each(['', '{', '[]', 'null', '{"TOKEN_SECRET":7}'])('a broken file is written anew: %j', (text) => {
  mkdirSync(join(folder, '.footing'))
  writeFileSync(join(folder, '.footing/secrets.json'), text)
  const made = developmentSecrets(app, {}, folder)
  expect(made.TOKEN_SECRET).toMatch(/^[\w-]{48}$/)
  expect(developmentSecrets(app, {}, folder)).toEqual(made)
})
