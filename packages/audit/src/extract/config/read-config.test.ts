import { describe, expect, it } from 'vitest'
import { readConfig } from './read-config.ts'
import { readYaml } from './yaml-documents.ts'

const read = (files: Readonly<Record<string, string>>) =>
  readConfig({ paths: Object.keys(files).sort(), read: (path) => files[path] })

describe('deployment files', () => {
  it('reads services, workers and addresses of a compose file, and keeps no password', () => {
    const facts = read({
      'compose.yaml': [
        'x-env: &env',
        '  DATABASE_URL: postgresql://app:hunter2@db:6432/shop',
        '  SECRET_KEY: hunter3',
        'services:',
        '  web:',
        '    build: { context: ., dockerfile: Dockerfile.web }',
        '    command: ["gunicorn", "-w", "4", "--threads=2", "-k", "uvicorn.workers.UvicornWorker", "shop.main:app"]',
        '    environment: *env',
        '    deploy: { replicas: 3 }',
        '  pooler:',
        '    image: edoburu/pgbouncer:1.23.1',
        '    environment: [POOL_MODE=transaction, MAX_PREPARED_STATEMENTS=200]',
        '  db:',
        '    image: postgres:16',
        '    command: postgres -c max_connections=300',
      ].join('\n'),
    })
    expect(facts.services.map(({ name, build, replicas }) => [name, build, replicas])).toEqual([
      ['web', '.:Dockerfile.web', 3],
      ['pooler', '', undefined],
      ['db', '', undefined],
    ])
    expect(facts.services[0]?.place).toEqual({ path: 'compose.yaml', line: 5 })
    expect(facts.servers).toMatchObject([
      {
        server: 'gunicorn',
        workers: 4,
        threads: 2,
        workerClass: 'uvicorn.workers.UvicornWorker',
        target: 'shop.main:app',
        service: 'web',
      },
    ])
    expect(facts.databases).toMatchObject([
      { engine: 'postgresql', host: 'db', port: 6432, user: 'app', database: 'shop', service: 'web' },
    ])
    expect(facts.poolers).toMatchObject([
      { kind: 'pgbouncer', mode: 'transaction', version: '1.23.1', maxPreparedStatements: 200 },
    ])
    expect(facts.maxConnections).toMatchObject([{ value: 300 }])
    expect(JSON.stringify([...facts.services.map((s) => [...s.environment]), facts.databases])).not.toMatch(/hunter/)
  })

  it('reads a Helm template without Helm', () => {
    const facts = read({
      'charts/shop/templates/web.yaml': [
        '{{- if .Values.web.enabled }}',
        'apiVersion: apps/v1',
        'kind: Deployment',
        'metadata:',
        '  name: {{ include "shop.fullname" . }}-web',
        '  labels:',
        '    {{- include "shop.labels" . | nindent 4 }}',
        'spec:',
        '  replicas: {{ .Values.web.replicas }}',
        '  template:',
        '    spec:',
        '      containers:',
        '        - name: web',
        '          image: "{{ .Values.image }}:{{ .Values.tag }}"',
        '          args: ["uvicorn", "shop.main:app", "--workers", "2"]',
        '          env:',
        '            - name: PGHOST',
        '              value: pooler',
        '{{- end }}',
      ].join('\n'),
    })
    expect(facts.problems).toEqual([])
    expect(facts.services).toMatchObject([
      { name: 'web', kind: 'kubernetes', command: 'uvicorn shop.main:app --workers 2' },
    ])
    expect(facts.servers).toMatchObject([{ server: 'uvicorn', workers: 2 }])
    expect(facts.databases).toMatchObject([{ host: 'pooler', engine: 'postgresql' }])
  })

  it('reads Dockerfiles, Procfiles, scripts, gunicorn settings and pgbouncer.ini', () => {
    const facts = read({
      Dockerfile:
        'FROM python:3.12 AS build\nCMD ["gunicorn", "old:app"]\nFROM python:3.12\nENV WEB_CONCURRENCY=3\nCMD gunicorn \\\n  shop.wsgi:application\n',
      Procfile: 'web: uvicorn shop.main:app --workers $' + '{WEB_CONCURRENCY:-5}\nworker: celery -A shop worker -c 8\n',
      'bin/start.sh': '#!/bin/sh\n# gunicorn -w 99 no:no\npip install gunicorn\nexec gunicorn shop.wsgi -w $(nproc)\n',
      'gunicorn.conf.py': 'import os\nworkers = int(os.environ.get("WORKERS", "6"))\nworker_class = "gevent"\n',
      'pgbouncer.ini': '[pgbouncer]\npool_mode = transaction ; short\nmax_prepared_statements = 100\n',
    })
    const told = facts.servers.map(({ server, workers, workersText, place }) => [
      place.path,
      server,
      workers ?? workersText,
    ])
    expect(told).toEqual([
      ['Dockerfile', 'gunicorn', 3],
      ['Procfile', 'uvicorn', 5],
      ['Procfile', 'celery', 8],
      ['bin/start.sh', 'gunicorn', '$(nproc)'],
      ['gunicorn.conf.py', 'gunicorn', 6],
    ])
    expect(facts.poolers).toMatchObject([{ mode: 'transaction', maxPreparedStatements: 100 }])
  })

  it('reads dependencies of every kind of manifest', () => {
    const facts = read({
      'requirements.txt':
        'Django>=5,<6 ; python_version > "3.9"\n-r other.txt\npsycopg[binary]==3.2 --hash=sha256:x\n# sentry\ngit+https://x/y.git\n',
      'requirements-dev.txt': 'pytest\n',
      'api/pyproject.toml':
        '[project]\ndependencies = ["fastapi[all]>=0.1", "SQLAlchemy"]\n[dependency-groups]\ndev = ["ruff"]\n[tool.poetry.dependencies]\npython = "^3.12"\nasyncpg = {version = "^0.30"}\n',
      Pipfile: '[packages]\nflask = "*"\n',
      'old/setup.cfg': '[options]\ninstall_requires =\n    celery>=5\n    zope.interface\n[flake8]\nignore = x\n',
      'old/setup.py': 'setup(install_requires=[\n  "boto3>=1",\n  "redis",\n])\n',
    })
    expect(
      facts.dependencies
        .filter(({ group }) => group === 'runtime')
        .map(({ name }) => name)
        .sort(),
    ).toEqual([
      'asyncpg',
      'boto3',
      'celery',
      'django',
      'fastapi',
      'flask',
      'psycopg',
      'redis',
      'sqlalchemy',
      'zope-interface',
    ])
    expect(
      facts.dependencies
        .filter(({ group }) => group === 'development')
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['pytest', 'ruff'])
    expect(facts.dependsOn('Zope.Interface')).toBe(true)
    expect(facts.dependsOn('gevent')).toBe(false)
  })

  it('sees migrations and joins variables of a .env file', () => {
    const facts = read({
      'alembic.ini': '',
      'shop/alembic/versions/a1_first.py': '',
      'shop/users/migrations/0001_initial.py': '',
      '.env.example': 'export DB_HOST="db" # host\nDB_PORT=5432\nDB_USER=app\nDB_NAME=shop\nDB_PASSWORD=hunter2\n',
    })
    expect(facts.migrations.map(({ tool, path }) => [tool, path])).toEqual([
      ['alembic', 'shop/alembic'],
      ['django', 'shop/users/migrations'],
    ])
    expect(facts.databases).toMatchObject([
      { host: 'db', port: 5432, user: 'app', database: 'shop', variable: 'DB_HOST' },
    ])
    expect(JSON.stringify(facts.environment)).not.toMatch(/hunter/)
  })
})

describe('hostile files', () => {
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...'bcdefghi'.split('').map((key, at) => `${key}: &${key} [${Array(9).fill(`*${'abcdefgh'[at]}`).join(',')}]`),
  ].join('\n')

  it.each([
    ['an alias bomb', `${bomb}\nservices: *i`],
    ['deep flow nesting', `services: ${'['.repeat(100_000)}`],
    ['deep list nesting', `services:\n${'- '.repeat(5000)}x`],
    ['broken indentation', 'services:\n  web:\n image: x\n\t- y'],
    ['null bytes', 'services:\0 x'],
    ['a file of two million characters', `# ${'x'.repeat(2_000_000)}`],
  ])('survives %s and names the file', (_, text) => {
    const facts = read({ 'docker-compose.yml': text, 'compose.yaml': 'services:\n  web:\n    image: x\n' })
    expect(facts.problems.map(({ path }) => path)).toEqual(['docker-compose.yml'])
    expect(facts.services.map(({ name }) => name)).toContain('web')
  })

  it('does not let a key reach the prototype', () => {
    const { documents } = readYaml('__proto__: { polluted: yes }\n')
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect(documents).toHaveLength(1)
  })

  it('names damaged TOML and files that cannot be read', () => {
    const facts = readConfig({
      paths: ['Procfile', 'pyproject.toml'],
      read: (path) => (path === 'Procfile' ? undefined : '[project\n'),
    })
    expect(facts.problems.map(({ path }) => path)).toEqual(['Procfile', 'pyproject.toml'])
  })
})
