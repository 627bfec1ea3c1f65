// Whether all processes together fit into the server: a sum that is done at start-up, not on the worst day.
import type { QueryScope } from '../contract/contract.ts'
import type { PoolSizing, PoolSizingInput, ServerLimits } from '../contract/server-state.ts'
import type { Session } from './session.ts'

/** Asks the server for its limits, over any connection. */
export async function readServerLimits(session: Session, scope: QueryScope | undefined): Promise<ServerLimits> {
  const { rows } = await session.execute(
    `select current_setting('max_connections')::int as connections,
            current_setting('superuser_reserved_connections')::int
              + coalesce(nullif(current_setting('reserved_connections', true), '')::int, 0) as reserved,
            pg_backend_pid() as pid`,
    [],
    { module: 'footing', scope },
  )
  const row: { readonly connections: number; readonly reserved: number; readonly pid: number } = rows[0]
  // A pooler invents the process number that it tells its clients, because one client has many servers.
  const told: unknown = Reflect.get(session.client, 'processID')
  return { maxConnections: row.connections, reserved: row.reserved, pooled: told !== row.pid }
}

/** Does the sum. */
export function poolSizing(input: PoolSizingInput, limits: ServerLimits): PoolSizing {
  const { processes, poolSize } = input
  const wanted = processes * poolSize
  const available = Math.max(0, limits.maxConnections - limits.reserved)
  const fits = limits.pooled || wanted <= available
  return {
    ...input,
    ...limits,
    wanted,
    available,
    fits,
    advice: adviceFor({ ...input, ...limits, wanted, available, fits }),
  }
}

function adviceFor(sum: Omit<PoolSizing, 'advice'>): string {
  const { processes, poolSize, wanted, available } = sum
  const spelled = `${processes} processes × ${poolSize} connections = ${wanted}`
  if (sum.pooled) {
    return `${spelled} to the pooler; its max_client_conn must allow them, and its pool must stay below ${available} to the server.`
  }
  if (sum.fits) return `${spelled} of ${available} that the server has for applications.`
  const perProcess = Math.floor(available / processes)
  const smaller = perProcess >= 1 ? ` or set DATABASE_POOL_SIZE to ${perProcess}` : ''
  return `${spelled}, but the server has ${available} for applications: the rest will be refused under load. Put PgBouncer in transaction mode in front${smaller}.`
}
