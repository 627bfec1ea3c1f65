// The routes of identity: /users, /user and /profiles.
import { type PortOf, route } from '@footing/core'
import { z } from 'zod'
import { visibleText } from '../realworld/text.ts'
import { type Account, accountChanges, credentials, newAccount, profile } from './account.ts'
import type { identity } from './identity.module.ts'

const tags = ['User and Authentication']
const user = z.object({
  email: z.string(),
  token: z.string(),
  username: z.string(),
  bio: z.string(),
  image: z.string(),
})
const userAnswer = z.object({ user })
const profileAnswer = z.object({ profile })
const named = z.object({ username: visibleText({ max: 200 }) })

export function identityRoutes(self: PortOf<typeof identity>) {
  return [
    route({
      method: 'POST',
      path: '/users',
      operationId: 'CreateUser',
      summary: 'Register a new user',
      tags,
      auth: 'none',
      body: z.object({ user: newAccount }),
      out: userAnswer,
      status: 201,
      handle: async ({ body }) => userOf(await self.register(body.user)),
    }),
    route({
      method: 'POST',
      path: '/users/login',
      operationId: 'Login',
      summary: 'Log in',
      tags,
      auth: 'none',
      body: z.object({ user: credentials }),
      out: userAnswer,
      handle: async ({ body }) => userOf(await self.logIn(body.user)),
    }),
    route({
      method: 'GET',
      path: '/user',
      operationId: 'GetCurrentUser',
      summary: 'The user of the token',
      tags,
      out: userAnswer,
      handle: async ({ user, headers }) =>
        userOf({ account: await self.account({ id: user.id }), token: tokenOf(headers.authorization) }),
    }),
    route({
      method: 'PUT',
      path: '/user',
      operationId: 'UpdateCurrentUser',
      summary: 'Change the user of the token',
      tags,
      body: z.object({ user: accountChanges }),
      out: userAnswer,
      handle: async ({ user, body }) => userOf(await self.changeAccount({ id: user.id, changes: body.user })),
    }),
    route({
      method: 'GET',
      path: '/profiles/:username',
      operationId: 'GetProfileByUsername',
      summary: 'A profile',
      tags: ['Profile'],
      auth: 'optional',
      params: named,
      out: profileAnswer,
      handle: async ({ params, user }) => ({
        profile: await self.profile({ username: params.username, viewerId: user?.id }),
      }),
    }),
    route({
      method: 'POST',
      path: '/profiles/:username/follow',
      operationId: 'FollowUserByUsername',
      summary: 'Follow an author',
      tags: ['Profile'],
      params: named,
      out: profileAnswer,
      status: 200,
      handle: async ({ params, user }) => ({
        profile: await self.follow({ username: params.username, followerId: user.id }),
      }),
    }),
    route({
      method: 'DELETE',
      path: '/profiles/:username/follow',
      operationId: 'UnfollowUserByUsername',
      summary: 'Stop following an author',
      tags: ['Profile'],
      params: named,
      out: profileAnswer,
      handle: async ({ params, user }) => ({
        profile: await self.unfollow({ username: params.username, followerId: user.id }),
      }),
    }),
  ]
}

function userOf({ account, token }: { readonly account: Account; readonly token: string }) {
  const { email, username, bio, image } = account
  return { user: { email, token, username, bio, image } }
}

/** The token as it was sent, behind its scheme. */
function tokenOf(authorization: string | string[] | undefined): string {
  return String(authorization ?? '')
    .split(' ')
    .at(-1) as string // a split text has a last part
}
