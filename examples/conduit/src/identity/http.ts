// The routes of identity: /users, /user and /profiles.
import { type PortOf, route } from '@footing/core'
import type { Middleware } from '@footing/core/http'
import { z } from 'zod'
import { type Account, accountChanges, credentials, newAccount } from './account.ts'
import { identity } from './identity.module.ts'

const { port } = identity
const text = z.string()
const userAnswer = z.object({ user: z.object({ email: text, token: text, username: text, bio: text, image: text }) })
/** Attempts are counted by where they come from, too. */
const clientAddress: Middleware<{ readonly address: string }> = ({ address }, next) => next({ address })
const users = { tags: ['User and Authentication'] }
const profiles = { tags: ['Profile'], errors: [404] } as const

export const identityRoutes = (self: PortOf<typeof identity>) => [
  route({
    ...users,
    method: 'POST',
    path: '/users',
    operationId: 'CreateUser',
    summary: 'Register a new user',
    auth: 'none',
    status: 201,
    body: z.object({ user: newAccount }),
    call: port.register,
    input: ({ body }) => body.user,
    answer: userOf,
  }),
  route({
    ...users,
    method: 'POST',
    path: '/users/login',
    operationId: 'Login',
    summary: 'Log in',
    auth: 'none',
    errors: [401, 429],
    use: [clientAddress],
    body: z.object({ user: credentials }),
    call: port.logIn,
    input: ({ body, address }) => ({ ...body.user, address }),
    answer: userOf,
  }),
  route({
    ...users,
    method: 'GET',
    path: '/user',
    operationId: 'GetCurrentUser',
    summary: 'The user of the token',
    out: userAnswer,
    handle: async ({ user, headers }) =>
      userOf({ account: await self.account({ id: user.id }), token: tokenOf(headers.authorization) }),
  }),
  route({
    ...users,
    method: 'PUT',
    path: '/user',
    operationId: 'UpdateCurrentUser',
    summary: 'Change the user of the token',
    body: z.object({ user: accountChanges }),
    call: port.changeAccount,
    input: ({ user, body }) => ({ id: user.id, changes: body.user }),
    answer: userOf,
  }),
  route({
    ...profiles,
    method: 'GET',
    path: '/profiles/:username',
    operationId: 'GetProfileByUsername',
    summary: 'A profile',
    auth: 'optional',
    call: port.profile,
    input: ({ params, user }) => ({ username: params.username, viewerId: user?.id }),
    answer: (profile) => ({ profile }),
  }),
  route({
    ...profiles,
    method: 'POST',
    path: '/profiles/:username/follow',
    operationId: 'FollowUserByUsername',
    summary: 'Follow an author',
    call: port.follow,
    input: ({ params, user }) => ({ username: params.username, followerId: user.id }),
    answer: (profile) => ({ profile }),
  }),
  route({
    ...profiles,
    method: 'DELETE',
    path: '/profiles/:username/follow',
    operationId: 'UnfollowUserByUsername',
    summary: 'Stop following an author',
    call: port.unfollow,
    input: ({ params, user }) => ({ username: params.username, followerId: user.id }),
    answer: (profile) => ({ profile }),
  }),
]

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
