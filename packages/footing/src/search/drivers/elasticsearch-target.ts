// Reads a URL elasticsearch://user:secret@host:9200/prefix?… and refuses what it does not understand.
import { searchError } from '../contract/errors.ts'

/** A search server and the part of it that belongs to this application. */
export interface ElasticsearchTarget {
  /** `https://host:9200`, without credentials. */
  readonly origin: string
  /** Value of the header, a secret. */
  readonly authorization: string | undefined
  /** First part of every index name. */
  readonly prefix: string
  /** A put resolves when the next search finds it, up to a second later. */
  readonly waitsForRefresh: boolean
  /** Longest time of one call with all its attempts. */
  readonly timeoutMs: number
}

const known = new Set(['tls', 'refresh', 'timeoutMs', 'apiKey'])

/** @throws `search-url-invalid`, without repeating the URL */
export function readElasticsearchTarget(url: URL): ElasticsearchTarget {
  const { searchParams: options } = url
  if (url.hostname === '') throw invalid('it names no host.')
  const strange = [...options.keys()].find((name) => !known.has(name))
  if (strange !== undefined) throw invalid('it has a parameter that is none of tls, refresh, timeoutMs, apiKey.')
  const prefix = url.pathname.replace(/^\/|\/$/g, '') || 'footing'
  if (!/^[a-z][a-z0-9_]{0,39}$/.test(prefix)) throw invalid('the prefix has small letters, digits and _, at most 40.')
  const timeoutMs = Number(options.get('timeoutMs') ?? 10_000)
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1) throw invalid('timeoutMs is not a whole number of milliseconds.')
  const tls = oneOf(options, 'tls', ['yes', 'no']) !== 'no'
  return {
    origin: `${tls ? 'https' : 'http'}://${url.host}`,
    authorization: authorizationOf(url),
    prefix,
    waitsForRefresh: oneOf(options, 'refresh', ['later', 'wait']) === 'wait',
    timeoutMs,
  }
}

function oneOf(options: URLSearchParams, name: string, values: readonly string[]): string | undefined {
  const value = options.get(name)
  if (value !== null && !values.includes(value)) throw invalid(`${name} is none of ${values.join(', ')}.`)
  return value ?? undefined
}

function authorizationOf({ username, password, searchParams }: URL): string | undefined {
  const key = searchParams.get('apiKey')
  if (key !== null) {
    if (username !== '') throw invalid('it has both a user and an apiKey.')
    if (!/^[A-Za-z0-9+/=_-]+$/.test(key)) throw invalid('the apiKey is not in its encoded form.')
    return `ApiKey ${key}`
  }
  if (username === '' && password === '') return undefined
  try {
    const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
    return `Basic ${Buffer.from(pair).toString('base64')}`
  } catch {
    throw invalid('its user or secret is not percent-encoded.')
  }
}

function invalid(reason: string) {
  return searchError('search-url-invalid', { reason })
}
