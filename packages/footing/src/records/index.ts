// The public list of records: the access log and personal data.
export * from './access-log/index.ts'
export * from './personal-data/index.ts'
export { recordHooks } from './record-hooks.ts'
