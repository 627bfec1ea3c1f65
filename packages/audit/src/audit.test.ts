import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { audit } from './audit.ts'
import { PLAIN, reporters } from './report/index.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function tree(files: Iterable<readonly [string, string | Buffer]>): string {
  const parent = mkdtempSync(join(tmpdir(), 'audit-'))
  folders.push(parent)
  const root = join(parent, 'shop')
  for (const [path, content] of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
  return root
}

const PROJECT: readonly (readonly [string, string])[] = [
  ['app/__init__.py', ''],
  [
    'app/routes.py',
    'import requests\nfrom fastapi import FastAPI\nfrom app.users import load\n\napp = FastAPI()\n\n@app.get("/")\nasync def show():\n    print(1)\n    return requests.get("x")\n',
  ],
  ['app/users.py', 'from app.orders import total\n\ndef load(user):\n    return total(user)\n'],
  ['app/orders.py', 'from app.users import load\n\ndef total(user):\n    return load(user)\n'],
  ['lib/one.py', 'from lib.two import b\na = 1\n'],
  ['lib/two.py', 'from lib.one import a\nb = 1\n'],
  ['lib/__init__.py', ''],
  ['broken.py', 'def (:\n'],
  [
    'compose.yaml',
    'services:\n  web:\n    build: .\n    command: uvicorn app.routes:app --workers 4\n    environment: [DATABASE_URL=postgresql://a:b@db/shop]\n  db:\n    image: postgres:16\n',
  ],
  ['CODEOWNERS', '* @all\n/gone/path @team\n'],
]
const quick = { cache: false, history: false } as const

describe('the same tree', () => {
  it('gives the same bytes in every format, whatever the order its files were written in and read by', async () => {
    const first = await audit({ root: tree(PROJECT), ...quick, threads: 1 })
    expect(first.findings.length).toBeGreaterThan(2)
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([...PROJECT], { minLength: PROJECT.length }),
        fc.constantFrom(1, 2),
        async (files, threads) => {
          const again = await audit({ root: tree(files), ...quick, threads })
          for (const [format, report] of Object.entries(reporters))
            expect(report(again, PLAIN), format).toBe(report(first, PLAIN))
        },
      ),
      { numRuns: 6 },
    )
  })

  it('gives the same result from the cache', async () => {
    const root = tree(PROJECT)
    const cache = join(dirname(root), 'cache')
    const cold = await audit({ root, cache, history: false })
    expect(await audit({ root, cache, history: false })).toEqual(cold)
    expect(await audit({ root, ...quick })).toEqual(cold)
  })
})

describe('a small program on FastAPI and SQLAlchemy', () => {
  const SMALL: readonly (readonly [string, string])[] = [
    ['shop/__init__.py', ''],
    [
      'shop/db.py',
      'from sqlalchemy import Column, Integer, create_engine\nfrom sqlalchemy.orm import declarative_base, sessionmaker\n\nSessionLocal = sessionmaker(bind=create_engine("postgresql://"))\nBase = declarative_base()\n\nclass Order(Base):\n    __tablename__ = "orders"\n    id = Column(Integer, primary_key=True)\n',
    ],
    [
      'shop/main.py',
      'import requests\nfrom fastapi import Depends, FastAPI\nfrom sqlalchemy.orm import Session\nfrom shop.db import Order, SessionLocal\n\napp = FastAPI()\n\ndef get_db():\n    yield SessionLocal()\n\n@app.get("/")\ndef show(db: Session = Depends(get_db)):\n    return [db.query(Order).filter(Order.id == one.id).all() for one in db.query(Order).all()]\n\n@app.post("/")\nasync def send(db: Session = Depends(get_db)):\n    db.query(Order).first()\n    requests.post("https://x.example")\n',
    ],
  ]
  const message = async (rule: string) =>
    (await audit({ root: tree(SMALL), ...quick })).findings.find((finding) => finding.rule === rule)?.message

  it('is given one advice for one route, which the plan counts once', async () => {
    const { findings, plan } = await audit({ root: tree(SMALL), ...quick, only: ['async'] })
    const ofRoute = findings.filter(({ subject, rule }) => subject === 'send' && rule !== 'async/call-without-timeout')
    expect(ofRoute.map(({ rule }) => rule).sort()).toEqual([
      'async/async-route-without-await',
      'async/blocking-call-in-async',
      'async/sync-database-in-async',
    ])
    expect(new Set(ofRoute.map((finding) => finding.message.do))).toEqual(
      new Set(['Write `def send` without `async`: the framework then runs it in its thread pool.']),
    )
    expect(plan.filter(({ rule }) => rule.endsWith('-async') || rule.endsWith('-await'))).toMatchObject([
      { rule: 'async/async-route-without-await', findings: 3 },
    ])
  })

  it('is told the ways of its library and not those of another one', async () => {
    expect((await message('data/query-in-loop'))?.do).toBe(
      'Ask once before the loop: `where(column.in_(…))` into a dict, `selectinload` for a relationship, or a join.',
    )
  })

  it('is told only of what it has', async () => {
    const { diagnoses } = await audit({ root: tree(SMALL), ...quick })
    expect(diagnoses.find(({ id }) => id === 'observability/blind-operation')).toMatchObject({
      what: 'Little of what happens in production can be seen: nothing is logged, errors are tracked nowhere and no latency is measured.',
      do: 'Set up one logger with JSON and a request id, error tracking and a histogram of latency where the application is made.',
    })
    expect((await message('observability/unstructured-log'))?.why).not.toMatch(/0 log calls/)
    expect((await message('observability/untracked-errors'))?.why).not.toMatch(/0 tasks/)
  })
})

describe('a hostile tree', () => {
  it('is audited in bounded time, with each file that could not be read named', async () => {
    const root = tree([
      ['ok.py', 'x = 1\n'],
      ['nul.py', Buffer.from('x = 1\0')],
      ['deep.py', `x = ${'('.repeat(100_000)}`],
      ['latin.py', Buffer.from('# \xe9\nx = 1\n', 'latin1')],
      ['bad\u001b[31mname\n.py', 'def\n'],
      ['docker-compose.yml', `a: &a [${'x,'.repeat(50)}]\nservices: {${'*a,'.repeat(10)}}`],
      ['pyproject.toml', '[['],
      ['CODEOWNERS', `${'*'.repeat(5000)}a @x\n`],
    ])
    symlinkSync('..', join(root, 'loop'))
    symlinkSync('/etc/passwd', join(root, 'passwd.py'))
    symlinkSync('/etc/passwd', join(root, 'Procfile'))
    const result = await audit({ root, ...quick, minConfidence: 'possible' })
    expect(result.coverage.unparsed.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['nul.py', 'deep.py', 'bad\u001b[31mname\n.py']),
    )
    expect(result.coverage.problems.map(({ path }) => path)).toEqual(expect.arrayContaining(['pyproject.toml']))
    expect(JSON.stringify(result)).not.toContain('root:')
    expect(reporters.terminal(result, PLAIN)).not.toContain('\u001b[31m')
  })

  it('without any Python says so instead of passing', async () => {
    await expect(audit({ root: tree([['README.md', '# x']]), ...quick })).rejects.toMatchObject({
      code: 'audit-nothing-to-read',
    })
    await expect(audit({ root: tree([['broken.py', 'def (:']]), ...quick })).rejects.toMatchObject({
      code: 'audit-nothing-to-read',
    })
  })
})

it('stops when told to', async () => {
  await expect(audit({ root: tree(PROJECT), ...quick, signal: AbortSignal.abort() })).rejects.toThrow()
})

it('does not run what it reads', async () => {
  const root = tree([
    ['setup.py', 'open("ran", "w")\n'],
    ['conftest.py', 'open("ran", "w")\n'],
    ['footing.config.ts', 'throw new Error("ran")\n'],
    ['gunicorn.conf.py', 'open("ran", "w")\nworkers = 2\n'],
  ])
  const result = await audit({ root, ...quick })
  expect(result.coverage.files.parsed).toBe(4)
  const { existsSync } = await import('node:fs')
  expect(existsSync(join(root, 'ran')) || existsSync('ran')).toBe(false)
})
