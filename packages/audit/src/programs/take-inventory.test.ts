// What a repository builds and runs, found in small projects: by deployment files, entry points, manifests and reach.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { audit } from '../audit.ts'
import type { AuditResult } from '../result/audit-result.ts'

const roots: string[] = []
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true })
})

function judged(files: Readonly<Record<string, string>>): Promise<AuditResult> {
  const root = mkdtempSync(join(tmpdir(), 'programs-'))
  roots.push(root)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return audit({ root, cache: false, history: false, threads: 1 })
}

const programs = (result: AuditResult) =>
  result.programs.programs.map(({ kind, name, files, routes, tasks }) => ({ kind, name, files, routes, tasks }))
const rules = (result: AuditResult) => result.findings.map(({ rule, place: { path } }) => `${rule} ${path}`)

const SHOP = {
  'shop/__init__.py': '',
  'shop/main.py':
    'from fastapi import FastAPI\nfrom shop import prices\n\napp = FastAPI()\n\n@app.get("/price")\nasync def price():\n    return prices.load()\n',
  'shop/prices.py':
    'import requests\n\ndef load():\n    return requests.get("https://rates.example", timeout=3).json()\n',
  Dockerfile: 'FROM python:3.13\nCMD ["gunicorn", "-w", "4", "shop.main:app"]\n',
}

describe('a Python repository', () => {
  test('has a server, with the file that starts it as evidence, and everything that it imports', async () => {
    const result = await judged(SHOP)
    expect(programs(result)).toEqual([{ kind: 'server', name: 'shop', files: 2, routes: 1, tasks: 0 }])
    expect(result.programs.programs[0]?.evidence).toEqual([
      { what: '`gunicorn` serves `shop.main:app`', place: { path: 'Dockerfile', line: 2 } },
    ])
    expect(rules(result)).toContain('async/blocking-chain-in-async shop/main.py')
  })

  test('a worker that a deployment starts serves, whatever it parses; one that nothing starts is a script', async () => {
    const result = await judged({
      ...SHOP,
      'shop/mailer.py':
        'import argparse\nimport time\n\nif __name__ == "__main__":\n    argparse.ArgumentParser().parse_args()\n    time.sleep(1)\n',
      'shop/seed.py': 'if __name__ == "__main__":\n    print("seeded")\n',
      'compose.yaml': 'services:\n  mailer:\n    build: .\n    command: python -m shop.mailer --queue mail\n',
    })
    expect(programs(result)).toEqual([
      { kind: 'server', name: 'shop', files: 2, routes: 1, tasks: 0 },
      { kind: 'worker', name: 'shop', files: 1, routes: 0, tasks: 0 },
      { kind: 'script', name: '', files: 1, routes: 0, tasks: 0 },
    ])
  })

  test('a command line, an evaluation and a package of its own are judged apart, and fail nothing', async () => {
    const blocking = 'import requests\n\nasync def run():\n    return requests.get("https://x", timeout=3)\n'
    const result = await judged({
      ...SHOP,
      'pyproject.toml': '[project]\nname = "shop"\n[project.scripts]\nshop = "shop.cli:main"\n',
      'shop/cli.py': `import click\nfrom shop import client\n\n@click.group()\ndef main():\n    print(client.run())\n`,
      'shop/client.py': blocking,
      'evaluation/measure.py': `${blocking}\nprint("measured")\n`,
      'sdk/pyproject.toml': '[project]\nname = "shop-sdk"\n',
      'sdk/shop_sdk/__init__.py': blocking,
    })
    expect(programs(result).map(({ kind, files }) => [kind, files])).toEqual([
      ['server', 2],
      ['command line', 2],
      ['library', 1],
      ['evaluation', 1],
    ])
    expect(new Set(result.findings.map(({ place }) => place.path))).toEqual(new Set(['shop/main.py']))
  })

  test('a command line that waits for one answer is no server, and what never returns when loaded is a script', async () => {
    const result = await judged({
      ...SHOP,
      'pyproject.toml': '[project]\nname = "shop"\n[project.scripts]\nshop = "shop.cli:main"\n',
      'shop/cli.py':
        'import click\nfrom fastapi import FastAPI\n\ntoken = None\napp = FastAPI()\n\n@click.group()\ndef main(): ...\n\n@main.command()\ndef login(): ...\n\n@main.command()\ndef logout(): ...\n\n@app.get("/callback")\ndef callback(code: str):\n    global token\n    token = code\n',
      'shop/bot.py':
        'import asyncio\nimport discord\n\nclient = discord.Client()\nasyncio.get_event_loop().run_until_complete(client.start("x"))\n',
    })
    expect(programs(result).map(({ kind, files, routes }) => [kind, files, routes])).toEqual([
      ['server', 2, 1],
      ['command line', 1, 0],
      ['script', 1, 0],
    ])
    expect(rules(result).filter((rule) => rule.startsWith('state/'))).toEqual([])
  })

  test('what is loaded by name stays with the servers: nothing tells that it serves nobody', async () => {
    const result = await judged({
      ...SHOP,
      'shop/base.py': 'class Provider:\n    pass\n',
      'shop/providers/__init__.py': '',
      'shop/providers/mail.py':
        'from shop.base import Provider\n\nclass Mail(Provider):\n    pass\n\nif __name__ == "__main__":\n    Mail()\n',
    })
    expect(result.programs.unplaced).toBe(4)
    expect(programs(result)).toHaveLength(1)
  })

  test('a file called test_*.py that product code imports is product code', async () => {
    const handler = 'import requests\n\ndef run():\n    return requests.get("https://x", timeout=3)\n'
    const main = SHOP['shop/main.py'].replace('import prices', 'import test_run as prices').replace('load()', 'run()')
    const result = await judged({
      ...SHOP,
      'shop/main.py': main,
      'shop/test_run.py': handler,
      'shop/test_main.py': handler,
    })
    expect(rules(result)).toContain('async/blocking-chain-in-async shop/main.py')
    expect(programs(result)[0]).toMatchObject({ kind: 'server', files: 2 })
  })
})

describe('a TypeScript repository', () => {
  const API = {
    'package.json': '{"workspaces":["packages/*"],"private":true}',
    'packages/api/package.json':
      '{"name":"api","private":true,"dependencies":{"express":"5"},"scripts":{"start":"node dist/main.js"}}',
    'packages/api/src/main.ts':
      "import express from 'express'\nimport { load } from './load'\n\nexpress().get('/x', (_, response) => response.send(load()))\n",
    'packages/api/src/load.ts':
      "import { readFileSync } from 'node:fs'\n\nexport const load = () => readFileSync('x', 'utf8')\n",
  }
  const circle = (folder: string, ending: string) => ({
    [`${folder}/one.${ending}`]:
      "import { two } from './two'\nimport { useState } from 'react'\n\nexport const one = () => [two, useState]\n",
    [`${folder}/two.${ending}`]: "import { one } from './one'\n\nexport const two = () => one\n",
  })

  test('templates of a generator are no server, and a template of a letter that code imports is code', async () => {
    const controller =
      "import { Controller, Get } from '@nestjs/common'\n\n@Controller('x')\nexport class Shop {\n  @Get()\n  all() { console.log(1) }\n}\n"
    const result = await judged({
      ...API,
      'packages/api/src/load.ts': "import { letter } from './letter.template'\n\nexport const load = () => letter\n",
      'packages/api/src/letter.template.ts': 'export const letter = 1\n',
      'packages/generator/package.json': '{"name":"generator","private":true,"dependencies":{"@nestjs/common":"11"}}',
      'packages/generator/src/one.template.ts': controller,
      'packages/generator/src/two.template.ts': controller,
      'packages/generator/src/three.template.ts': controller,
      'packages/generator/src/static/src/health.controller.ts': controller,
    })
    expect(programs(result)).toEqual([
      { kind: 'server', name: 'api', files: 3, routes: 1, tasks: 0 },
      { kind: 'script', name: 'templates of generator', files: 4, routes: 0, tasks: 0 },
    ])
    expect(rules(result).filter((one) => one.includes('generator'))).toEqual([])
  })

  test('a front end is judged apart: its circles are counted there and are no finding', async () => {
    const result = await judged({
      ...API,
      'packages/web/package.json': '{"name":"web","private":true,"dependencies":{"react":"19","vite":"7"}}',
      ...circle('packages/web/src', 'tsx'),
    })
    expect(programs(result)).toEqual([
      { kind: 'server', name: 'api', files: 2, routes: 1, tasks: 0 },
      { kind: 'front end', name: 'web', files: 2, routes: 0, tasks: 0 },
    ])
    expect(result.apart.map(({ rule, program, place }) => [rule, program, place.path.slice(0, 12)])).toEqual([
      ['boundaries/import-cycle', 1, 'packages/web'],
    ])
    expect(rules(result).filter((rule) => rule.includes('packages/web'))).toEqual([])
  })

  test('in one package of both, what routes load serves and pages do not', async () => {
    const result = await judged({
      'package.json': '{"name":"site","private":true,"dependencies":{"next":"16","react":"19"}}',
      'src/pages/api/orders.ts':
        "import { load } from '../../server/load'\n\nexport default function orders() {\n  return load()\n}\n",
      'src/server/load.ts': 'export const load = () => 1\n',
      'src/pages/index.tsx': "import { useOrders } from '../hooks/use-orders'\n\nexport default () => useOrders()\n",
      'src/hooks/use-orders.ts': 'export const useOrders = () => 1\n',
    })
    expect(programs(result)).toEqual([
      { kind: 'server', name: 'site', files: 2, routes: 1, tasks: 0 },
      { kind: 'front end', name: 'site', files: 2, routes: 0, tasks: 0 },
    ])
  })

  test('a worker is what its image starts; a package with `bin` is a command line; a published one a library', async () => {
    const result = await judged({
      ...API,
      'packages/worker/package.json': '{"name":"worker","private":true}',
      'packages/worker/Dockerfile': 'FROM node:24\nCMD ["node", "packages/worker/dist/main.js"]\n',
      'packages/worker/src/main.ts': 'setInterval(() => undefined, 1000)\n',
      'packages/hop/package.json': '{"name":"hop","version":"1.0.0","bin":{"hop":"dist/main.js"}}',
      'packages/hop/src/main.ts': "console.log('x')\n",
      'packages/sdk/package.json': '{"name":"sdk","version":"1.0.0","main":"dist/index.js"}',
      'packages/sdk/src/index.ts': "console.log('x')\n",
    })
    expect(programs(result).map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'server api',
      'worker worker',
      'command line hop',
      'library sdk',
    ])
    expect(result.programs.programs[1]?.evidence[0]?.place).toEqual({ path: 'packages/worker/Dockerfile', line: 2 })
  })
})

test('deployment files of a stranger start nothing outside of the tree and cost no time', async () => {
  const result = await judged({
    ...SHOP,
    'compose.yaml': `services:\n  a: { build: ., command: "python ../../../etc/passwd.py && ${'python x '.repeat(5000)}" }\n`,
    'package.json': '{"bin": 3, "scripts": {"__proto__": "node x"}, "version": {}, "name": []}',
    'x.ts': 'export {}\n',
  })
  expect(programs(result)[0]).toMatchObject({ kind: 'server', files: 2 })
})
