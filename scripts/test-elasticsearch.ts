// Runs the tests of search against a real Elasticsearch that Maven brings: npm run test:elasticsearch
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const source = fileURLToPath(new URL('../packages/footing/src/testing/servers/elasticsearch/', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'footing-elasticsearch-'))
try {
  process.exitCode = await main()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function main(): Promise<number> {
  const missing = [
    ...(versionOf('javac') >= 17
      ? []
      : ['a JDK 17 or newer (javac; on Debian: apt-get install openjdk-17-jdk-headless)']),
    ...(spawnSync('mvn', ['--version']).status === 0 ? [] : ['Maven (mvn; on Debian: apt-get install maven)']),
  ]
  if (missing.length > 0) {
    process.stderr.write(
      `This needs ${missing.join(' and ')}.\nAny other server, with an empty prefix: set FOOTING_TEST_ELASTICSEARCH_URL=elasticsearch://host:9200/footing_test?tls=no and run vitest packages/footing/src/search\n`,
    )
    return 2
  }
  const list = join(folder, 'classpath')
  const maven = ['-q', '-B', '-f', join(source, 'pom.xml'), 'dependency:build-classpath', `-Dmdep.outputFile=${list}`]
  if (spawnSync('mvn', maven, { stdio: 'inherit', timeout: 600_000 }).status !== 0) {
    process.stderr.write(
      'Maven could not bring Elasticsearch. Its words above say why; it needs Maven Central or a mirror of it.\n',
    )
    return 2
  }
  const classes = join(folder, 'classes')
  const path = `${readFileSync(list, 'utf8').trim()}:${classes}`
  mkdirSync(classes)
  if (
    spawnSync('javac', ['-d', classes, '-cp', path, join(source, 'TestElasticsearch.java')], { stdio: 'inherit' })
      .status !== 0
  )
    return 2
  return runTests(path)
}

async function runTests(path: string): Promise<number> {
  // It ends with its standard input, so that it also ends when this process is killed.
  const server = spawn('java', ['-Xmx512m', '-cp', path, 'TestElasticsearch', join(folder, 'home')], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  try {
    const port = await portOf(server.stdout)
    const url = `elasticsearch://127.0.0.1:${port}/footing_test?tls=no`
    const tests = spawn('vitest', ['run', 'packages/footing/src/search'], {
      env: { ...process.env, FOOTING_TEST_ELASTICSEARCH_URL: url },
      stdio: 'inherit',
    })
    const [code] = await once(tests, 'exit')
    return code ?? 1
  } finally {
    const gone = server.exitCode === null ? once(server, 'exit') : undefined
    server.stdin.end()
    const timer = setTimeout(() => server.kill('SIGKILL'), 10_000)
    await gone
    clearTimeout(timer)
  }
}

async function portOf(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface(output)) {
    const [, port] = /^PORT (\d+)$/.exec(line) ?? []
    if (port !== undefined) return port
  }
  throw new Error('Elasticsearch ended before it answered.')
}

function versionOf(program: string): number {
  const { stdout, status } = spawnSync(program, ['-version'], { encoding: 'utf8' })
  return status === 0 ? Number(/(\d+)/.exec(stdout)?.[1] ?? 0) : 0
}
