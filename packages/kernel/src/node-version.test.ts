import { expect, test } from 'vitest'
import { refuseOldNode } from './node-version.ts'

test.each(['22.18.0', '22.20.1', '23.0.0', '24.21.0', '100.0.0', undefined])('Node %s will do', (version) => {
  expect(() => refuseOldNode(version)).not.toThrow()
})

test.each(['22.17.9', '20.20.2', '18.0.0', '22.2.0', ''])(
  'Node %s is refused in one sentence that says what to do',
  (version) => {
    expect(() => refuseOldNode(version)).toThrow(
      /^Footing needs Node 22\.18 or newer; this is Node .*npm install --save-dev node@24$/,
    )
  },
)
