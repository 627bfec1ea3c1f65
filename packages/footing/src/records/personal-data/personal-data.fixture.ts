// An application of two modules about people, and a program that erases one of them and may be killed meanwhile.
import { fileURLToPath } from 'node:url'
import { createApp } from '../../app/create-app.ts'
import { defineModule } from '../../module/define-module.ts'
import { implement } from '../../module/implement.ts'
import { op } from '../../module/operation.ts'
import { describedAs, type Schema } from '../../module/schema.ts'
import { eraseBy } from './erase-step.ts'

interface NotesTables {
  note: { id: string; owner: string; body: string }
  total: { owner: string; notes: number }
}

const texts = <Name extends string>(): Schema<{ [Key in Name]: string }> =>
  describedAs(
    {
      '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: value as { [Key in Name]: string } }) },
    },
    { type: 'object' },
  )

/** The application, with migrations below `folder`. */
export function makeDiary(folder: URL) {
  const people = defineModule('people', {
    owner: '@a',
    tables: ['person', 'friend'],
    migrations: new URL('people/', folder),
    access: { person: { key: 'id', values: true } },
    personal: {
      person: {
        subject: 'id',
        columns: {
          name: { replace: 'gone-{random}' },
          email: 'erase',
          secret: 'secret',
          height: 'erase',
          born: 'erase',
          tags: 'erase',
          extra: 'erase',
          joined: 'keep',
        },
        erase: 'anonymise',
      },
      friend: { subject: ['a', 'b'], key: ['a', 'b'], columns: {}, erase: 'delete' },
    },
  })
  const notes = defineModule('notes', {
    owner: '@b',
    needs: [people],
    tables: ['note', 'bill', 'total', 'topic'],
    migrations: new URL('notes/', folder),
    port: { write: op({ in: texts<'owner' | 'body'>() }), take: op({ in: texts<'from' | 'to'>() }) },
    personal: {
      note: { subject: 'owner', columns: { body: 'erase' }, erase: 'delete' },
      bill: {
        subject: 'owner',
        columns: { cents: 'keep' },
        erase: 'keep',
        keep: { why: 'tax law', until: '10 years' },
      },
      total: { subject: 'owner', key: 'owner', columns: { notes: 'keep' }, erase: 'by-module' },
      topic: { none: 'a list of words' },
    },
  })
  return createApp({
    name: 'diary',
    modules: [
      implement(people, () => ({ port: {} })),
      implement(notes, ({ database }) => {
        const db = database<NotesTables>()
        return {
          port: {
            write: async ({ owner, body }) => {
              await db.query('insert into notes.note (owner, body) values ($1, $2)', [owner, body])
            },
            take: async ({ from, to }) => {
              await db.query('update notes.note set owner = $2 where owner = $1', [from, to])
            },
          },
          personal: {
            total: eraseBy<NotesTables>(async (tx, subject) => {
              const { numDeletedRows } = await tx
                .deleteFrom('total')
                .where('owner', '=', subject)
                .executeTakeFirstOrThrow()
              return Number(numDeletedRows)
            }),
          },
        }
      }),
    ],
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { DIARY_FOLDER = '', DIARY_URL = '', DIARY_USER = '' } = process.env
  const running = await makeDiary(new URL(DIARY_FOLDER)).start({
    env: { DATABASE_URL: DIARY_URL, PORT: '0', ROLE: 'web' },
    profile: 'test',
  })
  process.stdout.write('started\n')
  await running.personalData.erase(DIARY_USER)
  process.exit(0)
}
