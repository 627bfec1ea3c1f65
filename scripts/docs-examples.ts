// Runs what the documentation shows: every `sh` and `ts` block of every page is executed, or says why it is not.
//
//   ```sh run            run with bash in the repository; it must end with 0
//   ```sh run exit=2     … with another code
//   ```ts run            type-checked, then run by Node; it must end with 0
//   ```ts check          type-checked
//   ```ts run with=files  … beside the files of its page
//   ```ts file=src/a.ts   written as this file, type-checked; sql too
//   ```sh shown="why"    only shown
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'

/** One block of code on a page. */
export interface Example {
  readonly page: string
  readonly line: number
  readonly language: 'sh' | 'ts' | 'sql'
  readonly mode: 'run' | 'check' | 'file' | 'shown' | 'unmarked'
  /** Path below the folder of the page's files. */
  readonly file: string | undefined
  /** True for a program that stands beside the files of its page. */
  readonly withFiles: boolean
  readonly exit: number
  readonly text: string
}

/** Finds the blocks of a page. A block that nothing marks has the mode `unmarked`, which is a fault. */
export function readExamples(page: string, markdown: string): readonly Example[] {
  const found: Example[] = []
  for (const match of markdown.matchAll(/^( *)(`{3,})(sh|bash|ts|typescript|sql)\b([^\n]*)\n([\s\S]*?)^\1\2 *$/gm)) {
    const [, indent = '', , language, info = '', text = ''] = match
    const words = info.trim()
    const name = /^file=(\S+)/.exec(words)?.[1]
    if (language === 'sql' && name === undefined) continue
    const mode = /^run\b/.test(words)
      ? 'run'
      : /^check\b/.test(words)
        ? 'check'
        : name !== undefined
          ? 'file'
          : /shown="[^"]+"/.test(words)
            ? 'shown'
            : 'unmarked'
    found.push({
      page,
      line: markdown.slice(0, match.index).split('\n').length,
      language: language === 'sh' || language === 'bash' ? 'sh' : language === 'sql' ? 'sql' : 'ts',
      mode,
      file: name,
      withFiles: /\bwith=files\b/.test(words),
      exit: Number(/\bexit=(\d+)/.exec(words)?.[1] ?? 0),
      text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    })
  }
  return found
}

/** Relative links of a page that lead nowhere, as `line: target`. `exists` is asked with paths from the repository. */
export function brokenLinks(page: string, markdown: string, exists: (path: string) => boolean): readonly string[] {
  const text = markdown.replace(/^( *)(`{3,})[\s\S]*?^\1\2 *$/gm, (block) => block.replace(/[^\n]/g, ''))
  return [...text.matchAll(/\]\((?!\w+:|#)([^)#\s]+)[^)]*\)|<img src="(?!\w+:)([^"]+)"/g)].flatMap((match) => {
    const target = match[1] ?? match[2] ?? ''
    const line = text.slice(0, match.index).split('\n').length
    return exists(posix.join(posix.dirname(page), target)) ? [] : [`${line}  leads nowhere: ${target}`]
  })
}

/** The pages whose examples are promises. Rule pages have a test of their own. */
export function documentationPages(root: string): readonly string[] {
  return globSync(['*.md', 'docs/**/*.md', 'decisions/*.md', 'examples/*/*.md', 'packages/*/README.md'], {
    cwd: root,
  }).toSorted()
}

function runAll(root: string): number {
  const examples = documentationPages(root).flatMap((page) =>
    readExamples(page, readFileSync(join(root, page), 'utf8')),
  )
  const folder = join(root, '.footing', 'docs-examples')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const env = { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH ?? ''}`, CI: 'true' }
  const faults: string[] = []
  const fail = (example: Example, what: string): void => {
    faults.push(`${example.page}:${example.line}  ${what}`)
  }
  const programs = examples.filter(
    (example) => example.language === 'ts' && (example.mode === 'run' || example.mode === 'check'),
  )
  const write = (file: string, { text }: Example): string => {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    return file
  }
  const folderOf = ({ page }: Example): string => join(folder, page.replaceAll('/', '-').replace(/\.md$/, ''))
  for (const example of examples.filter(({ mode }) => mode === 'file')) {
    write(join(folderOf(example), example.file ?? ''), example)
  }
  const files = programs.map((example, index) => {
    const name = `${String(index).padStart(2, '0')}-${example.page.replaceAll('/', '-')}-${example.line}.ts`
    return { example, file: write(join(example.withFiles ? folderOf(example) : folder, name), example) }
  })
  if (files.length > 0) {
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(checkerSettings))
    const checked = spawnSync('tsc', ['-p', folder], { cwd: root, env, encoding: 'utf8' })
    if (checked.status !== 0) faults.push(`types of the examples:\n${checked.stdout}${checked.stderr}`)
  }
  for (const { example, file } of files.filter(({ example }) => example.mode === 'run')) {
    const ran = spawnSync('node', [file], {
      cwd: root,
      env,
      encoding: 'utf8',
      timeout: 120_000,
    })
    if (ran.status !== example.exit)
      fail(example, `ended with ${ran.status ?? ran.signal}:\n${ran.stdout}${ran.stderr}`)
  }
  for (const example of examples.filter(({ language, mode }) => language === 'sh' && mode === 'run')) {
    const ran = spawnSync('bash', ['-euo', 'pipefail', '-c', example.text], {
      cwd: root,
      env,
      encoding: 'utf8',
      timeout: 180_000,
    })
    if (ran.status !== example.exit)
      fail(example, `ended with ${ran.status ?? ran.signal}:\n${ran.stdout}${ran.stderr}`)
  }
  for (const example of examples.filter(({ mode }) => mode === 'unmarked')) {
    fail(example, 'nothing says whether this block is run, checked or only shown (and why)')
  }
  for (const page of documentationPages(root)) {
    const broken = brokenLinks(page, readFileSync(join(root, page), 'utf8'), (path) => existsSync(join(root, path)))
    faults.push(...broken.map((fault) => `${page}:${fault}`))
  }
  for (const fault of faults) process.stderr.write(`${fault}\n`)
  const count = (mode: Example['mode']): number => examples.filter((example) => example.mode === mode).length
  process.stdout.write(
    `examples: ${count('run')} run, ${count('check')} type-checked, ${count('shown')} only shown, ${faults.length} faults\n`,
  )
  return faults.length > 0 || examples.length === 0 ? 1 : 0
}

const checkerSettings = {
  extends: '../../tsconfig.base.json',
  compilerOptions: {
    composite: false,
    declaration: false,
    declarationMap: false,
    sourceMap: false,
    noEmit: true,
    noUnusedLocals: false,
    types: ['node'],
    typeRoots: ['../../node_modules/@types'],
  },
  include: ['*.ts', '*/**/*.ts'],
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = runAll(fileURLToPath(new URL('..', import.meta.url)))
}
