// Implementation of identity.
import { type Implementation, implement } from '@footing/core'
import { fault } from '../realworld/fault.ts'
import type { Account } from './account.ts'
import { AccountRepository } from './account-repository.ts'
import { identityErrors } from './errors.ts'
import { FollowRepository } from './follow-repository.ts'
import { identityRoutes } from './http.ts'
import { identity } from './identity.module.ts'
import { hashPassword, isOutdatedHash, passwordMatches } from './password.ts'
import { takeSignIn } from './sign-in-limit.ts'
import type { IdentityTables } from './tables.generated.ts'
import { createTokens } from './token.ts'

export const identityModule = implement(
  identity,
  ({ database, config, clock, self, limits }): Implementation<typeof identity> => {
    const db = database<IdentityTables>()
    const accounts = new AccountRepository(db)
    const follows = new FollowRepository(db)
    const tokens = createTokens({
      secret: config.TOKEN_SECRET,
      lifetimeSeconds: config.TOKEN_HOURS * 3600,
      now: () => clock.now(),
    })

    const open = (account: Account) => ({ account, token: tokens.issue(account.id) })

    /** @throws profile-missing */
    async function profileOf(username: string, viewerId?: string) {
      const found = await follows.profile(username, viewerId)
      if (found === undefined) throw identityErrors('profile-missing', fault('profile', 'not found'))
      const { id, ...profile } = found
      return { id, profile }
    }

    return {
      port: {
        async register({ username, email, password }) {
          return open(await accounts.add({ username, email, passwordHash: await hashPassword(password) }))
        },

        async logIn({ email, password, address }) {
          const attempt = await takeSignIn(limits, { email, address })
          const found = await accounts.withPassword(email)
          if (!(await passwordMatches(password, found?.password_hash)) || found === undefined) {
            throw identityErrors('credentials-wrong', fault('credentials', 'invalid'))
          }
          await attempt.giveBack()
          const { password_hash: hash, ...account } = found
          if (isOutdatedHash(hash)) await accounts.change(account.id, { passwordHash: await hashPassword(password) })
          return open(account)
        },

        async account({ id }) {
          const found = await accounts.byId(id)
          if (found === undefined) throw identityErrors('account-missing', fault('token', 'is of no account'))
          return found
        },

        async changeAccount({ id, changes: { password, ...changes } }) {
          const passwordHash = password === undefined ? undefined : await hashPassword(password)
          const changed = await accounts.change(id, { ...changes, passwordHash })
          if (changed === undefined) throw identityErrors('account-missing', fault('token', 'is of no account'))
          return open(changed)
        },

        async profile({ username, viewerId }) {
          return (await profileOf(username, viewerId)).profile
        },

        async follow({ username, followerId }) {
          const { id, profile } = await profileOf(username)
          if (id === followerId) throw identityErrors('self-follow', fault('profile', "can't be your own"))
          await follows.follow(followerId, id)
          return { ...profile, following: true }
        },

        async unfollow({ username, followerId }) {
          const { id, profile } = await profileOf(username)
          await follows.unfollow(followerId, id)
          return { ...profile, following: false }
        },

        async findProfile({ username }) {
          const { id, profile } = await profileOf(username)
          return { id, username: profile.username, bio: profile.bio, image: profile.image }
        },

        async profiles({ ids }) {
          if (ids.length === 0) return []
          return (await accounts.byIds(ids)).map(({ email: _private, ...card }) => card)
        },
      },

      authenticate: {
        // The specification writes `Token`, and what reads a description knows `Bearer`; both mean the same here.
        schemes: ['Bearer', 'Token'],
        async identify({ token }) {
          const id = tokens.read(token ?? '')
          if (id === undefined) throw identityErrors('token-refused', fault('token', 'is invalid or has expired'))
          return { id }
        },
      },

      routes: identityRoutes(self),
    }
  },
)
