// Puts in place what manifests ask of a database beyond their migrations: the access log, and the account of erasures.

import { installAccessLog } from './access-log/install-access-log.ts'
import type { AccessModule } from './access-log/logged-table.ts'
import type { PersonalModule } from './personal-data/declared-table.ts'
import { installPersonalData } from './personal-data/install-personal-data.ts'

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
