// Reads clickhouse://user:secret@host:8123/database. No message repeats what the URL holds.
import { analyticsError } from '../contract/errors.ts'

/** Where a ClickHouse server is and who asks. */
export interface ClickhouseTarget {
  /** `http://host:8123` or `https://host:8443`. */
  readonly origin: string
  readonly database: string
  readonly user: string
  readonly password: string
}

/**
 * Reads it. `clickhouse:` is plain HTTP, port 8123 by default; `clickhouses:` is HTTPS, port 8443.
 * @throws `analytics-url-invalid`
 */
export function readClickhouseTarget(url: URL): ClickhouseTarget {
  const fail = (reason: string) => analyticsError('analytics-url-invalid', { reason })
  const secure = url.protocol === 'clickhouses:'
  if (url.hostname === '') throw fail('it names no host.')
  if (url.search !== '' || url.hash !== '') throw fail('it has parameters; there are none.')
  const database = url.pathname.slice(1)
  if (!/^[a-zA-Z_][a-zA-Z0-9_]{0,59}$/.test(database)) throw fail('its path is not the name of a database.')
  const decode = (text: string): string => {
    try {
      return decodeURIComponent(text)
    } catch {
      throw fail('a % in it is not followed by two hexadecimal digits.')
    }
  }
  const [user, password] = [decode(url.username) || 'default', decode(url.password)]
  // They travel in headers, which a line break would end.
  if (!/^[\x20-\x7e]*$/.test(user + password)) throw fail('user or password is not printable ASCII.')
  const port = url.port || (secure ? '8443' : '8123')
  return { origin: `${secure ? 'https' : 'http'}://${url.hostname}:${port}`, database, user, password }
}
