// The public list of the access log.
export type { AccessDeclaration, AccessModule, TableAccess } from './access-declaration.ts'
export { AccessLog } from './access-log.ts'
export type { Actor } from './actor.ts'
export { accessLogErrors } from './errors.ts'
export { installAccessLog } from './install-access-log.ts'
export { type AccessEntry, type AccessQuery, readAccessLog } from './read-access-log.ts'
export { type RetiredMonth, retireAccessLog, sealAccessLog } from './seal-and-retire.ts'
export { type LogVerification, type VerifyOptions, verifyAccessLog } from './verify-access-log.ts'
