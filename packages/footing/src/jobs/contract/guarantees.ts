// What a store of jobs promises, as data: manifests demand these words, the facade and the cases read them.

/** The promises of a driver. Nothing here says exactly once: for that an effect is recorded with what it does. */
export interface JobGuarantees {
  /** What an added job survives: that its server is killed (`fsync`), that its machine is gone (`replicated`), or neither for sure. */
  readonly durable: 'fsync' | 'replicated' | false
  /** A job that was added with a transaction exists if and only if it is committed. */
  readonly transactional: boolean
  readonly delivery: 'at-least-once' | 'at-most-once'
  /** A worker that lost its job cannot end the attempt of another one. */
  readonly fencedSettle: boolean
  /** A second job of the same key is not added. */
  readonly deduplicated: boolean
  /** Seconds by which a job can be delayed at most; 0 for not at all. */
  readonly delayed: number
  /** Whose clock says when a delay is over. */
  readonly delayClock: 'store' | 'client'
  readonly prioritised: boolean
  /** How a limit over all processes is kept; false where there is none. */
  readonly globalConcurrency: 'exact' | 'approximate' | false
  readonly rateLimited: boolean
  /** Limits and rates can count the jobs of each key by themselves. */
  readonly keyed: boolean
  /** What cancelling reaches: only what waits, or also what runs. */
  readonly cancel: 'running' | 'queued' | false
  readonly progress: boolean
  /** What failed for good is kept and can be looked at. */
  readonly deadLetters: boolean
  /** What failed for good can be run again. */
  readonly replay: boolean
  /** Jobs that wait for others: in any order (chain, fan-out, join), or as a tree in which one waits for each (chain, join). */
  readonly flow: 'any' | 'tree' | false
  /** Seconds after which a job of a killed process runs again at the latest. */
  readonly orphanSeconds: number
  /** Bytes of the largest job. */
  readonly maxPayloadBytes: number
  /** Adding to a queue with a limit is refused when that many wait. */
  readonly bounded: boolean
  /** True where the store needs connections that keep their session, so that no pooler in transaction mode can be between. */
  readonly needsSessionConnection: boolean
  /** In which order jobs of one key run; nobody here promises one. */
  readonly ordered: false
}

/** Every word that a manifest can demand. */
export const jobGuarantees = Object.keys({
  durable: true,
  transactional: true,
  delivery: true,
  fencedSettle: true,
  deduplicated: true,
  delayed: true,
  delayClock: true,
  prioritised: true,
  globalConcurrency: true,
  rateLimited: true,
  keyed: true,
  cancel: true,
  progress: true,
  deadLetters: true,
  replay: true,
  flow: true,
  orphanSeconds: true,
  maxPayloadBytes: true,
  bounded: true,
  needsSessionConnection: true,
  ordered: true,
} satisfies Record<keyof JobGuarantees, true>)
