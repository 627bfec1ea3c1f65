// JSON: the result itself. Its schema is published beside this file as audit-result.schema.json.
import type { Reporter } from './report.ts'

/** The whole result; rule pages are left out because `--explain` and the schema's documentation have them. */
export const json: Reporter = (result) => {
  const rules = result.rules.map(({ page: _, ...rule }) => rule)
  return `${JSON.stringify({ ...result, rules }, undefined, 2)}\n`
}
