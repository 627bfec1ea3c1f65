// Joins what modules and stores hold about people to what an application can do with it.
import { compiled } from '../../data/query/compiled-query.ts'
import { personalTables } from './declared-table.ts'
import { erasePerson } from './erase-person.ts'
import { ErasedPeople } from './erased-people.ts'
import { accountDatabase } from './erasure-account.ts'
import { personalDataErrors } from './errors.ts'
import { exportPerson } from './export-person.ts'
import type { PersonalData, PersonalDataOptions } from './personal-data.ts'

/** Makes it for the modules of an application. */
export function openPersonalData(options: PersonalDataOptions): PersonalData {
  const people = peopleOf(options)
  return {
    async *export(user) {
      verifySubject(user)
      yield* exportPerson(options, user)
    },
    erase: async (user) => {
      verifySubject(user)
      return erasePerson(options, user)
    },
    refuseErased: (authenticate) =>
      people === undefined
        ? authenticate
        : async (credentials, context) => {
            const user = await authenticate(credentials, context)
            if (user !== undefined && (await people.has(user.id))) {
              throw personalDataErrors('personal-data-access-ended')
            }
            return user
          },
  }
}

/** Undefined where no module has anything about people, so that nobody can be erased. */
function peopleOf({ modules, ports, ...options }: PersonalDataOptions): ErasedPeople | undefined {
  const account = accountDatabase(options)
  if (account !== undefined) {
    return new ErasedPeople(async (subject) => (await isErased.first(account.read(), { subject }))?.erased === true)
  }
  const elsewhere = modules.find((module) => personalTables(module).length > 0)
  if (elsewhere === undefined) return undefined
  return new ErasedPeople(async (subject) => {
    const answer = await ports[elsewhere.name]?.personalDataErased?.({ subject })
    // The answer was checked against the schema of the operation, which says exactly this.
    return (answer as { readonly erased: boolean }).erased
  })
}

const isErased = compiled<unknown, { readonly subject: string }>()((queries, { subject }) =>
  queries.selectNoFrom(({ fn, val }) => fn<boolean>('footing_personal.is_erased', [val(subject)]).as('erased')),
)

function verifySubject(user: string): void {
  if (typeof user !== 'string' || user === '' || user.length > 2000 || user.includes('\0')) {
    throw new TypeError('a user is a text of 1 to 2000 characters')
  }
}
