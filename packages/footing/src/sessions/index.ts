// The public list of sessions.
export type {
  BeginOptions,
  IssuedSession,
  ModuleSessions,
  NewSession,
  RequestHeaders,
  Session,
  SessionStore,
} from './contract/contract.ts'
export { sessionErrors } from './contract/errors.ts'
export { type DeclaredSessions, type SessionsDeclaration, sessions } from './use-sessions.ts'
