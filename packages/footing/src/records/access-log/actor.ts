// Who acts, in which request, through what: as the database is told in a setting of one transaction.
import type { Actor } from '../../data/contract/contract.ts'
import { quoteText } from '../../data/contract/quote.ts'

/** Name of the setting. It lives as long as its transaction, so that no pooler can hand it to somebody else. */
export const actorSetting = 'footing.access'

/** The statement that says for one transaction who acts: no `set local`, which warns in front of a single statement. */
export function setActor(actor: string): string {
  return `select set_config('${actorSetting}', ${quoteText(actor)}, true)`
}

const longest = 200

/** The value of the setting. What JSON of PostgreSQL cannot hold is replaced, what is endless is cut. */
export function actorText(actor: Actor): string {
  return JSON.stringify({
    user: clean(actor.user),
    request: clean(actor.request),
    trace: clean(actor.trace),
    source: clean(actor.source),
  })
}

function clean(text: string | undefined): string | undefined {
  return text?.slice(0, longest).toWellFormed().replaceAll('\0', '\u{fffd}')
}
