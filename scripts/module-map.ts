// The picture of the example's modules for the documentation, drawn by the command that the page is about.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** An SVG, the same bytes for the same manifests. */
export async function renderModuleMap(root: string): Promise<string> {
  const cli = join(root, 'packages/cli/bin/footing.js')
  const { stdout } = await promisify(execFile)(process.execPath, [cli, 'map', 'examples/conduit', '--format', 'svg'], {
    cwd: root,
  })
  return stdout
}
