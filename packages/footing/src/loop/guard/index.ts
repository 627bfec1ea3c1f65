// The event-loop guard alone, for a process that has a server of its own.
export { eventLoopErrors } from './errors.ts'
export type { LoopState } from './loop-statistics.ts'
export type { StackFrame } from './stack-frame.ts'
export { type Attribution, type Stall, stallChannel } from './stall.ts'
export { type LoopGuard, type LoopGuardOptions, watchEventLoop } from './watch-event-loop.ts'
