// Puts in place what the capabilities of an application keep in its database, beyond the migrations of its modules.
import type { App } from './create-app.ts'

/**
 * Runs after the migrations, over the direct URL, as their owner; running it again changes nothing.
 * @throws `access-log-invalid`, `personal-data-invalid`, `migration-failed`
 */
export async function provisionDatabase(
  directUrl: string,
  { modules, capabilities }: Pick<App, 'modules' | 'capabilities'>,
): Promise<void> {
  for (const capability of capabilities) await capability.provision?.(directUrl, modules)
}
