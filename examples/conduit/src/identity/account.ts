// What an account and a profile are, for callers of the module and for the database.
import { z } from 'zod'
import { oneFieldOf, rowId, text, visibleText } from '../realworld/text.ts'
import { canonicalUsername, usernameFault } from './username.ts'

/** A name that stands in addresses: `/profiles/{username}`. What more a name has to be cannot be said in a description. */
export const username = visibleText({ max: 64 })
  .overwrite(canonicalUsername)
  .regex(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it refuses; \p{Cc} is unknown to many readers of the description
    /^[^\s\u0000-\u001F\u007F-\u009F/]*$/,
    'must not contain blanks, / or control characters',
  )
  .check((name) => {
    const message = name.issues.length > 0 ? undefined : usernameFault(name.value)
    if (message !== undefined) name.issues.push({ code: 'custom', message, input: name.value })
  })
  .meta({ pattern: '^[^\\s\\u0000-\\u001F\\u007F-\\u009F/]+$' })

const email = text({ min: 1, max: 254 })
  .regex(/^[^\s@]+@[^\s@]+$/, 'is not an e-mail address')
  .meta({ pattern: '^[^\\u0000\\s@]+@[^\\u0000\\s@]+$' })

/** Long enough to be worth guessing at, short enough to be hashed. */
const password = text({ min: 8, max: 1024 })

/** Others' browsers load it: an address of the web, or none. */
const image = text({ max: 2048 }).refine(isWebAddress, 'must be an address that begins with http:// or https://')
const bio = text({ max: 10_000 })

export const newAccount = z.object({ username, email, password })
export const accountChanges = oneFieldOf(
  z
    .object({ username, email, password, bio, image })
    .partial()
    .refine((changes) => Object.keys(changes).length > 0, 'must change at least one field'),
)

/** A name by which somebody is looked for: any text, so that one that nobody can have is simply not found. */
export const soughtName = visibleText({ max: 200 }).overwrite(canonicalUsername)

/** What is tried at the door: any text, so that a wrong password and a malformed one get the same answer. */
export const credentials = z.object({ email: text({ min: 1, max: 254 }), password: text({ min: 1, max: 1024 }) })
/** The same with where it comes from: attempts are counted by both. */
export const attempt = credentials.extend({ address: z.string().max(200).optional() })

/** An account as its owner sees it. */
export const account = z.object({
  id: rowId,
  username: z.string(),
  email: z.string(),
  bio: z.string(),
  image: z.string(),
})
export type Account = z.infer<typeof account>

/** An account with the token that opens it. */
export const session = z.object({ account, token: z.string() })

/** An account as anybody sees it. */
export const profile = z.object({
  username: z.string(),
  bio: z.string(),
  image: z.string(),
  following: z.boolean(),
})
export type Profile = z.infer<typeof profile>

/** A profile with its identifier, for other modules. */
export const profileCard = profile.omit({ following: true }).extend({ id: rowId })

function isWebAddress(text: string): boolean {
  if (text === '') return true
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return false
  const { username, password } = new URL(text)
  return username === '' && password === ''
}
