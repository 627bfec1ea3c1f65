// A query that is written with the query builder once and sent many times: the SQL of a hot path is built only the first time.
import type { CompiledQuery } from 'kysely'
import type { Queries, ReadQueries } from '../contract/contract.ts'
import { bindingOf } from './bound-queries.ts'

/** Stands for a value while the query is built; `execute` puts the real one in its place. */
class Placeholder {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/** The parameters as the builder of a query sees them: each stands for one value in each place where it is used. */
export type Parameters<Values> = { readonly [Name in keyof Values]: Values[Name] }

/** A query builder at its end: what `.compile()` and the row type are read from. */
interface Compilable<Row> {
  compile(): CompiledQuery<Row>
}

/** A query that is ready to be sent. */
export interface PreparedQuery<Tables, Values, Row> {
  /** Sends it over `queries`: `db.read()`, `db.write()` or a transaction. All rows are in memory at once. */
  execute(queries: ReadQueries<Tables>, values: Values): Promise<readonly Row[]>
  /** The first row, or undefined. */
  first(queries: ReadQueries<Tables>, values: Values): Promise<Row | undefined>
}

/**
 * Builds a query of a fixed shape once. Values may differ from call to call; what is selected, joined or sorted may not, and
 * a list for `in` has a fixed length. The server prepares every query that comes again; this saves building its SQL as well,
 * which is for the few queries where a profile shows that it matters.
 *
 * `const byId = compiled<Tables, { id: string }>()((q, { id }) => q.selectFrom('item').selectAll().where('id', '=', id))`
 */
export function compiled<Tables, Values extends object>() {
  return <Row>(
    build: (queries: Queries<Tables>, values: Parameters<Values>) => Compilable<Row>,
  ): PreparedQuery<Tables, Values, Row> => {
    // One for each schema: the same query may be prepared by a module and by its copy in a test.
    const known = new Map<string, CompiledQuery<Row>>()
    const prepare = (queries: ReadQueries<Tables>, schema: string): CompiledQuery<Row> => {
      // Only selects can be built by a reader; a statement that writes is built by whoever is given, who can.
      const query = build(queries as Queries<Tables>, placeholders<Values>()).compile()
      known.set(schema, query)
      return query
    }
    const execute = async (queries: ReadQueries<Tables>, values: Values): Promise<readonly Row[]> => {
      const { schema, run } = bindingOf(queries)
      const { sql, parameters } = known.get(schema) ?? prepare(queries, schema)
      const sent = parameters.map((parameter) =>
        parameter instanceof Placeholder ? Reflect.get(values, parameter.name) : parameter,
      )
      // The row type is what the query builder inferred from the table interface; nothing can check it here.
      return (await run(sql, sent)).rows as Row[]
    }
    return { execute, first: async (queries, values) => (await execute(queries, values))[0] }
  }
}

function placeholders<Values extends object>(): Parameters<Values> {
  const made = new Map<string | symbol, Placeholder>()
  const target = {}
  // While a query is built a placeholder travels in the place of its value, so it wears the value's type.
  return new Proxy(target, {
    get(_target, name) {
      const placeholder = made.get(name) ?? new Placeholder(String(name))
      made.set(name, placeholder)
      return placeholder
    },
  }) as Parameters<Values>
}
