// One function per section of the page: the state in, elements out.
import type { ConsoleState, ModuleFacts, RequestFacts, RouteTraffic } from '../state.ts'
import { element, empty, latencyBar, milliseconds, table } from './element.ts'

const times = [
  { text: 'count', class: 'number' },
  { text: 'errors', class: 'number' },
  { text: 'p50', class: 'number' },
  { text: 'p95', class: 'number' },
  { text: 'p99', class: 'number' },
  { text: 'p50 to p99', class: 'bar' },
] as const

/** The figures at the top. */
export function tiles(state: ConsoleState): readonly HTMLElement[] {
  const requests = state.traffic.reduce((sum, route) => sum + route.count, 0)
  const errors = state.traffic.reduce((sum, route) => sum + route.errors, 0)
  const calls = state.calls.reduce((sum, call) => sum + call.count, 0)
  const links = state.links.map((link) => element('div', {}, element('a', { href: link.url }, link.label)))
  return [
    tile(String(requests), 'requests'),
    tile(String(errors), 'answers with 5xx', errors > 0 ? 'bad' : undefined),
    tile(String(calls), 'calls of operations'),
    tile(String(state.modules.length), 'modules'),
    tile(String(state.routes.length), 'routes'),
    tile(
      databaseWord(state),
      state.database?.kind === 'embedded' ? 'embedded PostgreSQL' : 'database',
      state.database?.healthy === false ? 'bad' : undefined,
    ),
    element('div', { class: 'tile' }, ...links, element('span', {}, `restarts: ${state.restarts}`)),
  ]
}

/** A card per module. */
export function moduleCards(modules: readonly ModuleFacts[]): readonly HTMLElement[] {
  if (modules.length === 0) return [empty('Modules appear when the application has started.')]
  return modules.map((module) =>
    element(
      'article',
      { class: 'card', id: `module-${module.name}` },
      element('h3', {}, module.name, element('span', {}, module.owner ?? 'no owner')),
      element(
        'dl',
        {},
        ...row(
          'needs',
          module.needs.map((name) => element('a', { class: 'chip link', href: `#module-${name}` }, name)),
        ),
        ...row('port', module.operations.map(operationChip)),
        ...row('tables', module.tables.map(chip)),
        ...row('events', module.events.map(chip)),
      ),
    ),
  )
}

/** Calls per operation, the busiest first. */
export function callTable(state: ConsoleState): HTMLElement {
  if (state.calls.length === 0) return empty('No operation has been called yet. Send a request to the API.')
  const most = Math.max(...state.calls.map((call) => call.p99))
  const sorted = state.calls.toSorted((a, b) => b.count - a.count || a.module.localeCompare(b.module))
  return table(
    [{ text: 'operation', class: 'code' }, ...times],
    sorted.map((call) => [`${call.module}.${call.operation}`, ...distribution(call, most)]),
  )
}

/** The newest requests. */
export function requestTable(recent: readonly RequestFacts[]): HTMLElement {
  if (recent.length === 0) return empty('No request yet. Open the API or its documentation above.')
  return table(
    [
      { text: 'time' },
      { text: 'method' },
      { text: 'route', class: 'code' },
      { text: 'status', class: 'number' },
      { text: 'ms', class: 'number' },
      { text: 'request id', class: 'code' },
    ],
    recent.map((request) => [
      new Date(request.at).toLocaleTimeString(undefined, { hour12: false }),
      request.method,
      request.route,
      element('td', { class: `number ${statusClass(request.status)}` }, String(request.status)),
      milliseconds(request.durationMs),
      request.id,
    ]),
  )
}

/** Routes that contain the filter's text, with their traffic. */
export function routeTable(state: ConsoleState, filter: string): HTMLElement {
  if (state.routes.length === 0) return empty('Routes appear when the application has started.')
  const wanted = filter.trim().toLowerCase()
  const shown = state.routes.filter((route) =>
    `${route.method} ${route.path} ${route.module ?? ''}`.toLowerCase().includes(wanted),
  )
  if (shown.length === 0) return empty(`No route contains “${filter}”.`)
  const traffic = new Map(state.traffic.map((entry) => [`${entry.method} ${entry.route}`, entry]))
  const most = Math.max(0, ...state.traffic.map((entry) => entry.p99))
  return table(
    [{ text: 'method' }, { text: 'path', class: 'code' }, { text: 'module' }, ...times],
    shown.map((route) => [
      route.method,
      route.path,
      route.module ?? '',
      ...routeFigures(traffic.get(`${route.method} ${route.path}`), most),
    ]),
  )
}

/** The server and its migrations. */
export function databaseFacts(state: ConsoleState): readonly HTMLElement[] {
  const database = state.database
  if (database === undefined) return [element('div', { class: 'panel' }, 'No database is connected yet.')]
  const pending = database.migrations.filter((migration) => migration.state !== 'applied').length
  const facts = element(
    'dl',
    {},
    ...row('server', [element('span', {}, `${database.version ?? 'PostgreSQL'} (${database.kind})`)]),
    ...row('address', [element('span', { class: 'chip' }, database.address)]),
    ...row('migrations', [
      element(
        'span',
        { class: pending > 0 ? 'warn' : undefined },
        `${database.migrations.length - pending} applied, ${pending} not`,
      ),
    ]),
  )
  const rows = database.migrations.map((migration) => [
    migration.module,
    migration.name,
    element('td', { class: migration.state === 'applied' ? 'ok' : 'warn' }, migration.state),
    migration.appliedAt === undefined ? '' : new Date(migration.appliedAt).toLocaleString(undefined, { hour12: false }),
  ])
  const headings = [{ text: 'module' }, { text: 'migration', class: 'code' }, { text: 'state' }, { text: 'applied' }]
  const panel = element('div', { class: 'panel' }, facts)
  return rows.length === 0 ? [panel] : [panel, element('div', { class: 'scroll' }, table(headings, rows))]
}

function distribution(facts: Omit<RouteTraffic, 'method' | 'route'>, most: number): readonly (HTMLElement | string)[] {
  return [
    String(facts.count),
    element('td', { class: facts.errors > 0 ? 'number bad' : 'number' }, String(facts.errors)),
    milliseconds(facts.p50),
    milliseconds(facts.p95),
    milliseconds(facts.p99),
    latencyBar(facts.p50, facts.p99, most),
  ]
}

function routeFigures(entry: RouteTraffic | undefined, most: number): readonly (HTMLElement | string)[] {
  return entry === undefined ? ['0', '', '', '', '', ''] : distribution(entry, most)
}

function operationChip(operation: ModuleFacts['operations'][number]): HTMLElement {
  const deadline = operation.deadlineMs === undefined ? '' : `, deadline ${operation.deadlineMs} ms`
  const title = `${operation.idempotent ? 'may be repeated' : 'never repeated by itself'}${deadline}`
  return element('span', { class: 'chip', title }, operation.name)
}

function chip(text: string): HTMLElement {
  return element('span', { class: 'chip' }, text)
}

function row(term: string, values: readonly HTMLElement[]): readonly HTMLElement[] {
  const shown = values.length === 0 ? [element('span', { class: 'none' }, 'none')] : values
  return [element('dt', {}, term), element('dd', {}, ...shown)]
}

function tile(value: string, label: string, kind?: string): HTMLElement {
  return element('div', { class: 'tile' }, element('b', { class: kind }, value), element('span', {}, label))
}

function databaseWord(state: ConsoleState): string {
  if (state.database === undefined) return 'none'
  return state.database.healthy ? 'up' : 'down'
}

function statusClass(status: number): string {
  if (status >= 500) return 'bad'
  return status >= 400 ? 'warn' : 'ok'
}
