// Writes every generated file, or with --check fails when one is not up to date.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { decisions } from '@footing/kernel'
import { renderDecision } from './decision-rules.ts'
import { renderDependencies } from './dependencies.ts'
import { renderErrorPage } from './error-page.ts'
import { renderHouse } from './house-picture.ts'
import { renderModuleMap } from './module-map.ts'
import { renderPublicSurface } from './public-surface.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const check = process.argv.includes('--check')

const files: Readonly<Record<string, () => string | Promise<string>>> = {
  'docs/reference/dependencies.txt': () => renderDependencies(root),
  'docs/reference/public-surface.txt': () => renderPublicSurface(root),
  'docs/reference/errors.md': () => renderErrorPage(),
  'docs/pictures/house.svg': () => renderHouse(root),
  'docs/pictures/map.svg': () => renderModuleMap(root),
  ...Object.fromEntries(decisions.map(({ id }) => [`decisions/${id}.md`, () => renderDecision(root, id)])),
}

let stale = 0
for (const [path, render] of Object.entries(files)) {
  const wanted = await render()
  const place = join(root, path)
  if (readOrNothing(place) === wanted) continue
  if (check) {
    stale += 1
    process.stderr.write(`${path} is not up to date. Run: npm run generate\n`)
  } else {
    mkdirSync(dirname(place), { recursive: true })
    writeFileSync(place, wanted)
    process.stdout.write(`wrote ${path}\n`)
  }
}
process.stdout.write(`generated files: ${Object.keys(files).length}, not up to date: ${stale}\n`)
process.exitCode = stale > 0 ? 1 : 0

function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
