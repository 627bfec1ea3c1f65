// Many calls at once.
export { fanOutErrors } from './errors.ts'
export { type FanOutOptions, type FanOutWork, fanOut, type Outcome } from './fan-out.ts'
