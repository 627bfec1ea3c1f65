// Database addresses in environment variables, without their passwords.
import type { Place } from '../../facts/place.ts'
import type { DatabaseAddress } from './contract.ts'

const URL_FORM =
  /^(?<engine>[a-z][a-z0-9]*)(?:\+[a-z0-9_]+)?:\/\/(?:(?<user>[^:@/\s]*)(?::[^@/\s]*)?@)?(?<host>[^:/?#\s,]*)(?::(?<port>\d{1,5}))?(?:[^/?#\s]*)(?:\/(?<database>[^?#\s]*))?/
const ENGINES: ReadonlyMap<string, string> = new Map([
  ['postgres', 'postgresql'],
  ['postgresql', 'postgresql'],
  ['postgis', 'postgresql'],
  ['cockroachdb', 'postgresql'],
  ['mysql', 'mysql'],
  ['mariadb', 'mysql'],
  ['sqlite', 'sqlite'],
  ['redis', 'redis'],
  ['rediss', 'redis'],
  ['mongodb', 'mongodb'],
  ['clickhouse', 'clickhouse'],
  ['amqp', 'amqp'],
  ['amqps', 'amqp'],
])

/**
 * Addresses that the variables of one service (or one .env file) hold: URLs, and sets of variables such as
 * `POSTGRES_HOST`, `POSTGRES_USER`, `POSTGRES_DB`. `placeOf` gives the place of a variable.
 */
export function addressesOf(
  variables: ReadonlyMap<string, string>,
  service: string,
  placeOf: (variable: string) => Place,
): DatabaseAddress[] {
  const found: DatabaseAddress[] = []
  for (const [variable, raw] of variables) {
    const value = expand(raw, variables)
    const match = URL_FORM.exec(value.slice(0, 2000))?.groups
    const engine = ENGINES.get(match?.engine ?? '')
    if (match === undefined || engine === undefined) continue
    found.push({
      place: placeOf(variable),
      service,
      variable,
      engine,
      host: match.host ?? '',
      port: match.port === undefined ? undefined : Number(match.port),
      user: match.user ?? '',
      database: match.database ?? '',
    })
  }
  const host = pick(variables, /^(.*_)?(?:POSTGRES|PG|DB|DATABASE|SQL)_?(?:SERVER|HOST|HOSTNAME|ADDR)$/)
  if (host !== undefined) {
    const engine = engineHint(variables, host)
    found.push({
      place: placeOf(host),
      service,
      variable: host,
      engine,
      host: expand(variables.get(host) ?? '', variables),
      port: port(variables),
      user: value(variables, /^(.*_)?(?:POSTGRES|PG|DB|DATABASE|SQL)_?(?:USER|USERNAME)$/),
      database: value(
        variables,
        /^(.*_)?(?:POSTGRES_?DB|PG_?DATABASE|DB_?(?:NAME|DATABASE|DB)|DATABASE_?NAME|SQL_?DATABASE|POSTGRES_?DATABASE|POSTGRES_?NAME)$/,
      ),
    })
  }
  return found
}

/** Whether a variable's value may be kept: numbers, words, hosts and modes; nothing that could be a secret. */
export function isHarmless(name: string, text: string): boolean {
  if (/pass|secret|token|key|credential|private|salt|dsn|auth/i.test(name)) return false
  return text.length <= 200 && !/:\/\/[^/\s]*@/.test(text)
}

function expand(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(
    /\$\{([A-Za-z_]\w*)(?::?[-?]([^}]*))?\}|\$([A-Za-z_]\w*)/g,
    (whole, braced: string, fallback: string, bare: string) => {
      const value = variables.get(braced ?? bare)
      return value !== undefined && value !== whole && !value.includes('$') ? value : (fallback ?? whole)
    },
  )
}

function pick(variables: ReadonlyMap<string, string>, form: RegExp): string | undefined {
  return [...variables.keys()].sort().find((name) => form.test(name))
}

function value(variables: ReadonlyMap<string, string>, form: RegExp): string {
  const name = pick(variables, form)
  return name === undefined ? '' : expand(variables.get(name) ?? '', variables)
}

function port(variables: ReadonlyMap<string, string>): number | undefined {
  const text = value(variables, /^(.*_)?(?:POSTGRES|PG|DB|DATABASE|SQL)_?PORT$/)
  return /^\d{1,5}$/.test(text) ? Number(text) : undefined
}

function engineHint(variables: ReadonlyMap<string, string>, host: string): string {
  if (/POSTGRES|^PG/.test(host)) return 'postgresql'
  const written = value(variables, /^(.*_)?(?:DB|DATABASE|SQL)_?(?:ENGINE|TYPE|DRIVER)$/).toLowerCase()
  if (written.includes('mysql') || port(variables) === 3306) return 'mysql'
  if (written.includes('postgres') || port(variables) === 5432 || port(variables) === 6432) return 'postgresql'
  return ''
}
