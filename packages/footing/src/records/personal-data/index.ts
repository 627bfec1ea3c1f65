// The public list of personal data.
export { type CheckedModule, checkPersonalData, type PersonalDataCheck } from './check-personal-data.ts'
export { type ErasureStep, eraseBy, type ModuleErasure } from './erase-step.ts'
export { personalDataErrors } from './errors.ts'
export { installPersonalData } from './install-personal-data.ts'
export type { ErasedTable, ErasureProof, PersonalData } from './personal-data.ts'
export type {
  ColumnRule,
  ImpersonalTable,
  PersonalDeclaration,
  PersonalModule,
  PersonalTable,
} from './personal-declaration.ts'
