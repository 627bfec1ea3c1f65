// Says in front of each statement who sent it, so that pg_stat_activity and pg_stat_statements can tell, behind any pooler.

/** `/* content GET /api/articles *\/ ` with everything removed that could end the comment or hide in it. */
export function queryTag(module: string, route: string | undefined): string {
  return `/* ${clean(module)}${route === undefined ? '' : ` ${clean(route)}`} */ `
}

const longest = 120

// A comment that could be closed from outside would be an injection, so only harmless characters pass.
function clean(text: string): string {
  return text
    .slice(0, longest)
    .replace(/[^A-Za-z0-9 _.:/{}-]/g, '_')
    .replace(/\/(?=\*)|(?<=\*)\//g, '_')
}
