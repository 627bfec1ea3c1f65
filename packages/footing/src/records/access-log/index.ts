// The public list of the access log.
export type { AccessDeclaration, TableAccess } from '../../module/access-declaration.ts'
export { accessLogErrors } from './errors.ts'
export { installAccessLog } from './install-access-log.ts'
export type { AccessModule } from './logged-table.ts'
export { type AccessEntry, type AccessQuery, readAccessLog } from './read-access-log.ts'
export { type RetiredMonth, retireAccessLog, sealAccessLog } from './seal-and-retire.ts'
export { type LogVerification, type VerifyOptions, verifyAccessLog } from './verify-access-log.ts'
