// Where what was read of a repository is kept between runs.
import { join } from 'node:path'
import type { CommandContext } from './command.ts'

/** The cache lies with the user, never in the audited tree, which may be read-only or somebody else's. */
export function cacheFolder(env: CommandContext['env']): string {
  const home = env.XDG_CACHE_HOME || (env.LOCALAPPDATA ?? (env.HOME === undefined ? '' : join(env.HOME, '.cache')))
  return home === '' ? join(process.cwd(), '.footing', 'cache') : join(home, 'footing')
}
