import { createApp, defineModule, implement, optionalSetting, setting } from '@footing/core'
import { redis } from '@footing/core/redis'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { deploymentOf } from './deployment.ts'

test('the environment of a module has every setting that it needs, those of its Redis too', () => {
  const shop = defineModule('shop', {
    owner: '@acme/shop',
    uses: [redis()],
    settings: {
      SHOP_KEY: setting({ schema: z.string(), summary: 'signs' }),
      SHOP_NAME: optionalSetting({ schema: z.string(), summary: 'shown' }),
    },
  })
  const app = createApp({ name: 'shop', modules: [implement(shop, () => ({}))] })
  const { module } = deploymentOf(shop, app)
  expect(module).toContain('REDIS_URL=<as before>')
  expect(module).toContain('# REDIS_TIMEOUT_MS=<as before, where it is set>')
  expect(module).toContain('SHOP_KEY=<as before>')
  expect(module).toContain('# SHOP_NAME=<as before, where it is set>')
  expect(module.join('\n')).not.toContain('STORAGE_URL')
})
