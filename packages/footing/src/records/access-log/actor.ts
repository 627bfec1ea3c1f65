// Who acts, in which request, through what: as the database is told in a setting of one transaction.
import pg from 'pg'

/** Whoever a statement is sent for. */
export interface Actor {
  readonly user?: string | undefined
  readonly request?: string | undefined
  readonly trace?: string | undefined
  /** Route, or `module.operation` of a port. */
  readonly source?: string | undefined
}

/** Name of the setting. It lives as long as its transaction, so that no pooler can hand it to somebody else. */
export const actorSetting = 'footing.access'

/** The words that say for one transaction who acts. */
export function setActor(actor: string): string {
  return `set local ${actorSetting} = ${pg.escapeLiteral(actor)}`
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
