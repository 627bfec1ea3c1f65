// A person is exported whole and erased whole: on real modules with roles, with writers in between, killed at any point.
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { systemClock } from '@footing/kernel'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createApp } from '../../app/create-app.ts'
import type { PersonalStore } from '../../capability/personal-store.ts'
import { openDataSource } from '../../data/data-source.ts'
import { defineModule } from '../../module/define-module.ts'
import { implement } from '../../module/implement.ts'
import type { BoundPorts } from '../../module/module-network.ts'
import { startTestApp, type TestApp } from '../../testing/start-test-app.ts'
import { createTestDatabase } from '../../testing/test-database.ts'
import type { Context } from '../../work/context.ts'
import { readAccessLog } from '../access-log/read-access-log.ts'
import { recordHooks } from '../record-hooks.ts'
import { checkPersonalData } from './check-personal-data.ts'
import { installPersonalData } from './install-personal-data.ts'
import { openPersonalData } from './open-personal-data.ts'
import { makeDiary } from './personal-data.fixture.ts'

let folder: string
let app: ReturnType<typeof makeDiary>
let running: TestApp<typeof app.options.modules>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'personal-'))
  await mkdir(join(folder, 'people'))
  await mkdir(join(folder, 'notes'))
  await writeFile(
    join(folder, 'people/0001-create.sql'),
    `create table person (id bigint primary key, name text not null unique, email text not null, secret text not null, height numeric, born date not null,
       tags text[] not null, extra jsonb not null, joined timestamptz not null default now());
     create table friend (a bigint not null, b bigint not null, primary key (a, b))`,
  )
  await writeFile(
    join(folder, 'notes/0001-create.sql'),
    `create table note (id bigint generated always as identity primary key, owner text not null, body text not null);
     create index note_by_owner on note (owner);
     create table bill (id int primary key, owner text not null, cents bigint not null);
     create table total (owner text primary key, notes int not null);
     create table topic (id int primary key)`,
  )
  app = makeDiary(pathToFileURL(`${folder}/`))
  running = await startTestApp(app)
})
afterAll(async () => {
  await running?.stop()
  await rm(folder, { recursive: true, force: true })
})

let next = 100
let user = ''
beforeEach(async () => {
  next += 1
  user = String(next)
  const { database } = running
  await database.query(
    `insert into people.person values ($1, $2, 'ada@example.com', 'hash', 1.5, '2000-01-01', '{a}', '{"a": 1}'), ($1::bigint + 100000, $2 || 'x', 'bob@example.com', 'h', null, '2000-01-01', '{}', '{}')`,
    [user, `Ada ${user}`],
  )
  await database.query('insert into people.friend values ($1, 1), (2, $1), (3, 4) on conflict do nothing', [user])
  await database.query(
    "insert into notes.note (owner, body) select case when n % 10 = 0 then 'other' else $1 end, 'note ' || n from generate_series(1, 1200) n",
    [user],
  )
  await database.query('insert into notes.bill values ($1, $2, 9007199254740993)', [next, user])
  await database.query('insert into notes.total values ($1, 1080)', [user])
})

// Ports of any shape, as the application has them inside.
const outsidePorts = () => running.app.ports as unknown as BoundPorts

const exported = async (who: string) => {
  let text = ''
  for await (const part of running.app.personalData.export(who)) text += part
  return { text, document: JSON.parse(text) as Record<string, unknown> }
}

describe('export', () => {
  test('everything of the person and nothing of others, page by page, without secrets', async () => {
    const { text, document } = await exported(user)
    expect(document).toMatchObject({
      format: 'footing-personal-data',
      version: 1,
      subject: user,
      complete: true,
      modules: {
        people: { person: [{ id: next, name: `Ada ${user}`, email: 'ada@example.com', tags: ['a'], extra: { a: 1 } }] },
        notes: { bill: [{ id: next, owner: user }] },
      },
    })
    const { people, notes } = document.modules as Record<string, Record<string, readonly unknown[]>>
    expect(notes?.note).toHaveLength(1080)
    expect(people?.friend).toHaveLength(2)
    expect(text).not.toMatch(/hash|bob@|other/)
    // A number beyond what JavaScript can hold is written as it is.
    expect(text).toContain('"cents": 9007199254740993')
  })

  test('nobody, and hostile identifiers', async () => {
    expect((await exported('424242')).document).toMatchObject({ modules: { people: { person: [] } }, complete: true })
    await expect(exported('1 or 1=1; --')).rejects.toMatchObject({ code: 'data-invalid-value' })
    await expect(exported('')).rejects.toThrow(TypeError)
    await expect(exported('a\0b')).rejects.toThrow(TypeError)
  })
})

describe('erasure', () => {
  test('anonymises, deletes, keeps with the reason, by the function of the module; proves it; again is the same', async () => {
    const { personalData } = running.app
    const proof = await personalData.erase(user)
    expect(proof).toMatchObject({
      subject: user,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      tables: [
        { module: 'notes', table: 'note', action: 'delete', rows: 1080, kept: 0 },
        { module: 'notes', table: 'bill', action: 'keep', rows: 0, kept: 1, why: 'tax law', until: '10 years' },
        { module: 'notes', table: 'total', action: 'by-module', rows: 1 },
        { module: 'people', table: 'person', action: 'anonymise', rows: 1, kept: 1 },
        { module: 'people', table: 'friend', action: 'delete', rows: 2 },
      ],
    })
    expect(
      await running.database.query('select * , joined is not null as joined from people.person where id = $1', [user]),
    ).toMatchObject([
      {
        name: expect.stringMatching(/^gone-[0-9a-f]{32}$/),
        email: '',
        secret: '',
        height: null,
        tags: [],
        extra: {},
        joined: true,
      },
    ])
    expect(
      await running.database.query('select count(*)::int as n from notes.note where owner = $1', ['other']),
    ).not.toEqual([{ n: 0 }])
    expect((await exported(user)).text).not.toMatch(/ada@example|Ada /)
    const again = await personalData.erase(user)
    expect(again.tables).toEqual(proof.tables)
    expect((await personalData.erase(user)).digest).toBe(again.digest)
  })

  test('its entries in the access log stay, without the person; values never were there', async () => {
    await running.database.query("update people.person set email = 'new@example.com' where id = $1", [user])
    const write = running.app.ports.notes.write
    await write({ owner: user, body: 'logged' })
    const before = await readAccessLog(running.database.directUrl, { key: { id: user }, table: 'people.person' })
    expect(before.map(({ operation }) => operation)).toEqual(['update', 'insert'])
    expect(JSON.stringify(before)).not.toContain('example.com')
    await running.app.personalData.erase(user)
    const after = await readAccessLog(running.database.directUrl, { key: { id: user }, table: 'people.person' })
    expect(after).toHaveLength(before.length + 1)
    const [known] = await running.database.query(
      'select count(*)::int as n from footing_access.subject where user_id = $1',
      [user],
    )
    expect(known?.n).toBe(0)
  })

  test('whoever writes about the person meanwhile and afterwards is refused; nothing of theirs is left', async () => {
    const write = running.app.ports.notes.write
    let stop = false
    const codes = new Set<string>()
    const writers = Array.from({ length: 4 }, async () => {
      while (!stop) {
        await write({ owner: user, body: 'more' }).then(
          () => codes.add('written'),
          (error: unknown) => codes.add((error as { code: string }).code),
        )
      }
    })
    await running.app.personalData.erase(user)
    stop = true
    await Promise.all(writers)
    expect(codes).toContain('personal-data-erased')
    expect([...codes].every((code) => code === 'written' || code === 'personal-data-erased')).toBe(true)
    expect(await running.database.query('select id from notes.note where owner = $1', [user])).toEqual([])
    await expect(running.app.ports.notes.take({ from: 'other', to: user })).rejects.toMatchObject({
      code: 'personal-data-erased',
    })
    // Rows that stay may still be changed by whoever keeps them.
    await running.database.query('update notes.bill set cents = 1 where owner = $1', [user])
  })

  test('nobody can take a replacement before: the old predictable form stands in the way of nothing', async () => {
    await running.database.query(
      "insert into people.person values ($1::bigint + 200000, 'gone-' || $1, '', '', null, '2000-01-01', '{}', '{}')",
      [user],
    )
    await running.app.personalData.erase(user)
    const names = await running.database.query("select name from people.person where name like 'gone-%'")
    expect(new Set(names.map(({ name }) => name)).size).toBe(names.length)
    // Going on after an interruption gives the same values again, or it would never end.
    const [before] = await running.database.query('select name from people.person where id = $1', [user])
    await running.app.personalData.erase(user)
    expect(await running.database.query('select name from people.person where id = $1', [user])).toEqual([before])
  })

  test('no token lets an erased person in, in this process and in another one that had just believed it', async () => {
    const { modules } = app
    const options = { modules, local: modules, ports: outsidePorts(), clock: systemClock }
    const data = openDataSource({ url: running.database.url })
    const other = openPersonalData({ ...options, data })
    // A process without a database asks a module that has one.
    const edge = openPersonalData({ ...options, local: [], data: undefined })
    const request = [{ scheme: 'token', token: 'valid', headers: {}, method: 'GET' }, {} as Context] as const
    const login = async () => ({ id: user })
    const doors = [running.app.personalData, other, edge].map((one) => one.refuseErased(login))
    for (const door of doors) expect(await door(...request)).toEqual({ id: user })
    let ended = false
    const seen = new Set<string>()
    const knocking = doors.map(async (door) => {
      while (!ended) {
        await door(...request).then(
          () => seen.add('in'),
          (error: unknown) => seen.add(String((error as { code: string }).code)),
        )
      }
    })
    const proof = await running.app.personalData.erase(user)
    const refused = { code: 'personal-data-access-ended' }
    await Promise.all(doors.map((door) => expect(door(...request)).rejects.toMatchObject(refused)))
    ended = true
    await Promise.all(knocking)
    expect([...seen].toSorted()).toEqual(['in', 'personal-data-access-ended'])
    expect(proof.access).toContain('no token')
    // Others are let in as before.
    expect(await running.app.personalData.refuseErased(async () => ({ id: 'x' }))(...request)).toEqual({ id: 'x' })
    await data.close()
  })

  test('what was emptied stays empty: a request that was let in before cannot fill it again', async () => {
    await running.app.personalData.erase(user)
    const source = openDataSource({ url: running.database.url, hooks: recordHooks(app.modules) })
    const people = source.forModule('people')
    for (const change of ["email = 'back@example.com'", "secret = 'new hash'", "name = 'Ada'", 'height = 1.7']) {
      await expect(people.query(`update people.person set ${change} where id = $1`, [user])).rejects.toMatchObject({
        code: 'personal-data-erased',
      })
    }
    // What is kept may be corrected, and so may the same values be written again.
    await people.query("update people.person set joined = now(), email = '' where id = $1", [user])
    await source.close()
    expect((await running.app.personalData.erase(user)).tables).toContainEqual(
      expect.objectContaining({ table: 'person', rows: 1, kept: 1 }),
    )
  })

  test('a fence that is switched off, or fires only sometimes, is told by the check, at the start and by the erasure', async () => {
    const { directUrl, url } = running.database
    const start = async () => {
      const source = openDataSource({ url, hooks: recordHooks(app.modules) })
      await source.ping().finally(() => source.close())
    }
    for (const [table, how] of [
      ['people.person', 'disable trigger footing_personal_update'],
      ['notes.note', 'enable replica trigger footing_personal_insert'],
    ] as const) {
      await running.database.query(`alter table ${table} ${how}`)
      expect((await checkPersonalData(directUrl, app.modules)).faults).toEqual([expect.stringContaining(table)])
      await expect(start()).rejects.toMatchObject({ code: 'personal-data-unfenced' })
      await expect(running.app.personalData.erase(user)).rejects.toMatchObject({ code: 'personal-data-unfenced' })
      await installPersonalData(directUrl, app.modules)
      await start()
    }
    expect((await checkPersonalData(directUrl, app.modules)).faults).toEqual([])
    await running.app.personalData.erase(user)
  })

  test('a database without the account is told at the start', async () => {
    const bare = await createTestDatabase()
    const source = openDataSource({
      url: bare.url,
      hooks: recordHooks(app.modules.map((one) => ({ ...one, access: {} }))),
    })
    await expect(source.ping()).rejects.toMatchObject({ code: 'personal-data-missing' })
    await source.close()
    await bare.drop()
  })

  test('stores of other capabilities are exported and erased as well, over interruptions, each with its line of the proof', async () => {
    const files = new Map([
      ['a.png', user],
      ['b.png', user],
      ['c.png', 'other'],
    ])
    let failing = true
    const kept: PersonalStore = {
      name: 'ledger',
      async *export() {},
      erase: async () => {
        if (failing) throw new Error('the ledger is away')
        return { erased: 0, left: 1, why: 'tax law' }
      },
    }
    const storage: PersonalStore = {
      name: 'storage',
      async *export(subject) {
        for (const [key, owner] of files) if (owner === subject) yield JSON.stringify({ key })
      },
      async erase(subject) {
        const own = [...files].filter(([, owner]) => owner === subject)
        for (const [key] of own) files.delete(key)
        return { erased: own.length, left: 0 }
      },
    }
    const data = openDataSource({ url: running.database.url })
    const { modules } = app
    const whole = openPersonalData({
      modules,
      local: modules,
      ports: outsidePorts(),
      data,
      clock: systemClock,
      stores: () => [storage, kept],
    })
    let text = ''
    for await (const part of whole.export(user)) text += part
    expect(JSON.parse(text).stores).toEqual({ storage: [{ key: 'a.png' }, { key: 'b.png' }], ledger: [] })
    await expect(whole.erase(user)).rejects.toThrow('the ledger is away')
    failing = false
    expect((await whole.erase(user)).stores).toEqual([
      { store: 'storage', erased: 2, left: 0 },
      { store: 'ledger', erased: 0, left: 1, why: 'tax law' },
    ])
    expect([...files.keys()]).toEqual(['c.png'])
    await data.close()
  })

  test('a transaction that began before is waited for, and its rows go as well', async () => {
    const { default: pg } = await import('pg')
    const slow = new pg.Client({ connectionString: running.database.directUrl })
    await slow.connect()
    await slow.query('begin')
    await slow.query("insert into notes.note (owner, body) values ($1, 'late')", [user])
    let erased = false
    const erasure = running.app.personalData.erase(user).then(() => {
      erased = true
    })
    // It has asked at least once and given up once, so that others get through.
    await running.database.query("insert into notes.note (owner, body) values ('other', 'meanwhile')")
    expect(erased).toBe(false)
    await slow.query('commit')
    await slow.end()
    await erasure
    expect(await running.database.query('select id from notes.note where owner = $1', [user])).toEqual([])
  })

  test('ten at once do what one does', async () => {
    const proofs = await Promise.all(Array.from({ length: 10 }, () => running.app.personalData.erase(user)))
    const [last] = await running.database.query('select proof from footing_personal.erasure where subject = $1', [user])
    const { tables } = await running.app.personalData.erase(user)
    expect(tables.find(({ table }) => table === 'note')?.rows).toBe(1080)
    expect(last?.proof).toBeDefined()
    expect(proofs).toHaveLength(10)
  })

  test('killed 15 times at random points: the next run goes on, nothing is counted twice, the proof is whole', async () => {
    const program = fileURLToPath(new URL('./personal-data.fixture.ts', import.meta.url))
    const env = {
      ...process.env,
      DIARY_FOLDER: pathToFileURL(`${folder}/`).href,
      DIARY_URL: running.database.url,
      DIARY_USER: user,
    }
    const run = (killAfterMs: number | undefined) =>
      new Promise<number | null>((resolve) => {
        const child = spawn(process.execPath, ['--conditions=@footing/source', program], {
          env,
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        child.stdout.once('data', () => {
          if (killAfterMs !== undefined) setTimeout(() => child.kill('SIGKILL'), killAfterMs)
        })
        child.once('exit', (code) => resolve(code))
      })
    let killed = 0
    for (let turn = 0; turn < 15; turn += 1) if ((await run(Math.random() * 60)) === null) killed += 1
    expect(killed).toBeGreaterThan(0)
    expect(await run(undefined)).toBe(0)
    const [row] = await running.database.query(
      'select finished_at, proof from footing_personal.erasure where subject = $1',
      [user],
    )
    expect(row?.finished_at).not.toBeNull()
    expect(row?.proof).toMatchObject({
      tables: [
        { table: 'note', rows: 1080, kept: 0 },
        { table: 'bill', kept: 1 },
        { table: 'total', rows: 1 },
        { table: 'person', rows: 1 },
        { table: 'friend', rows: 2 },
      ],
    })
    expect(await running.database.query('select id from notes.note where owner = $1', [user])).toEqual([])
    process.stdout.write(`erasure killed ${killed} of 15 times\n`)
  }, 120_000)
})

describe('declarations', () => {
  test('a new column that nobody classified stops the tests of the application', async () => {
    await writeFile(join(folder, 'people/0002-add-phone.sql'), 'alter table person add column phone text;')
    await expect(startTestApp(makeDiary(pathToFileURL(`${folder}/`)))).rejects.toMatchObject({
      code: 'personal-data-unclassified',
      message: expect.stringContaining('people.person.phone is not classified'),
    })
    await rm(join(folder, 'people/0002-add-phone.sql'))
  })

  test('a table of another module that declares nothing is told too', async () => {
    const silent = implement(defineModule('silent', { owner: '@a', tables: ['thing'] }), () => ({ port: {} }))
    const whole = createApp({ name: 'diary', modules: [...app.options.modules, silent] })
    await expect(startTestApp(whole)).rejects.toMatchObject({
      message: expect.stringContaining('silent.thing is not declared'),
    })
  })

  test.each([
    [{ thing: { subject: 'id', columns: {}, erase: 'anonymise' } }, /no column of it is erased/],
    [{ thing: { subject: 'id', columns: {}, erase: 'keep' } }, /does not say why/],
    [{ thing: { subject: [], columns: {}, erase: 'delete' } }, /names no column/],
    [{ thing: { none: ' ' } }, /gives no reason/],
    [{ other: { none: 'x' } }, /not among its tables/],
    [{ thing: { subject: 'id', columns: {}, erase: 'burn' } }, /cannot be erased by/],
    [
      { thing: { subject: 'id', columns: { name: { replace: 'gone-{key}' } }, erase: 'anonymise' } },
      /Write \{random\}/,
    ],
  ])('refuses %j', (personal, words) => {
    expect(() => defineModule('shop', { owner: '@a', tables: ['thing'], personal: personal as never })).toThrow(words)
  })

  test('a reserved operation, and a table that is not there', async () => {
    const options = { owner: '@a', tables: ['thing'], port: { erasePersonalData: { kind: 'operation' } as never } }
    expect(() => defineModule('shop', options)).toThrow(/erasePersonalData/)
    await expect(
      installPersonalData(running.database.directUrl, [
        { name: 'notes', personal: { lost: { subject: 'id', columns: {}, erase: 'delete' } } },
      ]),
    ).rejects.toMatchObject({
      code: 'personal-data-absent',
      message: expect.stringContaining('notes.lost'),
      remedy: expect.stringContaining('Apply the migration'),
    })
  })
})
