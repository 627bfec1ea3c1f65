import { describe, expect, it } from 'vitest'
import { matcher, readCodeowners } from './codeowners.ts'

describe('patterns, as GitHub reads them', () => {
  const cases: readonly (readonly [pattern: string, path: string, matches: boolean])[] = [
    ['*', 'a/b/c.py', true],
    ['*.js', 'a/b/c.js', true],
    ['*.js', 'a/b/c.jsx', false],
    ['/build/logs/', 'build/logs/a/b.txt', true],
    ['/build/logs/', 'x/build/logs/a.txt', false],
    ['docs/*', 'docs/a.md', true],
    ['docs/*', 'docs/b/c.md', false],
    ['docs/*', 'x/docs/a.md', false],
    ['apps/', 'x/apps/y/z.py', true],
    ['apps/', 'apps', false],
    ['/docs/', 'docs/b/c.md', true],
    ['/apps/github', 'apps/github/x.py', true],
    ['**/logs', 'a/b/logs/x', true],
    ['/a/**/z', 'a/z', true],
    ['/a/**/z', 'a/b/c/z', true],
    ['/a/**', 'a/b', true],
    ['/a/**', 'a', false],
    ['/a/*/c', 'a/b/c', true],
    ['/a/*/c', 'a/b/d/c', false],
    ['a\\ b.txt', 'a b.txt', true],
    ['f?o', 'foo', true],
  ]
  for (const [pattern, path, expected] of cases) {
    it(`${pattern} ${expected ? 'matches' : 'leaves'} ${path}`, () => expect(matcher(pattern)(path)).toBe(expected))
  }

  it('takes a hostile pattern in linear time', () => {
    const hostile = matcher(`${'*a'.repeat(400)}b`)
    expect(hostile('a'.repeat(4000))).toBe(false)
    expect(matcher(`/${'**/'.repeat(200)}x`)(`${'a/'.repeat(500)}y`)).toBe(false)
  })
})

describe('files', () => {
  it('lets the last match decide, and a line without owner take the owner away', () => {
    const owners = readCodeowners('CODEOWNERS', '* @all\n/src/ @acme/src # the core\n/src/gen/\n')
    expect(owners.ownersOf('README.md')).toEqual(['@all'])
    expect(owners.ownersOf('src/a.py')).toEqual(['@acme/src'])
    expect(owners.ownersOf('src/gen/a.py')).toEqual([])
  })

  it('names each line that the service would ignore', () => {
    const owners = readCodeowners('CODEOWNERS', '!/x @a\n@acme/team /src/\n/src/[ab] @a\n/src alice\n/ok a@b.org\n')
    expect(owners.malformed.map(({ line }) => line)).toEqual([1, 2, 3, 4])
    expect(owners.lines.map(({ pattern }) => pattern)).toEqual(['/ok'])
  })

  it('joins the owners of GitLab sections and takes a section’s default owners', () => {
    const owners = readCodeowners('CODEOWNERS', '[Docs] @docs\n*.md\n^[Code][2] @code\n/src/ @src\n/src/a.md\n')
    expect(owners.dialect).toBe('gitlab')
    expect(owners.ownersOf('src/a.md')).toEqual(['@docs', '@code'])
    expect(owners.ownersOf('src/b.py')).toEqual(['@src'])
  })
})
