// Every way to run PostgreSQL as somebody it accepts, chosen for machines that this one is not.
import { isFootingError } from '@footing/kernel'
import { expect, test } from 'vitest'
import { chooseServerUser } from './server-user.ts'

const passwd = 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\nme:x:1000:1000::/home/me:/bin/sh\n'
const withPostgres = `${passwd}postgres:x:101:104::/:/bin/sh\n`
const only = (allowed: (command: readonly string[]) => boolean) => async (command: readonly string[]) =>
  allowed(command)
const nothing = only(() => false)
const noNamespace = only(([program]) => program !== 'unshare')

test('a normal user runs it directly', async () => {
  expect(await chooseServerUser({ uid: 1000, passwd, works: nothing })).toEqual({ prefix: [], way: 'as-is' })
})

test('Windows, where there are no user numbers, too', async () => {
  expect(await chooseServerUser({ uid: undefined, passwd: '', works: nothing })).toEqual({ prefix: [], way: 'as-is' })
})

test('root takes a user namespace and stays the owner of its files', async () => {
  const user = await chooseServerUser({ uid: 0, passwd, works: only(() => true) })
  expect(user).toEqual({
    prefix: ['unshare', '--user', '--map-user=65534', '--map-group=65534'],
    way: 'user-namespace',
  })
})

test('root without namespaces becomes postgres, or nobody where that does not exist, and may enter closed folders', async () => {
  const asPostgres = await chooseServerUser({ uid: 0, passwd: withPostgres, works: noNamespace })
  expect(asPostgres.owner).toEqual({ uid: 101, gid: 104 })
  expect(asPostgres.prefix).toContain('--ambient-caps=+dac_override')
  const asNobody = await chooseServerUser({ uid: 0, passwd, works: noNamespace })
  expect(asNobody.owner).toEqual({ uid: 65534, gid: 65534 })
})

test('root that may not keep that right changes the user plainly', async () => {
  const works = only((command) => command[0] === 'setpriv' && !command.some((word) => word.includes('caps')))
  const user = await chooseServerUser({ uid: 0, passwd: withPostgres, works })
  expect(user.prefix).toEqual(['setpriv', '--reuid=101', '--regid=104', '--clear-groups'])
})

test('a number without a name borrows one in a namespace', async () => {
  const user = await chooseServerUser({ uid: 54321, passwd, works: only(() => true) })
  expect(user.way).toBe('user-namespace')
})

test.each([0, 54321])('when no way works, user %i is told what to do', async (uid) => {
  const error = await chooseServerUser({ uid, passwd, works: nothing }).catch((e: unknown) => e)
  expect(isFootingError(error, 'embedded-user-refused') && error.remedy).toContain('DATABASE_URL')
})

test('a damaged passwd file is read as far as it goes', async () => {
  const damaged = `:::\nroot\n\u0000\nx:y:z:w\n${passwd}`
  expect((await chooseServerUser({ uid: 1000, passwd: damaged, works: nothing })).way).toBe('as-is')
})
