// Manifest of identity: who somebody is, and who follows whom.
import { defineModule, op, setting } from '@footing/core'
import { z } from 'zod'
import { rowId } from '../realworld/text.ts'
import { account, accountChanges, attempt, newAccount, profile, profileCard, session, soughtName } from './account.ts'
import { personal } from './personal.ts'
import { signInLimits } from './sign-in-limit.ts'

export const identity = defineModule('identity', {
  owner: '@conduit/accounts',
  settings: {
    TOKEN_SECRET: setting({
      schema: z.string().min(32),
      secret: true,
      summary: 'signs the tokens of logged-in users; at least 32 characters; a change logs everybody out',
    }),
    TOKEN_HOURS: setting({
      schema: z.coerce.number().positive().max(8760),
      summary: 'hours that a login lasts',
      default: 24 * 14,
    }),
  },
  port: {
    register: op({ in: newAccount, out: session, deadline: '10s', summary: 'Opens an account' }),
    // Not idempotent: each attempt counts, so none is sent twice.
    logIn: op({ in: attempt, out: session, deadline: '10s', summary: 'Checks a password' }),
    account: op({ in: z.object({ id: rowId }), out: account, idempotent: true, summary: 'An account, for its owner' }),
    changeAccount: op({
      in: z.object({ id: rowId, changes: accountChanges }),
      out: session,
      deadline: '10s',
      summary: 'Changes parts of an account',
    }),
    profile: op({
      in: z.object({ username: soughtName, viewerId: rowId.optional() }),
      out: profile,
      idempotent: true,
      summary: 'A profile as the viewer sees it',
    }),
    follow: op({
      in: z.object({ username: soughtName, followerId: rowId }),
      out: profile,
      idempotent: true,
      summary: 'Follows an author; twice is once',
    }),
    unfollow: op({
      in: z.object({ username: soughtName, followerId: rowId }),
      out: profile,
      idempotent: true,
      summary: 'Stops following an author',
    }),
    findProfile: op({
      in: z.object({ username: soughtName }),
      out: profileCard,
      idempotent: true,
      summary: 'Who has this name',
    }),
    profiles: op({
      in: z.object({ ids: z.array(rowId).max(100) }),
      out: z.array(profileCard),
      idempotent: true,
      summary: 'Many profiles at once, in one query',
    }),
  },
  tables: ['account', 'follow'],
  uses: [signInLimits],
  access: { account: { key: 'id', values: true } },
  personal,
  migrations: new URL('./migrations/', import.meta.url),
})

// What other modules build their own shapes of: an article carries its author's profile.
export { profile } from './account.ts'
