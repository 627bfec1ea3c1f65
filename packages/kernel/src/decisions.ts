// The eight decisions as data: what joins the library, the auditor, the probes and the drills.

/** Id of one of the eight decisions. It never changes its meaning. */
export type DecisionId =
  | 'data'
  | 'framework'
  | 'boundaries'
  | 'async'
  | 'services'
  | 'state'
  | 'observability'
  | 'reversibility'

/** One early choice that is cheap to make well and dear to undo. */
export interface Decision {
  readonly id: DecisionId
  readonly title: string
  /** What has to be decided, as a question. */
  readonly question: string
  /** What is right for most back ends. */
  readonly soundDefault: string
  /** The mistake that grows with the code base. */
  readonly compoundingMistake: string
  readonly costToReverse: {
    readonly level: 'low' | 'medium' | 'high' | 'major' | 'catastrophic'
    /** The cost in words, with its exceptions. */
    readonly note: string
  }
}

/** The eight decisions, in the order in which every page and report shows them. */
export const decisions: readonly Decision[] = [
  {
    id: 'data',
    title: 'Database and access pattern',
    question: 'Which database engine, and how does code reach it?',
    soundDefault:
      'PostgreSQL behind PgBouncer in transaction mode; one query layer; migrations; replica routing; Redis for hot data; ClickHouse, Elasticsearch or S3 with Parquet only when a measurement justifies them',
    compoundingMistake:
      'No pooler (a hard wall near 5,000 concurrent requests), code that assumes a single database, raw SQL everywhere',
    costToReverse: { level: 'catastrophic', note: 'engine: catastrophic, six months and more; pooler: low' },
  },
  {
    id: 'framework',
    title: 'Framework and style',
    question: 'Which API framework, and are its contracts typed at the edges?',
    soundDefault: 'One API framework, with type-safe contracts at the edges of the service',
    compoundingMistake: 'Choosing well, then ignoring its patterns',
    costToReverse: { level: 'major', note: 'major, six to twelve months' },
  },
  {
    id: 'boundaries',
    title: 'Module boundaries',
    question: 'Which domains does the code consist of, and who owns each?',
    soundDefault:
      'Modules aligned with the domain from the first week, imported only through their public interface, without cycles, with an owner per module',
    compoundingMistake:
      'Folders by kind (controllers, models, services), deep imports, circular imports, boundaries drawn by team',
    costToReverse: { level: 'high', note: 'high, months' },
  },
  {
    id: 'async',
    title: 'Async-first or sync-first',
    question: 'Does the process wait for input and output without blocking?',
    soundDefault: 'Async where input and output dominate, separate processes for CPU work',
    compoundingMistake: 'Synchronous calls inside async handlers: throughput falls by 80 % and more, silently',
    costToReverse: { level: 'high', note: 'high, endpoints are rewritten' },
  },
  {
    id: 'services',
    title: 'Monolith or services',
    question: 'How many deployables, and what justifies the next one?',
    soundDefault: 'A modular monolith; a module is extracted when a measurement says so',
    compoundingMistake: 'Premature services, a database shared between services',
    costToReverse: { level: 'high', note: 'high' },
  },
  {
    id: 'state',
    title: 'Where state lives',
    question: 'Where do sessions, files, jobs and cached values live?',
    soundDefault:
      'Stateless workers: sessions in Redis, files in object storage, jobs in queues, a cache between application and database',
    compoundingMistake: 'Sticky sessions, local disk, threads for jobs, a cache added late',
    costToReverse: { level: 'medium', note: 'medium' },
  },
  {
    id: 'observability',
    title: 'Seeing before needing',
    question: 'What will be known about the system on the day it fails?',
    soundDefault:
      'JSON logs with request, user and trace ids; traces and error reports; top queries from pg_stat_statements; real-user p50, p95 and p99; queue depth',
    compoundingMistake: 'Print statements, averages',
    costToReverse: { level: 'low', note: 'low, but the history is lost' },
  },
  {
    id: 'reversibility',
    title: 'Cheap to undo',
    question: 'Which choices can be taken back, and at what price?',
    soundDefault: 'Repositories, storage and queue interfaces, feature flags, versioned API contracts',
    compoundingMistake: "One vendor's SDK scattered through the code, breaking API changes",
    costToReverse: { level: 'high', note: 'high' },
  },
]

/** The eight ids, in the order of `decisions`. */
export const decisionIds: readonly DecisionId[] = decisions.map((decision) => decision.id)

/** Finds a decision by its id; undefined for a word that is none. */
export function findDecision(id: string): Decision | undefined {
  return decisions.find((decision) => decision.id === id)
}
