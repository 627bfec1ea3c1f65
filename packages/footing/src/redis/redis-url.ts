// Reads the places of Redis that a URL can name: one server, a socket, a cluster, or a primary that sentinels watch.
import type { RedisPlace } from './contract/contract.ts'
import { redisErrors } from './contract/errors.ts'

const longestUrl = 4096

const form =
  /^(?<scheme>redis|rediss|unix|redis\+unix|redis\+cluster|rediss\+cluster|redis\+sentinel|rediss\+sentinel):\/\/(?:(?<login>[^@/]*)@)?(?<hosts>[^/?]*)(?<path>\/[^?]*)?(?:\?(?<query>.*))?$/

/**
 * Reads `redis://user:password@host:6379/0`, `rediss://…`, `unix:///path/to/socket?db=0`, `redis+cluster://h1:7000,h2:7000`
 * and `redis+sentinel://h1:26379,h2:26379/master-name/0?sentinelPassword=…`; with `rediss+` the last two use TLS.
 * @throws `redis-url-invalid`, which never shows the URL
 */
export function parseRedisUrl(url: string): RedisPlace {
  const parts = url.length > longestUrl ? undefined : form.exec(url.trim())?.groups
  if (parts === undefined) throw invalid('it does not begin with a known scheme, or an @ or / is not percent-encoded.')
  const { scheme = '', login = '', hosts = '', path = '', query = '' } = parts
  const kind = scheme.endsWith('cluster')
    ? 'cluster'
    : scheme.endsWith('sentinel')
      ? 'sentinel'
      : scheme.endsWith('unix')
        ? 'unix'
        : 'single'
  const parameters = new URLSearchParams(query)
  const segments = path
    .split('/')
    .filter((segment) => segment !== '')
    .map(decoded)
  const [username, password] = readLogin(login)
  const place: RedisPlace = {
    kind,
    hosts: kind === 'unix' ? [] : hosts.split(',').map((host) => readHost(host, kind === 'sentinel' ? 26_379 : 6379)),
    path: kind === 'unix' ? decoded(path) : undefined,
    tls: scheme.startsWith('rediss'),
    username,
    password,
    database: readDatabase(kind, segments, parameters),
    master: kind === 'sentinel' ? segments[0] : undefined,
    sentinelUsername: parameters.get('sentinelUsername') ?? undefined,
    sentinelPassword: parameters.get('sentinelPassword') ?? undefined,
  }
  const fault = faultOf(place)
  if (fault !== undefined) throw invalid(fault)
  return place
}

/** The place without its secrets, for messages. */
export function addressOf({ kind, hosts, path, master }: RedisPlace): string {
  const servers = hosts.map(({ host, port }) => `${host}:${port}`).join(', ')
  if (kind === 'unix') return path ?? ''
  return kind === 'sentinel' ? `${master} of ${servers}` : servers
}

function faultOf({ kind, hosts, path, master, database }: RedisPlace): string | undefined {
  if (kind === 'unix') return path === undefined || path.length < 2 ? 'it names no socket.' : undefined
  if (kind === 'single' && hosts.length > 1)
    return 'several hosts are a cluster or sentinels: redis+cluster://, redis+sentinel://.'
  if (kind === 'sentinel' && master === undefined) return 'it does not name the primary: redis+sentinel://host/name.'
  if (kind === 'cluster' && database !== 0) return 'a cluster has only the database 0.'
  return undefined
}

function readLogin(login: string): readonly [string | undefined, string | undefined] {
  if (login === '') return [undefined, undefined]
  const colon = login.indexOf(':')
  const name = decoded(colon < 0 ? login : login.slice(0, colon))
  const word = colon < 0 ? undefined : decoded(login.slice(colon + 1))
  // `redis://:password@host` is the old way, from before Redis had users.
  return [name === '' || (name === 'default' && word !== undefined) ? undefined : name, word]
}

function readHost(text: string, usualPort: number): { host: string; port: number } {
  const match = /^(?:\[(?<six>[0-9a-fA-F:.]+)\]|(?<host>[A-Za-z0-9._-]+))(?::(?<port>\d{1,5}))?$/.exec(
    text.trim(),
  )?.groups
  const port = Number(match?.port ?? usualPort)
  if (match === undefined || port > 65_535) throw invalid('a host is not name:port.')
  return { host: match.six ?? match.host ?? '', port }
}

function readDatabase(kind: RedisPlace['kind'], segments: readonly string[], parameters: URLSearchParams): number {
  const inPath = kind === 'single' ? segments[0] : kind === 'sentinel' ? segments[1] : undefined
  const text = inPath ?? parameters.get('db') ?? '0'
  if (!/^\d{1,4}$/.test(text)) throw invalid('the database is not a number.')
  return Number(text)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalid('a percent sign is followed by no code.')
  }
}

function invalid(reason: string): Error {
  return redisErrors('redis-url-invalid', { details: { reason } })
}
