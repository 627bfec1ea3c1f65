// Says in each statement who sent it, so that pg_stat_activity and pg_stat_statements can tell, behind any pooler.

/**
 * Puts the comment of module and route behind the first word: `select /* content GET /api/tags *\/ name from …`.
 * In front of the statement pg_stat_statements would drop it, at the end pg_stat_activity would cut it off.
 */
export function tagStatement(text: string, module: string, route: string | undefined): string {
  const tag = tagOf(module, route)
  const word = /^\s*[A-Za-z]+/.exec(text)?.[0] ?? ''
  return word === '' ? `${tag} ${text}` : `${word} ${tag}${text.slice(word.length)}`
}

// Modules and routes are few and come again with every statement.
const tags = new Map<string, string>()
const mostTags = 2_000

function tagOf(module: string, route: string | undefined): string {
  const key = route === undefined ? module : `${module} ${route}`
  const known = tags.get(key)
  if (known !== undefined) return known
  const tag = `/* ${clean(module)}${route === undefined ? '' : ` ${clean(route)}`} */`
  if (tags.size >= mostTags) tags.clear()
  tags.set(key, tag)
  return tag
}

const longest = 120

// A comment that could be closed from outside would be an injection, so only harmless characters pass.
function clean(text: string): string {
  return text.slice(0, longest).replace(/[^A-Za-z0-9 _.:/{}-]/g, '_')
}
