import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
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
  const file = join(folder, 'deep', 'secrets.json')
  const first = developmentSecrets(app, {}, file)
  expect(Object.keys(first)).toEqual(['TOKEN_SECRET'])
  expect(first.TOKEN_SECRET).toMatch(/^[\w-]{48}$/)
  expect(developmentSecrets(app, {}, file)).toEqual(first)
  expect(statSync(file).mode & 0o077).toBe(0)
})

test('the environment wins, also as a file', () => {
  const file = join(folder, 'secrets.json')
  expect(developmentSecrets(app, { TOKEN_SECRET: 'mine' }, file)).toEqual({})
  expect(developmentSecrets(app, { TOKEN_SECRET_FILE: '/run/secret' }, file)).toEqual({})
})

test.each(['', '{', '[]', 'null', '{"TOKEN_SECRET":7}'])('a broken file is written anew: %j', (text) => {
  const file = join(folder, 'secrets.json')
  writeFileSync(file, text)
  const made = developmentSecrets(app, {}, file)
  expect(made.TOKEN_SECRET).toMatch(/^[\w-]{48}$/)
  expect(developmentSecrets(app, {}, file)).toEqual(made)
})
