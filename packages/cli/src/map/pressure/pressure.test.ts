import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { madeMap } from '../map-fixture.ts'
import { countChanges, readChanges } from './changes.ts'
import { judgePressure } from './judge-pressure.ts'
import { loadOf, parseMetrics, withLoopTime } from './measured.ts'
import { pressureText } from './pressure-text.ts'

const metrics = (calls: number): string => `# HELP x
footing_request_duration_seconds_count{method="GET",route="/a",module="content",status="2xx"} 1000
footing_request_duration_seconds_count{method="GET",route="none",module="none",status="4xx"} 7
footing_call_duration_seconds_count{module="billing",operation="quote",caller="content",code="ok"} ${calls}
footing_call_duration_seconds_count{module="billing",operation="quote",caller="billing",code="ok"} 90000
footing_call_duration_seconds_sum{module="billing",operation="quote",caller="content",code="ok"} 12.5
footing_query_duration_seconds_sum{module="billing",failed="false"} 3
footing_query_duration_seconds_sum{module="content",failed="false"} 1
footing_event_loop_utilization_ratio 0.2
`
/** Billing takes 8 of 10 busy seconds, content one, and one runs outside of any module. */
const profiled = (idle: number) => ({
  modules: new Map([
    ['billing', 8],
    ['content', 1],
  ]),
  busy: 10,
  idle,
})
const map = madeMap(['content > billing', 'content > identity', 'billing > identity'])
const judge = (calls: number, idle: number) =>
  judgePressure(map, withLoopTime(loadOf(parseMetrics(metrics(calls), 'x')), profiled(idle), 10), undefined)
const of = (pressure: ReturnType<typeof judge>, name: string) => pressure.modules.find(({ module }) => module === name)

describe('pressure', () => {
  it('speaks for a module that takes most of a busy loop', () => {
    const pressure = judge(900, 1)
    expect(of(pressure, 'billing')).toMatchObject({
      verdict: 'take out',
      loopShare: 0.8,
      calls: 900,
      callsPerRequest: 0.9,
      statementShare: 0.75,
    })
    expect(of(pressure, 'content')?.verdict).toBe('stay')
    expect(pressure.conclusion).toBe(
      'A measurement speaks for taking out billing. Rehearse it first: footing rehearse billing.',
    )
  })

  it('says that nothing justifies it while the loop has room', () => {
    const pressure = judge(900, 30)
    expect(pressure.utilisation).toBe(0.25)
    expect(pressure.modules.map(({ verdict }) => verdict)).toEqual(['stay', 'stay', 'stay'])
    expect(pressure.conclusion).toBe('No measurement justifies taking a module out.')
  })

  it('holds a chatty module back, with the figure', () => {
    const billing = of(judge(9000, 1), 'billing')
    expect(billing?.verdict).toBe('stay')
    expect(billing?.reasons.map(({ rule }) => rule)).toEqual(['loop', 'chatty'])
    expect(billing?.reasons[1]?.sentence).toContain('9.0 calls')
  })

  it('says when the profile saw no code of a module', () => {
    const idle = { modules: new Map<string, number>(), busy: 3, idle: 7 }
    const pressure = judgePressure(map, withLoopTime(undefined, idle, 10), undefined)
    expect(pressure.modules.map(({ verdict }) => verdict)).toEqual(['unknown', 'unknown', 'unknown'])
    expect(pressure.conclusion).toContain('no code of any module')
  })

  it('does not judge what was not measured', () => {
    const pressure = judgePressure(map, undefined, undefined)
    expect(pressure.modules.every(({ verdict }) => verdict === 'unknown')).toBe(true)
    expect(pressure.conclusion).toContain('--metrics')
    const text = pressureText(pressure, undefined, undefined, { style: (line) => line }).join('\n')
    expect(text).toContain('no load measured (--metrics); no history of git')
  })

  it('counts between two readings, and from zero after a restart', () => {
    const [early, late] = [parseMetrics(metrics(100), 'a'), parseMetrics(metrics(150), 'b')]
    expect(loadOf(late, early, 30).modules.get('billing')).toMatchObject({ loopSeconds: undefined, callSeconds: 0 })
    expect([...(loadOf(late, early, 30).modules.get('billing')?.callsFrom ?? [])]).toEqual([['content', 50]])
    expect([...(loadOf(early, late, 30).modules.get('billing')?.callsFrom ?? [])]).toEqual([['content', 100]])
  })

  it('reads hostile metrics without harm and refuses what are none', () => {
    const hostile =
      'footing_request_duration_seconds_count{module="__proto__",route="a\\"}\\n"} 5\nfooting_x{ NaN\nfooting_y 1e999\n'
    expect(loadOf(parseMetrics(hostile, 'x')).modules.get('__proto__')?.requests).toBe(5)
    for (const text of ['', '<html>', 'up 1', 'x'.repeat(17 * 1024 * 1024)]) {
      expect(() => parseMetrics(text, 'x')).toThrow(expect.objectContaining({ code: 'map-metrics-unreadable' }))
    }
  })
})

describe('changes', () => {
  const commit = (author: string, modules: readonly string[], released = false) => ({
    author,
    modules: new Set(modules),
    released,
  })

  it('speaks for a module that its own people change alone', () => {
    const commits = [
      ...Array.from({ length: 25 }, () => commit('ann', ['billing'])),
      ...Array.from({ length: 25 }, () => commit('bob', ['content', 'identity'])),
    ]
    const changes = countChanges(commits, ['billing', 'content', 'identity'], 180)
    const pressure = judgePressure(map, undefined, changes)
    expect(of(pressure, 'billing')).toMatchObject({ verdict: 'take out', reasons: [{ rule: 'team' }] })
    expect(of(pressure, 'content')?.verdict).toBe('stay')
    expect(changes?.modules.get('content')?.partner).toEqual({ module: 'identity', commits: 25 })
  })

  it('gives each commit to the release that brought it', () => {
    const changes = countChanges(
      [commit('a', ['x']), commit('a', ['x'], true), commit('a', ['y']), commit('a', ['y'], true), commit('a', ['x'])],
      ['x', 'y'],
      30,
    )
    expect(changes?.releases).toBe(2)
    expect(changes?.modules.get('x')).toMatchObject({ commits: 3, releases: 2, alone: 3, authors: 1, byOwnPeople: 0 })
  })

  describe('of a repository', () => {
    const repository = mkdtempSync(join(tmpdir(), 'footing map '))
    const git = (...args: string[]) =>
      execFileSync(
        'git',
        ['-c', 'user.name=a', '-c', 'user.email=A@x.example', '-c', 'commit.gpgsign=false', ...args],
        { cwd: repository },
      )
    const write = (path: string, text: string) => {
      mkdirSync(join(repository, path, '..'), { recursive: true })
      writeFileSync(join(repository, path), text)
    }
    afterAll(() => rmSync(repository, { recursive: true }))

    it('are read from git, odd names and tags included', async () => {
      git('init', '-q')
      write('src/bil ling/ä\n.ts', '1')
      git('add', '.')
      git('commit', '-qm', 'one\x1etwo')
      git('tag', 'v1')
      write('src/content/a.ts', '1')
      write('src/bil ling/b.ts', '1')
      git('add', '.')
      git('commit', '-qm', 'two')
      const folders = new Map([
        ['billing', 'src/bil ling'],
        ['content', 'src/content'],
      ])
      const changes = await readChanges(repository, folders, 30)
      expect(changes).toMatchObject({ commits: 2, releases: 1 })
      expect(changes?.modules.get('billing')).toMatchObject({ commits: 2, alone: 1, releases: 1 })
      expect(changes?.modules.get('content')).toMatchObject({ commits: 1, alone: 0, releases: 0 })
    })

    it('are unknown where there is no history', async () => {
      expect(await readChanges(tmpdir(), new Map([['a', 'src']]), 30)).toBeUndefined()
    })
  })
})
