// Puts in place what manifests ask of a database beyond their migrations: the access log, and the account of erasures.
import type { AccessModule } from './access-log/access-declaration.ts'
import { installAccessLog } from './access-log/install-access-log.ts'
import { installPersonalData } from './personal-data/install-personal-data.ts'
import type { PersonalModule } from './personal-data/personal-declaration.ts'

/**
 * Runs after the migrations, over the direct URL, as their owner; running it again changes nothing.
 * @throws `access-log-invalid`, `personal-data-invalid`
 */
export async function provisionDatabase(
  directUrl: string,
  modules: readonly (AccessModule & PersonalModule)[],
): Promise<void> {
  await installAccessLog(directUrl, modules)
  await installPersonalData(directUrl, modules)
}
