// The public list of personal data.
export { personalDataErrors } from './errors.ts'
export { installPersonalData } from './install-personal-data.ts'
export type {
  ColumnRule,
  ImpersonalTable,
  PersonalDeclaration,
  PersonalModule,
  PersonalTable,
} from './personal-declaration.ts'
