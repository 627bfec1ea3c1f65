// The planted faults by name: a broken verdict says which of them would look like what it found.

/** Every planted fault with what it does. */
export const saboteurs = {
  'answer-before-commit': 'the client is told that a change is done before it is committed',
  'acknowledge-before-commit': 'a job is settled before the effect of its handler is committed',
  'lose-one-in-500': 'one job in 500 is never added',
  'deliver-twice': 'a job that has ended well is run again',
  'deliver-before-commit': 'a job is on its way before the transaction that added it has committed',
  'forget-a-rollback': 'an event is announced although its transaction was rolled back',
  'forget-a-retry': 'a job that failed is not run again',
  'swallow-the-dead-letter': 'a job whose attempts have all failed is not shown to anybody',
  'drop-the-rest-at-drain': 'a worker that is asked to stop drops what it has taken',
  'lose-on-restart': 'an event waits in the memory of the process that announced it',
  reorder: 'events of one key change places',
  'ignore-a-stale-attempt': 'an attempt that was given up may still settle the job of its successor',
  'fire-a-tick-twice': 'a tick of a schedule runs twice',
  'skip-a-tick': 'a tick of a schedule never runs',
  'forget-the-record': 'the effect ledger keeps no record, so that a repeated attempt has its effect again',
} as const

/** See `saboteurs`. */
export type SaboteurName = keyof typeof saboteurs

/** All of them, in the order of the table. */
export const saboteurNames = Object.keys(saboteurs) as readonly SaboteurName[] // exactly its keys
