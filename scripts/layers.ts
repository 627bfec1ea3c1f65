// Which folder may import which, as data with reasons: the arrows of ARCHITECTURE.md.

/** A place in the workspace. The longest matching folder decides; a source file that no layer places is a fault. */
export interface Layer {
  readonly folder: string
  /** Folders that it may import, itself and what lies below it aside. */
  readonly mayImport: readonly string[]
  /** npm packages that it may import. `node:` modules are free unless `pure` is set. */
  readonly vendors: readonly string[]
  readonly pure?: boolean
  readonly because: string
}

const kernel = 'packages/kernel/src'
const core = 'packages/footing/src'
const audit = 'packages/audit/src'
const cli = 'packages/cli/src'

/** The layers, lowest first. */
export const layers: readonly Layer[] = [
  {
    folder: kernel,
    mayImport: [],
    vendors: [],
    pure: true,
    because: 'everything stands on the kernel, so it stands on nothing, not even on Node',
  },
  {
    folder: `${core}/work`,
    mayImport: [kernel],
    vendors: [],
    because: 'a piece of work, its deadline, its ids and its log lines stand below everything that runs',
  },
  {
    folder: `${core}/data`,
    mayImport: [kernel, `${core}/records`],
    vendors: ['pg', 'kysely'],
    because: 'the database is reached in one place; replacing its driver changes this folder only',
  },
  {
    folder: `${core}/migrations`,
    mayImport: [kernel, `${core}/data`],
    vendors: ['pg', 'libpg-query', 'kysely'],
    because: 'the schema of the database is changed and described in one place',
  },
  {
    folder: `${core}/servers`,
    mayImport: [kernel, `${core}/data`],
    vendors: ['pg'],
    because: 'servers for development and tests are started here; production never loads them',
  },
  {
    folder: `${core}/records`,
    mayImport: [kernel, `${core}/data`, `${core}/work`, `${core}/module`],
    vendors: ['pg'],
    because: 'the access log and personal data are one wing on the data capability',
  },
  {
    folder: `${core}/redis`,
    mayImport: [kernel],
    vendors: ['ioredis'],
    because: 'Redis is reached in one place, with bounded waiting; its client is known to the drivers there only',
  },
  {
    folder: `${core}/module`,
    mayImport: [`${core}/work`, `${core}/records`, kernel, `${core}/data`, `${core}/redis`],
    vendors: ['@standard-schema/spec'],
    because: 'a module is declared and called without knowing how it is served or started',
  },
  {
    folder: `${core}/loop/guard`,
    mayImport: [kernel, `${core}/work`],
    vendors: [],
    because: 'the event loop is watched from beside: it reads contexts, and nothing that runs in them knows it',
  },
  {
    folder: `${core}/loop/threads`,
    mayImport: [kernel, `${core}/work`],
    vendors: ['piscina'],
    because: 'worker threads are started in one place; the pool library is known to it only',
  },
  {
    folder: `${core}/loop/fan-out`,
    mayImport: [kernel, `${core}/work`],
    vendors: ['p-map'],
    because: 'many calls under one deadline; the library that bounds them is known to it only',
  },
  {
    folder: `${core}/loop`,
    mayImport: [`${core}/loop/guard`, `${core}/loop/threads`, `${core}/loop/fan-out`],
    vendors: [],
    because: 'the public list of what concerns the event loop',
  },
  {
    folder: `${core}/events`,
    mayImport: [`${core}/work`, kernel, `${core}/data`, `${core}/module`, `${core}/events/drivers`],
    vendors: [],
    because: 'events between modules are checked, carried and delivered by one contract',
  },
  {
    folder: `${core}/events/drivers`,
    mayImport: [kernel, `${core}/data`, `${core}/events`],
    vendors: [],
    because: 'a driver carries events; what they are and who hears them is said above it',
  },
  {
    folder: `${core}/http`,
    mayImport: [`${core}/work`, kernel, `${core}/module`],
    vendors: ['fastify', '@fastify/cors'],
    because: 'the HTTP framework is known to one folder',
  },
  {
    folder: `${core}/placement`,
    mayImport: [`${core}/work`, kernel, `${core}/data`, `${core}/module`, `${core}/http`],
    vendors: ['undici', 'fastify'],
    because: 'calls between processes are sent and taken in one place; of the HTTP framework it knows one type',
  },
  {
    folder: `${core}/app`,
    mayImport: [
      `${core}/work`,
      `${core}/records`,
      kernel,
      `${core}/placement`,
      `${core}/module`,
      `${core}/http`,
      `${core}/data`,
      `${core}/redis`,
      `${core}/loop/guard`,
      `${core}/loop/threads`,
      `${core}/events`,
      `${core}/events/drivers`,
    ],
    vendors: ['fastify'],
    because: 'an application joins the capabilities; of the HTTP framework its door knows one type',
  },
  {
    folder: `${core}/telemetry`,
    mayImport: [
      `${core}/work`,
      kernel,
      `${core}/app`,
      `${core}/module`,
      `${core}/http`,
      `${core}/loop/guard`,
      `${core}/events`,
    ],
    vendors: ['pino'],
    because: 'telemetry listens to diagnostics channels; nothing imports it, so it can be left out',
  },
  {
    folder: `${core}/storage`,
    mayImport: [kernel, `${core}/storage/drivers`],
    vendors: [],
    because: 'objects are kept by one port; an application changes the store by a URL and no line of code',
  },
  {
    folder: `${core}/storage/drivers`,
    mayImport: [kernel, `${core}/storage`],
    vendors: ['@aws-sdk/client-s3'],
    because: 'a driver translates one store; its client is loaded here, with the first call, and nowhere else',
  },
  {
    folder: `${core}/search`,
    mayImport: [kernel, `${core}/data`, `${core}/search/drivers`],
    vendors: [],
    because: 'texts are found by one port; an application changes the driver by a URL and no line of code',
  },
  {
    folder: `${core}/search/drivers`,
    mayImport: [kernel, `${core}/search`],
    vendors: [],
    because: 'a driver translates one search engine: SQL for the module of the caller, or plain HTTP',
  },
  {
    folder: `${core}/archive`,
    mayImport: [kernel, `${core}/data`, `${core}/storage`, `${core}/archive/drivers`],
    vendors: [],
    because: 'old rows go from the database to the storage port; nothing else knows that there is an archive',
  },
  {
    folder: `${core}/archive/drivers`,
    mayImport: [`${core}/archive`],
    vendors: ['hyparquet', 'hyparquet-writer'],
    because: 'the file format is known in one place and loaded with the first file',
  },
  {
    folder: `${core}/analytics`,
    mayImport: [kernel, `${core}/data`, `${core}/analytics/drivers`],
    vendors: [],
    because: 'events are counted behind one port; an application changes the store by a URL and no line of code',
  },
  {
    folder: `${core}/analytics/drivers`,
    mayImport: [`${core}/analytics`, `${core}/data`],
    vendors: [],
    because: 'a driver translates one store, PostgreSQL by way of the data capability',
  },
  {
    folder: `${core}/testing`,
    mayImport: [
      `${core}/records`,
      `${core}/migrations`,
      `${core}/servers`,
      kernel,
      `${core}/data`,
      `${core}/module`,
      `${core}/app`,
      `${core}/placement`,
      `${core}/http`,
    ],
    vendors: ['pg', 'fauxqs'],
    because: 'test servers are an entry of their own and never part of what runs in production',
  },
  {
    folder: `${core}/tooling`,
    mayImport: [
      `${core}/app`,
      `${core}/data`,
      `${core}/migrations`,
      `${core}/records`,
      `${core}/servers`,
      `${core}/analytics`,
      `${core}/archive`,
      `${core}/events`,
      `${core}/http`,
      `${core}/loop/fan-out`,
      `${core}/loop/guard`,
      `${core}/loop/threads`,
      `${core}/module`,
      `${core}/placement`,
      `${core}/redis`,
      `${core}/search`,
      `${core}/storage`,
      `${core}/work`,
    ],
    vendors: [],
    because: 'what the command line needs of the library and an application does not',
  },
  {
    folder: core,
    mayImport: [kernel, `${core}/app`, `${core}/data`, `${core}/http`, `${core}/module`, `${core}/work`],
    vendors: [],
    because: 'the public list of the library',
  },
  {
    folder: `${audit}/repository`,
    mayImport: [],
    vendors: [],
    because: 'a repository that nobody vouches for is read in one way, by the auditor and by every command',
  },
  {
    folder: audit,
    mayImport: [kernel, `${audit}/repository`],
    vendors: ['yaml', 'smol-toml', 'sarif', 'oxc-parser'],
    because: 'the auditor works on repositories that never heard of Footing, so it does not know the library',
  },
  {
    folder: 'packages/console/src/page',
    mayImport: ['packages/console/src'],
    vendors: [],
    pure: true,
    because: 'the page runs in a browser and takes nothing from Node; it shares the types of the state',
  },
  {
    folder: 'packages/console/src',
    mayImport: [],
    vendors: [],
    because: 'the console shows a state that it is given; it starts and calls nothing',
  },
  {
    folder: `${cli}/rehearse`,
    mayImport: [core, `${core}/testing`, cli],
    vendors: [],
    because: 'a rehearsal runs tests and reads what the test kit noted',
  },
  {
    folder: `${cli}/commands`,
    mayImport: [
      `${core}/tooling`,
      `${cli}/map`,
      `${cli}/rehearse`,
      `${cli}/archive`,
      core,
      `${core}/telemetry`,
      audit,
      cli,
      `${cli}/audit`,
      `${cli}/check`,
      `${cli}/dev`,
      `${cli}/migrate`,
      `${cli}/records`,
    ],
    vendors: [],
    because: 'a command is a small object; the work is in the packages',
  },
  {
    folder: `${cli}/dev`,
    mayImport: [`${core}/tooling`, kernel, core, `${core}/telemetry`, 'packages/console/src', cli],
    vendors: [],
    because: 'the development session joins database, application and console',
  },
  {
    folder: `${cli}/records`,
    mayImport: [`${core}/tooling`, core, cli],
    vendors: [],
    because: 'commands about records share how they find the application and its database',
  },
  {
    folder: `${cli}/migrate`,
    mayImport: [`${core}/tooling`, core, cli],
    vendors: [],
    because: 'the actions of the migrate command; what they do is in the library',
  },
  {
    folder: `${cli}/map`,
    mayImport: [core, `${core}/module`, audit, `${audit}/repository`, cli],
    vendors: ['@dagrejs/dagre'],
    because: 'the map is drawn from what the library and the auditor say; laying it out is known here only',
  },
  {
    folder: `${cli}/check`,
    mayImport: [kernel, audit, `${cli}/audit`, cli],
    vendors: [],
    because: 'the words of the check command, which are those of the audit with other rules',
  },
  {
    folder: `${cli}/audit`,
    mayImport: [kernel, audit, `${audit}/repository`, cli],
    vendors: [],
    because: 'the words of the audit command',
  },
  {
    folder: `${cli}/archive`,
    mayImport: [`${core}/tooling`, kernel, `${core}/archive`, `${core}/storage`, cli],
    vendors: [],
    because: 'the actions of the archive command on the database and storage of an application',
  },
  {
    folder: cli,
    mayImport: [`${core}/tooling`, kernel, core, audit, `${audit}/repository`, `${cli}/commands`],
    vendors: ['commander'],
    because: 'the command line owns the terminal and the exit code',
  },
  {
    folder: 'examples/conduit/src',
    mayImport: [`${core}/records`, `${core}/data`, core, `${core}/testing`],
    vendors: ['zod', 'jose', 'kysely', 'ajv', 'ajv-formats', 'yaml'],
    because: 'an application knows the library and its own schemas, never the inside of a package',
  },
]
