// The eight decisions as data: what the rules, probes, drills, records and reports all refer to by id.

/** Id of a decision, the first half of a rule's id. */
export type DecisionId =
  | 'data'
  | 'framework'
  | 'boundaries'
  | 'async'
  | 'services'
  | 'state'
  | 'observability'
  | 'reversibility'

/** What reversing a decision later costs, in words that sort. */
export type ReversalCost = 'low' | 'medium' | 'high' | 'major' | 'catastrophic'

/** One of the eight decisions that a back end takes in its first weeks. */
export interface Decision {
  readonly id: DecisionId
  readonly title: string
  /** The question that is answered, whether anybody asks it or not. */
  readonly question: string
  /** The answer that stays right for most back ends. */
  readonly soundDefault: string
  /** What goes wrong slowly when it is answered otherwise. */
  readonly compoundingMistake: string
  readonly reversal: ReversalCost
  /** What that cost consists of. */
  readonly reversalNote: string
}

/** All eight, in the order in which reports show them. */
export const decisions: readonly Decision[] = [
  {
    id: 'data',
    title: 'Data',
    question: 'Which database holds the truth, and how does code reach it?',
    soundDefault:
      'PostgreSQL behind PgBouncer in transaction mode, one query layer, migrations, replica routing, Redis for hot data',
    compoundingMistake: 'no pooler, code that assumes a single database, raw SQL everywhere',
    reversal: 'catastrophic',
    reversalNote: 'another engine: 6 months and more; a pooler added later: low, if no code depends on sessions',
  },
  {
    id: 'framework',
    title: 'Framework',
    question: 'Which framework serves requests, and are its patterns followed?',
    soundDefault: 'one API framework with type-safe contracts at the edges',
    compoundingMistake: 'choosing well, then ignoring its patterns',
    reversal: 'major',
    reversalNote: '6 to 12 months',
  },
  {
    id: 'boundaries',
    title: 'Boundaries',
    question: 'Where are the modules, and what may they know of each other?',
    soundDefault: 'domain-aligned modules, public interface only, no cycles, an owner for each',
    compoundingMistake: 'folders by technical kind, deep imports, circular imports',
    reversal: 'high',
    reversalNote: 'months',
  },
  {
    id: 'async',
    title: 'Async',
    question: 'Does waiting block others?',
    soundDefault: 'async where I/O dominates, processes for CPU work',
    compoundingMistake: 'synchronous calls inside async handlers: throughput falls silently, by 80 % and more',
    reversal: 'high',
    reversalNote: 'endpoints are rewritten one by one',
  },
  {
    id: 'services',
    title: 'Services',
    question: 'One deployable or many?',
    soundDefault: 'a modular monolith; a module leaves when a measurement says so',
    compoundingMistake: 'services before they are needed, a database shared between services',
    reversal: 'high',
    reversalNote: 'data must be separated before code can be',
  },
  {
    id: 'state',
    title: 'State',
    question: 'What does a worker lose when it dies?',
    soundDefault:
      'stateless workers: sessions in Redis, files in object storage, jobs in queues, a cache in front of the database',
    compoundingMistake: 'sticky sessions, local disk, threads for jobs, a cache added late',
    reversal: 'medium',
    reversalNote: 'weeks for each kind of state',
  },
  {
    id: 'observability',
    title: 'Observability',
    question: 'Can you see what happened before somebody asks?',
    soundDefault:
      'JSON logs with request, user and trace ids; traces and error reports; query statistics; p50, p95 and p99; queue depth',
    compoundingMistake: 'print statements and averages',
    reversal: 'low',
    reversalNote: 'days of work, but the history that was not recorded is gone',
  },
  {
    id: 'reversibility',
    title: 'Reversibility',
    question: 'What does it cost to change your mind?',
    soundDefault: 'repositories, storage and queue interfaces, feature flags, versioned API contracts',
    compoundingMistake: "one vendor's SDK scattered through the code, breaking API changes",
    reversal: 'high',
    reversalNote: 'each scattered call is a place to change and to test',
  },
]

/** The decision with this id. */
export function decision(id: DecisionId): Decision {
  const found = decisions.find((candidate) => candidate.id === id)
  if (found === undefined) throw new TypeError(`no such decision: ${id}`)
  return found
}

/** True for the id of a decision; for input from outside. */
export function isDecisionId(value: string): value is DecisionId {
  return decisions.some((candidate) => candidate.id === value)
}
