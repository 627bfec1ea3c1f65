// Tells SQL from other text: which statements a string constant holds, as bits.

/** What a piece of SQL does that outlives its transaction, or that it is a statement at all. */
export const Sql = {
  /** SELECT, INSERT … : a whole statement. */
  Statement: 1,
  /** pg_advisory_lock and its kin, without `xact`. */
  SessionLock: 2,
  /** pg_advisory_xact_lock and its kin. */
  TransactionLock: 4,
  Listen: 8,
  /** SET, SET SESSION, SET ROLE without LOCAL. */
  SessionSet: 16,
  /** CREATE TEMPORARY TABLE that outlives the transaction. */
  TemporaryTable: 32,
  /** A cursor WITH HOLD. */
  HeldCursor: 64,
} as const

const STATEMENT =
  /^[\s(]*(?:--[^\n]*\n\s*)*(?:select\s|insert\s+into\s|update\s+(?:only\s+)?["\w.{}%]+\s+(?:as\s+\w+\s+)?set\s|delete\s+from\s|with\s+(?:recursive\s+)?["\w]+\s*(?:\([^)]*\)\s*)?as\s*(?:materialized\s*|not\s+materialized\s*)?\(|truncate\s|create\s+(?:unlogged\s+|unique\s+|or\s+replace\s+|temp(?:orary)?\s+|materialized\s+)*(?:table|index|view|extension|function|trigger|schema|database|type|sequence)\s|alter\s+(?:table|index|sequence|type|role|database)\s|drop\s+(?:table|index|view|materialized\s+view|function|trigger|schema|extension|database|type)\s|lock\s+table\s|vacuum\b|analyze\s|refresh\s+materialized\s)/i
const SESSION_LOCK = /\bpg_(?:try_)?advisory_lock(?:_shared)?\b/i
const TRANSACTION_LOCK = /\bpg_(?:try_)?advisory_xact_lock(?:_shared)?\b/i
const LISTEN = /(?:^|;)\s*listen\s+(?:["%{]|[a-z_]\w*\s*(?:;|$))/im
/** A parameter of the session: SET [SESSION] name = | TO value, SET ROLE, SET TIME ZONE; not LOCAL, not TRANSACTION. */
const SESSION_SET =
  /(?:^|;)\s*set\s+(?!local\b|transaction\b|constraints\b)(?:session\s+(?!authorization\b)(?!characteristics\b))?(?:(?:role|session\s+authorization|time\s+zone)(?:\s+\S|\s*$)|["\w.]+\s*(?:=|\bto\b)\s*(?:\S|$)|search_path\b)/i
const SET_CONFIG = /\bset_config\s*\([^)]*,\s*false\s*\)/i
const TEMPORARY = /\bcreate\s+(?:local\s+|global\s+)?temp(?:orary)?\s+table\b/i
const DROPS_AT_COMMIT = /\bon\s+commit\s+drop\b/i
const HELD = /\bdeclare\b[^;]*\bcursor\s+with\s+hold\b/i
/** Anything above holds one of these; one search decides for most text. */
const WORTH_A_LOOK =
  /advisory|listen\s|\bset\s|set_config|with\s+hold|temp|select\s|insert\s|update\s|delete\s|\bwith\s|truncate|create\s|alter\s|drop\s|lock\s|vacuum|analyze|refresh\s/i

/** Bits of `Sql` for a text; 0 for text that is no SQL of interest. */
export function classifyText(text: string): number {
  if (text.length < 8 || !WORTH_A_LOOK.test(text)) return 0
  let classes = 0
  if (STATEMENT.test(text)) classes |= Sql.Statement
  if (SESSION_LOCK.test(text)) classes |= Sql.SessionLock
  if (TRANSACTION_LOCK.test(text)) classes |= Sql.TransactionLock
  if (LISTEN.test(text)) classes |= Sql.Listen
  if (SESSION_SET.test(text) || SET_CONFIG.test(text)) classes |= Sql.SessionSet
  if (TEMPORARY.test(text) && !DROPS_AT_COMMIT.test(text)) classes |= Sql.TemporaryTable
  if (HELD.test(text)) classes |= Sql.HeldCursor
  return classes
}
