// Servers for development and tests: an embedded PostgreSQL and PgBouncer. Nothing in production loads them.
export { type EmbeddedOptions, startEmbeddedPostgres } from './embedded/embedded-postgres.ts'
export { findPgBouncer, type PgBouncer, startPgBouncer } from './pooler/start-pgbouncer.ts'
