// The public list of the test kit.
export { type ManualClock, manualClock } from '@footing/kernel'
export type { ModulePlace } from './both-ways/place-module.ts'
export type { OperationNotes, RehearsalNotes, RehearsalPlan, RouteNotes } from './both-ways/rehearsal-notes.ts'
export { type BothWaysOptions, bothWays } from './both-ways.ts'
export { type ChaosProxy, openChaosProxy } from './chaos-proxy.ts'
export { type CountedQuery, type QueryCounter, queryCounter } from './counted-data/query-counter.ts'
export { testingErrors } from './servers/errors.ts'
export {
  type ReplicaServer,
  type ReplicatedPostgres,
  type ReplicationOptions,
  startReplicatedPostgres,
} from './servers/replicated-postgres.ts'
export {
  openServerHarness,
  type ServerHarness,
  type ServerHarnessOptions,
  type ServerName,
} from './servers/server-harness.ts'
export { ensurePrograms, type SystemProgram, testPrograms } from './servers/system-packages.ts'
export { startTestApp, type TestApp, type TestAppOptions } from './start-test-app.ts'
export { createTestDatabase, type TestDatabase, type TestDatabaseOptions } from './test-database.ts'
export { stopOwnServers, testServer } from './test-servers.ts'
