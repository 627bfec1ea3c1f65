// The ledger of what was done: the effect and the record that it happened are one transaction.
import { createHash } from 'node:crypto'
import type { Transaction } from '../data/contract/contract.ts'
import { findUnportable } from '../module/portable.ts'
import { effectErrors } from './contract/errors.ts'

/** What a module's kit holds: `kit.effects`. */
export interface EffectLedger {
  /**
   * Runs `work` in the transaction unless that was done under this key before; then the first result is the answer and
   * nothing runs. Of two at the same time the second waits for the end of the first one's transaction. When `work` throws,
   * what it did is undone, nothing is recorded, and the error passes.
   * @throws `effect-key-invalid`, `effect-result-invalid`, `data-lock-timeout` (retryable) after too long a wait
   */
  once<Tables, Result>(
    tx: Transaction<Tables>,
    key: string,
    work: (tx: Transaction<Tables>) => Promise<Result>,
  ): Promise<Result>
  /**
   * The same for a request with an `Idempotency-Key`: `key` comes from `idempotencyKey`, `request` is what was asked for. The
   * repetition of one that was answered gets that answer. An error is not kept, so a request that failed may be sent again.
   * @throws `idempotency-key-reused` for another request under the same key, `idempotency-under-way` while the first one runs
   */
  answer<Tables, Result>(
    tx: Transaction<Tables>,
    key: string,
    request: unknown,
    work: (tx: Transaction<Tables>) => Promise<Result>,
  ): Promise<Result>
}

const longestKey = 200
const mostResultBytes = 64 * 1024

/** The ledger of one module: a key of it is another one for each module. */
export function effectLedger(module: string): EffectLedger {
  const ledger: EffectLedger = {
    async answer<Tables, Result>(
      tx: Transaction<Tables>,
      key: string,
      request: unknown,
      work: (tx: Transaction<Tables>) => Promise<Result>,
    ): Promise<Result> {
      // The lock goes with the transaction, so that a client learns at once what it would otherwise wait for.
      const [lock] = await tx.query<{ free: boolean }>(
        "select pg_try_advisory_xact_lock(hashtextextended('footing idempotency ' || $1 || ' ' || $2, 0)) as free",
        [module, key],
      )
      if (lock?.free !== true) throw effectErrors('idempotency-under-way')
      const asked = fingerprint(request)
      const kept = await ledger.once(tx, key, async (inner) => {
        const answer = await work(inner)
        return { asked, ...(answer === undefined ? {} : { answer }) }
      })
      if (kept.asked !== asked) throw effectErrors('idempotency-key-reused')
      return kept.answer as Result // what `work` gave, now or the first time
    },
    async once<Tables, Result>(
      tx: Transaction<Tables>,
      key: string,
      work: (tx: Transaction<Tables>) => Promise<Result>,
    ): Promise<Result> {
      verifyKey(key)
      // A savepoint, so that a caller who catches the error of `work` and commits has neither the effect nor the record.
      return tx.savepoint(async (inner) => {
        if (!(await claim(inner, module, key))) return recorded<Result>(inner, module, key)
        const result = await work(inner)
        await inner.query('update footing_effects.effect set result = $3::text::jsonb where module = $1 and key = $2', [
          module,
          key,
          asJson(key, result),
        ])
        return result
      })
    },
  }
  return Object.freeze(ledger)
}

/** The same for two requests that ask for the same: members of objects in any order. */
function fingerprint(request: unknown): string {
  const text = JSON.stringify(request, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  )
  return createHash('sha256')
    .update(text ?? '')
    .digest('base64url')
}

type AnyOpen = Pick<Transaction<never>, 'query'>

// The insert waits for another one of the same key that has not ended: only the end tells which of the two does it.
async function claim(tx: AnyOpen, module: string, key: string): Promise<boolean> {
  const rows = await tx.query(
    'insert into footing_effects.effect (module, key) values ($1, $2) on conflict do nothing returning key',
    [module, key],
  )
  return rows.length > 0
}

async function recorded<Result>(tx: AnyOpen, module: string, key: string): Promise<Result> {
  const [row] = await tx.query<{ result: unknown }>(
    'select result from footing_effects.effect where module = $1 and key = $2',
    [module, key],
  )
  // What the first run returned: its type is that of the work under this key. Nothing is kept as null.
  return (row?.result ?? undefined) as Result
}

function verifyKey(key: string): void {
  const invalid = (reason: string) => effectErrors('effect-key-invalid', { details: { reason } })
  if (typeof key !== 'string') throw invalid(`it is a ${typeof key}.`)
  if (key.length === 0) throw invalid('it is empty.')
  if (key.length > longestKey) throw invalid(`it has ${key.length} characters.`)
  if (key.includes('\0')) throw invalid('it holds a zero character.')
}

function asJson(key: string, result: unknown): string | null {
  if (result === undefined) return null
  const invalid = (reason: string) => effectErrors('effect-result-invalid', { details: { key, reason } })
  const fault = findUnportable(result)
  if (fault !== undefined) throw invalid(`${fault.found} at ${fault.pointer || 'the top'}.`)
  const text = JSON.stringify(result)
  if (zeroCharacter.test(text)) throw invalid('it holds a zero character.')
  if (Buffer.byteLength(text) > mostResultBytes) throw invalid(`it has more than ${mostResultBytes} bytes.`)
  return text
}

// Written as an escape, and not as a backslash that is itself escaped.
const zeroCharacter = /(?<!\\)(?:\\\\)*\\u0000/
