// Calls of TypeScript: through imports and re-exports, instances, injected services, and what a framework enters by.
import { describe, expect, test } from 'vitest'
import type { AnalysedProgram } from './build-program.ts'
import { typescriptProgramOf } from './project-from-text.ts'

type Files = Readonly<Record<string, string>>

/** What each call of a file reaches, in source order; '' for nothing known. */
const reached = (files: Files, path = 'a.ts'): string[] => {
  const program = typescriptProgramOf(files)
  const module = program.modules.find((one) => one.path === path)!.id
  const [from, to] = program.callRange(module)
  return Array.from({ length: to - from }, (_, i) =>
    program
      .targetsOf(from + i)
      .map((target) => (target.function >= 0 ? program.fullName(target.function) : target.external))
      .join(' | '),
  )
}

const entries = (files: Files): string[] => {
  const program: AnalysedProgram = typescriptProgramOf(files)
  return program.entries.map((entry) => `${entry.kind} ${entry.label} -> ${program.fullName(entry.function)}`)
}

describe('calls', () => {
  const b = {
    'b.ts': 'export function f() {}\nexport const g = async () => {}\nexport class K { m() {} static s() {} }\n',
  }

  test.each([
    ['a named import', "import { f } from './b'\nf()", ['b:f']],
    ['a renamed import', "import { g as h } from './b'\nh()", ['b:g']],
    ['a namespace', "import * as b from './b'\nb.f()", ['b:f']],
    ['a method of an instance', "import { K } from './b'\nnew K().m()", ['b:K.m', 'b:K']],
    ['a static method', "import { K } from './b'\nK.s()", ['b:K.s']],
    ['a destructured require', "const { f } = require('./b')\nf()", ['', 'b:f']],
    ['an awaited import', "async function x() { const { f } = await import('./b'); f() }", ['', 'b:f']],
    [
      'an object literal',
      'const o = { run: () => {}, inner: { deep() {} } }\no.run()\no.inner.deep()',
      ['a:run', 'a:deep'],
    ],
    ['a local function', 'const f = () => {}\nf()', ['a:f']],
    [
      'Node itself',
      "import fs from 'node:fs'\nimport { execSync as run } from 'child_process'\nfs.readFileSync('x')\nrun('ls')",
      ['fs.readFileSync', 'child_process.execSync'],
    ],
    ['nothing known', 'unknown.thing()', ['']],
  ])('%s', (_, source, expected) => {
    expect(reached({ 'a.ts': source, ...b })).toEqual(expected)
  })

  test('re-exports: named, all, default, namespaces, through an index', () => {
    const files = {
      ...b,
      'd.ts': 'export default function made() {}\n',
      'index.ts':
        "export { f as e } from './b'\nexport * from './c'\nexport { default as d } from './d'\nexport * as ns from './b'\n",
      'c.ts': "export { K } from './b'\n",
      'a.ts': "import { e, K, d, ns } from './index'\ne()\nnew K()\nd()\nns.g()\n",
    }
    expect(reached(files)).toEqual(['b:f', 'b:K', 'd:made', 'b:g'])
  })

  test('CommonJS: one export, many, and the default of both', () => {
    const files = {
      'one.js': 'module.exports = function one() {}\n',
      'many.js': 'exports.first = () => {}\nmodule.exports.second = function () {}\n',
      'whole.js': 'function third() {}\nmodule.exports = { third }\n',
      'a.js':
        "const one = require('./one')\nconst { first, second } = require('./many')\nconst w = require('./whole')\nfirst()\nsecond()\nw.third()\n",
    }
    expect(reached(files, 'a.js').slice(3)).toEqual(['many:first', 'many:second', 'whole:third'])
  })

  test('what the constructor is given, by its types', () => {
    const files = {
      'service.ts': 'export class Service { async load() { return this.read() }\n read() {} }\n',
      'a.ts':
        "import { Service } from './service'\nclass C {\n  @Inject() private other: Service\n  constructor(private readonly service: Service) {}\n  one() { this.service.load() }\n  two() { this.other.read() }\n  three = () => { [1].map(() => this.service.read()) }\n}\n",
    }
    expect(reached(files).filter((name) => name.startsWith('service'))).toEqual([
      'service:Service.load',
      'service:Service.read',
      'service:Service.read',
    ])
    expect(reached(files, 'service.ts')).toEqual(['service:Service.read'])
  })

  test('an interface leads to what implements it, a base class to super', () => {
    const files = {
      'a.ts':
        'interface Store { put(): void }\nclass Disk implements Store { put() {} }\nfunction f(store: Store) { store.put() }\nclass Base { save() {} }\nclass Sub extends Base { save() { super.save() } }\n',
    }
    expect(reached(files)).toEqual(['a:Store.put | a:Disk.put', 'a:Base.save', 'builtins.super'])
  })

  test('a singleton that is made elsewhere and a variable that is filled later', () => {
    const files = {
      ...b,
      'made.ts':
        "import { K } from './b'\nexport const k = new K()\nlet late: K | undefined\nexport function get() { late ??= new K(); return late }\n",
      'a.ts': "import { k, get } from './made'\nk.m()\nget().m()\n",
    }
    expect(reached(files)).toEqual(['b:K.m', 'b:K.m', 'made:get'])
  })

  test('a getter, a promise and a generic result', () => {
    const files = {
      ...b,
      'a.ts':
        "import { K } from './b'\nclass C { get k(): K { return new K() } }\nasync function load(): Promise<K> { return new K() }\nasync function all(): Promise<K[]> { return [] }\nasync function x(c: C) { c.k.m(); (await load()).m(); for (const k of await all()) k.m() }\n",
    }
    const found = reached(files)
    expect(found.filter((name) => name === 'b:K.m')).toHaveLength(3)
  })
})

describe('entries', () => {
  test('Express: verbs, middleware, wrappers, bound methods, routes of a router', () => {
    const files = {
      'a.ts': `
import express from 'express'
const app = express()
app.use(log)
app.get('/one', one)
app.post('/two', check, wrap(async (req, res) => {}))
const c = new C()
app.put('/three', c.put.bind(c))
const router = express.Router()
router.route('/four').delete(one)
app.set('view engine', 'pug')
function log() {}
function one() {}
function check() {}
class C { put() {} }
`,
    }
    expect(entries(files)).toEqual([
      'route POST /two -> a:<function>',
      'middleware middleware log -> a:log',
      'route DELETE /four -> a:one',
      'route GET /one -> a:one',
      'route POST /two -> a:check',
      'route PUT /three -> a:C.put',
    ])
  })

  test('Express: a handler without next answers what reaches it and is no middleware', () => {
    const files = {
      'a.ts':
        "import express from 'express'\nconst app = express()\napp.use(pass)\napp.use(fallback)\nfunction pass(req: any, res: any, next: any) { next() }\nfunction fallback(req: any, res: any) { res.end() }\n",
    }
    expect(entries(files).toSorted()).toEqual(['middleware middleware pass -> a:pass', 'route fallback -> a:fallback'])
  })

  test('Fastify, Hono and Koa', () => {
    const files = {
      'fastify.ts':
        "import { fastify } from 'fastify'\nconst app = fastify()\napp.addHook('onRequest', hook)\napp.route({ method: 'GET', url: '/r', handler: r })\napp.get('/o', { handler: o })\nfunction hook() {}\nfunction r() {}\nfunction o() {}\n",
      'plugin.ts':
        "import type { FastifyInstance } from 'fastify'\nexport default async function p(app: FastifyInstance) { app.get('/p', async () => {}) }\n",
      'hono.ts': "import { Hono } from 'hono'\nexport const app = new Hono().get('/h', (c) => c.text('x'))\n",
      'koa.js':
        "const Router = require('@koa/router')\nconst router = new Router()\nrouter.get('/k', async (ctx) => {})\n",
      'package.json': '{}',
    }
    expect(entries(files).map((entry) => entry.replace(/ -> .*$/, ''))).toEqual([
      'middleware middleware hook',
      'route GET /r',
      'route GET /o',
      'route GET /h',
      'route GET /k',
      'route GET /p',
    ])
  })

  test('NestJS: controllers, resolvers, guards, processors, schedules', () => {
    const files = {
      'a.ts': `
@Controller('orders')
export class Orders { @Get(':id') one() {} @Post() make() {} helper() {} @Cron('* * * * *') tick() {} }
@Injectable()
export class Guard implements CanActivate { canActivate() {} }
@Processor('mail')
export class Mail extends WorkerHost { async process() {} }
export class Plain { @Get() notARoute() {} }
`,
    }
    expect(entries(files)).toEqual([
      'route GET /orders/:id -> a:Orders.one',
      'route POST /orders -> a:Orders.make',
      'scheduled Cron * * * * * -> a:Orders.tick',
      'middleware Guard.canActivate -> a:Guard.canActivate',
      'task Mail.process -> a:Mail.process',
    ])
  })

  test('files: Next.js, functions of a cloud', () => {
    const files = {
      'app/api/orders/route.ts':
        'export async function GET() {}\nexport const POST = async () => {}\nconst helper = () => {}\n',
      'pages/api/hello.ts': 'export default function handler() {}\n',
      'lambda.ts': "import type { Handler } from 'aws-lambda'\nexport const handler: Handler = async () => {}\n",
    }
    expect(entries(files)).toEqual([
      'route GET /api/orders -> app/api/orders/route:GET',
      'route POST /api/orders -> app/api/orders/route:POST',
      'route lambda -> lambda:handler',
      'route /api/hello -> pages/api/hello:handler',
    ])
  })

  test('Express: a controller behind a wrapper has the members of what was wrapped, in this file or another', () => {
    const files = {
      'package.json': '{"dependencies":{"express":"5"}}',
      'a.ts': [
        "import express from 'express'",
        "import { wrapController } from './wrap'",
        "import * as raw from './orders'",
        "import { users } from './users'",
        'const orders = wrapController(raw)',
        'const app = express()',
        "app.get('/orders', orders.list)",
        "app.post('/orders', (orders as any).create)",
        "app.get('/users', users.list)",
        "app.get('/lost', container.get('x').list)",
        "app.options('/free', cors())",
        "app.get('setting')",
      ].join('\n'),
      'b.ts': "import cors from 'cors'\nimport express from 'express'\nexpress().options('/free', cors())\n",
      'wrap.ts': 'export function wrapController(c: any): any { return c }\n',
      'orders.ts': 'export async function list() {}\nexport const create = wrap(async () => {})\n',
      'users.ts':
        "import { wrapController } from './wrap'\nconst raw = { list() {} }\nexport const users = wrapController(raw)\n",
    }
    expect(entries(files)).toEqual([
      'route GET /orders -> orders:list',
      'route POST /orders -> orders:<function>',
      'route GET /users -> users:list',
    ])
    const program = typescriptProgramOf(files)
    expect(program.lostRoutes.map(({ label }) => label)).toEqual(['GET /lost', 'OPTIONS /free'])
  })

  test('routes in a table, resolvers in an object, handlers that a file exports behind wrappers', () => {
    const files = {
      'package.json': '{"dependencies":{"express":"5","next":"16"}}',
      'table.ts': [
        'function list() {}',
        "export const routes = [{ method: 'get', path: '/orders', handler: list }, { method: 'post', path: '/orders', handler: made.x }]",
        "export const menu = [{ method: 'none', path: '/x', handler: list }]",
      ].join('\n'),
      'resolvers.ts':
        'export const resolvers = { Query: { orders: () => [] }, Mutation: { pay() {} }, Order: { total: () => 1 } }\n',
      'pages/api/pay.ts':
        "import { guard, route } from '../../wrap'\nexport default guard({ POST: route({ name: 'pay', fn: async () => {} }) })\n",
      'app/api/users/route.ts':
        "import { guard } from '../../../wrap'\nexport const GET = guard(async () => {})\nexport const POST = made.x\n",
      'wrap.ts': 'export const guard = (x: any) => x\nexport const route = (x: any) => x\n',
    }
    expect(entries(files)).toEqual([
      'route GET /api/users -> app/api/users/route:<function>',
      'route /api/pay -> pages/api/pay:fn',
      'route query orders -> resolvers:orders',
      'route mutation pay -> resolvers:pay',
      'route GET /orders -> table:list',
    ])
    expect(
      typescriptProgramOf(files)
        .lostRoutes.map(({ label }) => label)
        .sort(),
    ).toEqual(['POST /api/users', 'POST /orders'])
  })

  test('queues, schedules and procedures', () => {
    const files = {
      'a.ts': `
import { Worker } from 'bullmq'
import cron from 'node-cron'
new Worker('mail', async (job) => {})
cron.schedule('* * * * *', nightly)
export const list = publicProcedure.input(x).query(async () => {})
export const other = db.query(async () => {})
function nightly() {}
`,
    }
    expect(entries(files)).toEqual([
      'task worker mail -> a:<function>',
      'route query procedure -> a:<function>',
      'scheduled schedule * * * * * -> a:nightly',
    ])
  })

  test('Footing: routes and ports', () => {
    const files = {
      'a.ts': `
import { implement, route } from '@footing/core'
export const routes = [route({ method: 'GET', path: '/x', async handle() {} })]
export const m = implement(manifest, ({ database }) => ({ port: { async quote() {}, charge }, routes }))
async function charge() {}
`,
    }
    expect(entries(files)).toEqual([
      'route GET /x -> a:handle',
      'route port operation -> a:<function>.quote',
      'route port operation -> a:charge',
    ])
  })
})
