// The versions that an issue needs: Footing, Node, platform.
import { readFileSync } from 'node:fs'

/** The version in this package's manifest. */
export function footingVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  const version = typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, 'version') : undefined
  return typeof version === 'string' ? version : 'unknown'
}

/** One line: `footing 0.1.0 · node 24.21.0 · linux x64`. */
export function versionLine(): string {
  return `footing ${footingVersion()} · node ${process.versions.node} · ${process.platform} ${process.arch}`
}
