// The PostgreSQL schema of a module.
import { dataError } from './errors.ts'

/** `content` → `content`, `user-profile` → `user_profile`. PostgreSQL cuts names at 63 bytes, so longer ones are refused. */
export function schemaOf(module: string): string {
  if (!/^[a-z][a-z0-9]*([-_][a-z0-9]+)*$/.test(module) || module.length > 63 || /^pg[-_]/.test(module)) {
    throw dataError('data-schema-name', { module })
  }
  return module.replaceAll('-', '_')
}
