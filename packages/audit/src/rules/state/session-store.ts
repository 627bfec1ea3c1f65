// What tells a store of sessions from other module-level variables.
import type { ModuleVariable } from '../../survey/module-state.ts'

const SESSIONS =
  /^_?(?:[a-z]+_)*(?:sessions?|session_store|tokens?|token_store|logged_in(?:_users)?|login_tokens|user_by_token)$/i
/** Words that make it something else: database sessions, HTTP client sessions, language-model tokens. */
const OTHER =
  /db|sql|http|client|aio|request|engine|local|count|max|stop|special|csrf_exempt|class|black|reserved|keyword/i

/** Whether a module-level container holds sessions of users, by its name. */
export function isSessionStore(variable: ModuleVariable): boolean {
  return variable.kind === 'container' && SESSIONS.test(variable.name) && !OTHER.test(variable.name)
}
