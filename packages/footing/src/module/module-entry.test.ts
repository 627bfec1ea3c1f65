// What the entry of modules loads: a manifest is data, so reading one brings no driver of a database along.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

test('importing the entry of modules loads neither pg nor kysely, nor any other package', async () => {
  const entry = new URL('./index.ts', import.meta.url).href
  // Each module that is loaded passes the hook; it is registered before the import.
  const program = `
    import { registerHooks } from 'node:module'
    const seen = new Set()
    registerHooks({ load: (url, context, next) => { seen.add(url); return next(url, context) } })
    await import(${JSON.stringify(entry)})
    process.stdout.write(JSON.stringify([...seen]))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program])
  const loaded: readonly string[] = JSON.parse(stdout)
  expect(loaded.length).toBeGreaterThan(5)
  expect(loaded.filter((url) => url.includes('/node_modules/') && !url.includes('@footing'))).toEqual([])
  expect(loaded.filter((url) => /\/src\/(records|migrations|servers|data\/(?!contract\/))/.test(url))).toEqual([])
})
