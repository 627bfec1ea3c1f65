// The public list of bounded work.
export { limitErrors } from './errors.ts'
export { type LimitedWork, limitWork, type WorkLimits } from './limit-work.ts'
