// shared-database: two services that are built separately log in to the same database as the same user.

import type { Detection } from '../../detection/detection.ts'
import type { DatabaseAddress, DeclaredService } from '../../extract/config/contract.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { builtFrom, isEntryOfCodeBase } from './service-folders.ts'

export const rule: Rule = {
  id: 'services/shared-database',
  decision: 'services',
  once: true,
  severity: 'high',
  effort: { minutes: 2000, per: 'site' },
  trial: false,
  summary: 'Two services that are built separately use the same database with the same user.',
  assures: { says: 'services do not share a database user', from: 2 },
  judges: { python: judge, typescript: judge },
}

function judge(context: RuleContext): RuleResult {
  const users = databaseUsers(context)
  const groups = groupBy(users, ({ address }) =>
    [folderOf(address.place.path), address.host, address.database, address.user].join('\0'),
  )
  return {
    detections: [...groups.values()].flatMap(judgeUsers),
    examined: { count: new Set(users.map(({ service }) => service.name)).size, of: 'services with a database' },
  }
}

const STORES = new Set(['postgresql', 'mysql', 'mongodb', ''])

interface DatabaseUser {
  readonly service: DeclaredService
  readonly address: DatabaseAddress
  readonly builtFrom: string
}

/** Services of ours that are given an address with a host and a database name in plain. */
function databaseUsers(context: RuleContext): DatabaseUser[] {
  const { config } = context
  const users: DatabaseUser[] = []
  for (const address of config.databases) {
    if (address.service === '' || !STORES.has(address.engine) || address.host === '' || address.database === '')
      continue
    if (/[${]|TEMPLATE|CHANGE|example/i.test(`${address.host}${address.database}${address.user}`)) continue
    for (const service of config.services) {
      const folder = builtFrom(service)
      if (service.name !== address.service || service.place.path !== address.place.path || folder === undefined)
        continue
      // Under a profile it runs beside the others only when somebody asks for it.
      if (service.profiles.length > 0 || isEntryOfCodeBase(context, folder)) continue
      users.push({ service, address, builtFrom: folder })
    }
  }
  return users
}

function judgeUsers(users: readonly DatabaseUser[]): Detection[] {
  const byCode = new Map<string, DatabaseUser>()
  for (const user of users) if (!byCode.has(user.builtFrom)) byCode.set(user.builtFrom, user)
  const [first, ...others] = [...byCode.values()].sort((a, b) => a.service.place.line - b.service.place.line)
  if (first === undefined || others.length === 0) return []
  const { address } = first
  const names = [first, ...others].map(({ service }) => service.name)
  return [
    {
      place: first.service.place,
      subject: `${address.host}/${address.database}`,
      evidence: `${[...names].sort().join(', ')} as ${address.user}`,
      message: {
        what: `The services ${names.map((name) => `\`${name}\``).join(' and ')} are built separately and use the database \`${address.database}\` on \`${address.host}\` as the same user.`,
        why: 'Every table is a contract between them that nobody wrote down: neither can change its schema, its pool or its version alone.',
        do: 'Give each service a user and a schema of its own, and let the others read through an operation or a view; or build them as one.',
      },
      confidence: 'definite',
      related: others.map(({ service }) => ({ ...service.place, label: `service ${service.name}` })),
      fanOut: names.length,
    },
  ]
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): ReadonlyMap<string, Item[]> {
  const groups = new Map<string, Item[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group === undefined) groups.set(keyOf(item), [item])
    else group.push(item)
  }
  return groups
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}
