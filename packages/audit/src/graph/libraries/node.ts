// Node's own modules and npm packages: what blocks the event loop, and what the frameworks give back.
import type { Library } from './library.ts'

/** Every name below every module. */
const each = (modules: string, names: string): string =>
  modules
    .split(' ')
    .flatMap((module) => names.split(' ').map((name) => `${module}.${name}`))
    .join(' ')

const FILE_SYSTEMS = 'fs fs-extra graceful-fs'

/** Functions and classes of Node and of npm packages. */
export const node: Library = {
  name: 'node',
  functions: {
    [each(
      FILE_SYSTEMS,
      'readFileSync writeFileSync appendFileSync copyFileSync cpSync rmSync rmdirSync unlinkSync renameSync mkdirSync mkdtempSync readdirSync truncateSync ftruncateSync openSync readSync readvSync writeSync writevSync fsyncSync fdatasyncSync symlinkSync linkSync opendirSync globSync',
    )]: 'file',
    [each(
      FILE_SYSTEMS,
      'existsSync statSync lstatSync fstatSync accessSync realpathSync readlinkSync chmodSync utimesSync closeSync',
    )]: 'stat',
    [each(
      'fs-extra',
      'copySync moveSync removeSync outputFileSync readJsonSync readJSONSync writeJsonSync writeJSONSync outputJsonSync ensureDirSync ensureFileSync emptyDirSync mkdirpSync',
    )]: 'file',
    'glob.sync glob.globSync fast-glob.sync globby.sync globby.globbySync tiny-glob.sync rimraf.sync mkdirp.sync':
      'file',
    'child_process.execSync child_process.execFileSync child_process.spawnSync': 'process',
    'execa.sync execa.execaSync execa.commandSync execa.execaCommandSync cross-spawn.sync shelljs.exec': 'process',
    [each('crypto', 'pbkdf2Sync scryptSync hkdfSync generateKeyPairSync generatePrimeSync checkPrimeSync')]: 'cpu',
    [each(
      'zlib',
      'gzipSync gunzipSync deflateSync inflateSync deflateRawSync inflateRawSync unzipSync brotliCompressSync brotliDecompressSync zstdCompressSync zstdDecompressSync',
    )]: 'cpu',
    'bcrypt.hashSync bcrypt.compareSync bcrypt.genSaltSync bcryptjs.hashSync bcryptjs.compareSync': 'cpu',
    '@node-rs/bcrypt.hashSync @node-rs/bcrypt.verifySync @node-rs/argon2.hashSync @node-rs/argon2.verifySync': 'cpu',
    'xlsx.read xlsx.readFile xlsx.write xlsx.writeFile csv-parse/sync.parse csv-stringify/sync.stringify': 'cpu',
    'Atomics.wait deasync.sleep deasync.loopWhile deasync.runLoopOnce': 'sleep',
    'sync-request sync-fetch then-request.sync sync-rpc': 'network',
    'axios.create': '-> axios.AxiosInstance',
    express: '-> express.Application',
    'express.Router': '-> express.Router',
    'fastify fastify.fastify fastify.default': '-> fastify.FastifyInstance',
    'polka restana': '-> express.Application',
  },
  classes: {
    'better-sqlite3.Database': {
      also: 'better-sqlite3 better-sqlite3.Database.Database sqlite.DatabaseSync bun:sqlite.Database better-sqlite3-multiple-ciphers',
      does: { 'prepare query': '-> better-sqlite3.Statement', 'exec pragma run': 'database' },
    },
    'better-sqlite3.Statement': {
      also: 'sqlite.StatementSync bun:sqlite.Statement',
      does: { 'run get all iterate values': 'database', 'bind pluck expand raw columns': '-> self' },
    },
    'axios.AxiosInstance': {
      also: 'axios.Axios axios.AxiosStatic',
      does: { 'get post put patch delete head options request postForm putForm patchForm __call__': '' },
    },
    'agenda.Agenda': {
      also: 'agenda @hokify/agenda.Agenda @hokify/agenda agenda.default',
      does: { 'start define every schedule now': '' },
    },
    'pg-boss.PgBoss': { also: 'pg-boss', does: { 'work start send schedule': '' } },
    'kafkajs.Kafka': { does: { consumer: '-> kafkajs.Consumer' } },
    'kafkajs.Consumer': { does: { 'run subscribe connect': '' } },
    'amqplib.Channel': { also: 'amqplib.ConfirmChannel', does: { 'consume publish sendToQueue': '' } },
    '@nestjs/axios.HttpService': { does: { 'get post put patch delete head options request': '' } },
    'express.Application': {
      also: 'express.Express express.Application',
      does: {
        'get post put patch delete all use options head param set enable disable engine': '-> self',
        route: '-> express.Route',
      },
    },
    'express.Router': {
      also: 'express.IRouter express-promise-router',
      does: { 'get post put patch delete all use options head param': '-> self', route: '-> express.Route' },
    },
    'express.Route': { does: { 'get post put patch delete all options head': '-> self' } },
    'fastify.FastifyInstance': {
      also: 'fastify.FastifyInstance fastify.FastifyPluginInstance',
      does: {
        'get post put patch delete all options head route register addHook withTypeProvider after setErrorHandler decorate':
          '-> self',
      },
    },
    'hono.Hono': {
      also: 'hono/tiny.Hono hono/quick.Hono @hono/zod-openapi.OpenAPIHono',
      does: { 'get post put patch delete all use on route basePath options openapi notFound onError': '-> self' },
    },
    koa: { also: 'koa.Koa koa.Application', does: { use: '-> self' } },
    '@koa/router': {
      also: 'koa-router @koa/router.Router koa-router.Router',
      does: { 'get post put patch delete all use del options head prefix param': '-> self' },
    },
  },
}
