// Says in each statement who sent it, so that pg_stat_activity and pg_stat_statements can tell, behind any pooler.

/**
 * Puts the comment of module and route behind the first word: `select /* content GET /api/tags *\/ name from …`.
 * In front of the statement pg_stat_statements would drop it, at the end pg_stat_activity would cut it off.
 */
export function tagStatement(text: string, module: string, route: string | undefined): string {
  const texts = textsOf(module, route ?? '')
  const known = texts.get(text)
  if (known !== undefined) return known
  const tagged = joinTag(text, `/* ${clean(module)}${route === undefined ? '' : ` ${clean(route)}`} */`)
  // Statements with values written into them never come again; they must not fill the memory.
  if (texts.size >= mostTexts) texts.clear()
  if (text.length <= longestKept) texts.set(text, tagged)
  return tagged
}

function joinTag(text: string, tag: string): string {
  const word = /^\s*[A-Za-z]+/.exec(text)?.[0] ?? ''
  return word === '' ? `${tag} ${text}` : `${word} ${tag}${text.slice(word.length)}`
}

// Modules, routes and statements are few and come again and again: each is put together once.
const tagged = new Map<string, Map<string, Map<string, string>>>()
const mostModules = 200
const mostRoutes = 500
const mostTexts = 100
const longestKept = 4_000

function textsOf(module: string, route: string): Map<string, string> {
  return childOf(childOf(tagged, module, mostModules), route, mostRoutes)
}

function childOf<Value>(parent: Map<string, Map<string, Value>>, key: string, most: number): Map<string, Value> {
  const known = parent.get(key)
  if (known !== undefined) return known
  if (parent.size >= most) parent.clear()
  const child = new Map<string, Value>()
  parent.set(key, child)
  return child
}

const longest = 120

// A comment that could be closed from outside would be an injection, so only harmless characters pass.
function clean(text: string): string {
  return text.slice(0, longest).replace(/[^A-Za-z0-9 _.:/{}-]/g, '_')
}
