// The version of the auditor, as its reports say it.
import { readFileSync } from 'node:fs'

/** Version of this package, from its manifest two folders above, in sources and in the build. */
export function toolVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  const named = typeof manifest === 'object' && manifest !== null && 'version' in manifest
  return named && typeof manifest.version === 'string' ? manifest.version : '0.0.0'
}
