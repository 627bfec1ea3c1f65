// The public list of personal data.
export type {
  ColumnRule,
  ImpersonalTable,
  ModuleErasure,
  PersonalDeclaration,
  PersonalTable,
} from '../../module/personal-declaration.ts'
export { type CheckedModule, checkPersonalData, type PersonalDataCheck } from './check-personal-data.ts'
export type { PersonalModule } from './declared-table.ts'
export { type ErasureStep, eraseBy } from './erase-step.ts'
export { personalDataErrors } from './errors.ts'
export { installPersonalData } from './install-personal-data.ts'
export { openPersonalData } from './open-personal-data.ts'
export type { ErasedStore, ErasedTable, ErasureProof, PersonalData, PersonalDataOptions } from './personal-data.ts'
