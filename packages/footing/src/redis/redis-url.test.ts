import { expect, test } from 'vitest'
import { addressOf, parseRedisUrl } from './redis-url.ts'

const readable: readonly (readonly [string, object])[] = [
  ['redis://localhost', { kind: 'single', hosts: [{ host: 'localhost', port: 6379 }], database: 0, tls: false }],
  [
    'redis://ada:se%40cret@h:1234/3',
    { username: 'ada', password: 'se@cret', database: 3, hosts: [{ host: 'h', port: 1234 }] },
  ],
  ['redis://:old@h', { username: undefined, password: 'old' }],
  ['redis://h?db=2', { database: 2 }],
  ['rediss://h', { tls: true }],
  ['redis://[::1]:7000', { hosts: [{ host: '::1', port: 7000 }] }],
  ['unix:///run/redis.sock?db=1', { kind: 'unix', path: '/run/redis.sock', database: 1 }],
  ['redis+unix://:pw@/run/redis.sock', { kind: 'unix', path: '/run/redis.sock', password: 'pw' }],
  [
    'redis+cluster://u:p@h1:7000,h2,[::1]:7002',
    {
      kind: 'cluster',
      hosts: [
        { host: 'h1', port: 7000 },
        { host: 'h2', port: 6379 },
        { host: '::1', port: 7002 },
      ],
    },
  ],
  ['rediss+cluster://h1', { kind: 'cluster', tls: true }],
  [
    'redis+sentinel://:p@h1,h2:26380/main/4?sentinelPassword=sp&sentinelUsername=su',
    {
      kind: 'sentinel',
      master: 'main',
      database: 4,
      sentinelPassword: 'sp',
      sentinelUsername: 'su',
      hosts: [
        { host: 'h1', port: 26_379 },
        { host: 'h2', port: 26_380 },
      ],
    },
  ],
]
test.each(readable)('%s', (url, place) => {
  expect(parseRedisUrl(url)).toMatchObject(place)
})

test.each([
  '',
  'http://h',
  'localhost:6379',
  'redis://',
  'redis://h:99999',
  'redis://h:port',
  'redis://hunter2@se/cret@h',
  'redis://u:%zzhunter2@h',
  'redis://h1,h2',
  'redis://h/hunter2',
  'unix://',
  'redis+cluster://h/?db=2',
  'redis+sentinel://h1,h2',
  'redis+cluster://',
  'redis://ho st',
  `redis://${'x'.repeat(100_000)} `,
])('refuses %.40s without showing it', (url) => {
  let thrown: unknown
  try {
    parseRedisUrl(url)
  } catch (error) {
    thrown = error
  }
  expect(thrown).toMatchObject({ code: 'redis-url-invalid' })
  expect(JSON.stringify(thrown)).not.toContain('hunter2')
  expect(JSON.stringify(thrown).length).toBeLessThan(1000)
})

test('an address has no secret', () => {
  for (const [url] of readable) expect(addressOf(parseRedisUrl(url))).not.toMatch(/se@cret|old|pw|sp|ada/)
})
