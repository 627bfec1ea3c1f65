// The public list of the console: the state it shows and the server that shows it.
export { type ConsoleOptions, type RunningConsole, startConsole } from './console-server.ts'
export { type ConsoleFeed, createConsoleFeed, recentLimit } from './feed.ts'
export type {
  AppStatus,
  CallFacts,
  ConsoleState,
  DatabaseFacts,
  Distribution,
  MigrationFacts,
  ModuleFacts,
  OperationFacts,
  RequestFacts,
  RouteFacts,
  RouteTraffic,
} from './state.ts'
