import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readTextFile } from './read-text-file.ts'

let root: string
let tree: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'read text '))
  tree = join(root, 'tree')
  mkdirSync(tree)
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const at = (name: string): string => join(tree, name)

describe('a file of a repository', () => {
  it('is read, also by a link inside the tree and a tree that is reached by a link', () => {
    writeFileSync(at('a.json'), 'ä')
    symlinkSync('a.json', at('link.json'))
    symlinkSync('tree', join(root, 'other'))
    expect(readTextFile(at('a.json'), { tree })).toEqual({ text: 'ä' })
    expect(readTextFile(at('link.json'), { tree })).toEqual({ text: 'ä' })
    expect(readTextFile(join(root, 'other/a.json'), { tree: join(root, 'other') })).toEqual({ text: 'ä' })
  })

  it('is not there', () => {
    symlinkSync('nowhere', at('dangling'))
    symlinkSync('circle', at('circle'))
    expect(readTextFile(at('missing'), { tree })).toEqual({ refused: 'missing' })
    expect(readTextFile(at('dangling'), { tree })).toEqual({ refused: 'not-a-file' })
    expect(readTextFile(at('dangling/below'), { tree })).toEqual({ refused: 'missing' })
    expect(readTextFile(at('circle'), { tree })).toEqual({ refused: 'unreadable' })
  })

  it('leads out of the tree: refused whatever it is, and read only where the user named it', () => {
    writeFileSync(join(root, 'secret'), 's')
    mkdirSync(join(root, 'tree-beside'))
    writeFileSync(join(root, 'tree-beside/x'), 'x')
    symlinkSync('../secret', at('out'))
    symlinkSync('../tree-beside/x', at('beside'))
    symlinkSync('..', at('up'))
    for (const name of ['out', 'beside', 'up/secret'])
      expect(readTextFile(at(name), { tree }), name).toEqual({ refused: 'outside' })
    expect(readTextFile(at('out'))).toEqual({ text: 's' })
  })

  it.skipIf(process.platform === 'win32')('is a device, a pipe or a folder: refused without waiting', () => {
    symlinkSync('/dev/zero', at('zero'))
    symlinkSync('/dev/tty', at('tty'))
    execFileSync('mkfifo', [at('pipe')])
    mkdirSync(at('folder'))
    for (const name of ['pipe', 'folder']) expect(readTextFile(at(name), { tree })).toEqual({ refused: 'not-a-file' })
    for (const name of ['zero', 'tty']) {
      expect(readTextFile(at(name), { tree })).toEqual({ refused: 'outside' })
      expect(readTextFile(at(name))).toEqual({ refused: 'not-a-file' })
    }
  })

  it('is too large: 5 GB without content, or one byte more than asked for', () => {
    writeFileSync(at('sparse'), '')
    truncateSync(at('sparse'), 5 * 2 ** 30)
    expect(readTextFile(at('sparse'), { tree })).toEqual({ refused: 'too-large' })
    writeFileSync(at('exact'), '12345')
    expect(readTextFile(at('exact'), { tree, limit: 5 })).toEqual({ text: '12345' })
    appendFileSync(at('exact'), '6')
    expect(readTextFile(at('exact'), { tree, limit: 5 })).toEqual({ refused: 'too-large' })
  })

  it.skipIf(process.platform !== 'linux')('says that it is empty and is not: no more than the limit is read', () => {
    expect(readTextFile('/proc/self/maps', { limit: 100 })).toEqual({ refused: 'too-large' })
  })
})
