// Secrets of URLs: hidden in every form that people and drivers write, and nothing else is changed.
import { expect, test } from 'vitest'
import { defineErrors } from './errors.ts'
import { redactUrls } from './redact-urls.ts'

test.each([
  ['postgres://me:hunter2@db.internal:5432/app', 'postgres://…@db.internal:5432/app'],
  ['cannot reach "redis://:hunter2@cache:6379/0", or so', 'cannot reach "redis://…@cache:6379/0", or so'],
  // What nobody has escaped is still a password.
  ['postgres://me:hun/ter?2@x#y@db/app', 'postgres://…@db/app'],
  ['http://hunter2@host', 'http://…@host'],
  ['redis+sentinel://u:hunter2@a:1,u:hunter2@b:2/main', 'redis+sentinel://…@b:2/main'],
  [
    's3://bucket?accessKey=a&secretAccessToken=hunter2&region=eu',
    's3://bucket?accessKey=…&secretAccessToken=…&region=eu',
  ],
  ['https://x/y?X-Amz-Signature=hunter2&X-Amz-Credential=hunter2', 'https://x/y?X-Amz-Signature=…&X-Amz-Credential=…'],
  ['postgres://db/app?user=me&password=hunter2', 'postgres://db/app?user=me&password=…'],
  ['{"url":"https://u:hunter2@x","b":"y@z"}', '{"url":"https://…@x","b":"y@z"}'],
])('%s', (text, expected) => {
  expect(redactUrls(text)).toBe(expected)
  expect(redactUrls(text)).not.toContain('hunter2')
  // Doing it twice changes nothing more.
  expect(redactUrls(expected)).toBe(expected)
})

test.each(['no URL here, me@example.com?token=x', 'https://example.com/a/b?page=2', 'C://folder', '://', ''])(
  'leaves %j alone',
  (text) => expect(redactUrls(text)).toBe(text),
)

test('a long text without an end costs no time', () => {
  const started = performance.now()
  redactUrls(`${'a'.repeat(200_000)}://${'b'.repeat(200_000)}`)
  redactUrls('x://y?'.repeat(50_000))
  expect(performance.now() - started).toBeLessThan(2_000)
})

test('no coded error shows one, in its sentences, details or issues', () => {
  const errors = defineErrors({
    away: { status: 503, retryable: true, what: 'Nobody is at {url}.', why: 'It was asked.', remedy: 'Look at {url}.' },
  })
  const url = 'https://me:hunter2@host/a?token=hunter2'
  const error = errors('away', { details: { url, port: 1 }, issues: [{ pointer: '/URL', message: `URL is ${url}` }] })
  expect(JSON.stringify(error) + error.message).not.toContain('hunter2')
  expect(error.message).toContain('https://…@host/a?token=…')
  expect(error.details).toEqual({ url: 'https://…@host/a?token=…', port: 1 })
})
