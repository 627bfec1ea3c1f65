// The rule needs a code base of 20,000 lines, so its flagged case is built here and not on its page.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { audit } from '../../audit.ts'

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

describe('reversibility/data-access-without-seam', () => {
  it('reports a large code base whose routes call the ORM, once, with the share', async () => {
    const [finding, ...others] = await findings({ lines: 21_000, direct: 5, through: 1 })
    expect(others).toEqual([])
    expect(finding?.message.what).toBe('5 of 6 route modules call the ORM or the driver themselves.')
    expect(finding?.place).toEqual({ path: 'shop/direct0.py', line: 10 })
  })

  it('says nothing when most routes go through functions of the domain', async () => {
    expect(await findings({ lines: 21_000, direct: 2, through: 6 })).toEqual([])
  })

  it('says nothing about a small code base', async () => {
    expect(await findings({ lines: 100, direct: 6, through: 0 })).toEqual([])
  })
})

describe('reversibility/data-access-without-seam in TypeScript', () => {
  it('reports a large server whose routes query, once, and leaves the checks before a handler out', async () => {
    const [finding, ...others] = await ofTypeScript({ lines: 21_000, direct: 5, through: 1 })
    expect(others).toEqual([])
    expect(finding?.message.what).toBe('5 of 6 route modules call the ORM or the driver themselves.')
    expect(finding?.place).toEqual({ path: 'src/direct0.ts', line: 6 })
    expect(finding?.confidence).toBe('probable')
  })

  it('says nothing when most routes go through functions of the domain, or when the server is small', async () => {
    expect(await ofTypeScript({ lines: 21_000, direct: 2, through: 6 })).toEqual([])
    expect(await ofTypeScript({ lines: 100, direct: 6, through: 0 })).toEqual([])
  })
})

async function ofTypeScript(size: { lines: number; direct: number; through: number }) {
  const root = mkdtempSync(join(tmpdir(), 'seam-'))
  folders.push(root)
  mkdirSync(join(root, 'src'))
  writeFileSync(
    join(root, 'package.json'),
    '{ "name": "shop", "dependencies": { "express": "5.0.0", "typeorm": "1.0.0" } }',
  )
  const write = (name: string, text: string) => writeFileSync(join(root, 'src', name), text)
  write('table.ts', `export const x = [\n${'  1,\n'.repeat(size.lines)}]\n`)
  write('checks.ts', 'export const check = (request, response, next) => next()\n')
  write('domain.ts', "import { User } from './user.ts'\nexport const users = () => User.findOneBy({ id: 1 })\n")
  write('user.ts', "import { BaseEntity } from 'typeorm'\nexport class User extends BaseEntity {}\n")
  const head =
    "import { Router } from 'express'\nimport { check } from './checks.ts'\nimport { User } from './user.ts'\nimport { users } from './domain.ts'\nexport const router = Router()\n"
  const route = (call: string) =>
    `${head}router.get('/x', check, async (request, response) => response.json(await ${call}))\n`
  for (let i = 0; i < size.direct; i++)
    write(`direct${i}.ts`, route(i % 2 === 0 ? 'User.findOneBy({ id: 1 })' : 'User.find()'))
  for (let i = 0; i < size.through; i++) write(`through${i}.ts`, route('users()'))
  const result = await audit({ root, only: ['reversibility'], cache: false, history: false, threads: 1 })
  return result.findings.filter((finding) => finding.rule === 'reversibility/data-access-without-seam')
}

async function findings(size: { lines: number; direct: number; through: number }) {
  const root = mkdtempSync(join(tmpdir(), 'seam-'))
  folders.push(root)
  mkdirSync(join(root, 'shop'))
  const write = (name: string, text: string) => writeFileSync(join(root, 'shop', name), text)
  write('__init__.py', '')
  write('table.py', 'x = 1\n'.repeat(size.lines))
  write(
    'domain.py',
    'from sqlalchemy.orm import Session\n\nsession = Session()\n\n\ndef orders():\n    return session.query(1).all()\n',
  )
  const head = 'from fastapi import APIRouter\nfrom sqlalchemy.orm import Session\n\nrouter = APIRouter()\n'
  for (let i = 0; i < size.direct; i++) {
    write(
      `direct${i}.py`,
      `${head}session = Session()\n\n\n@router.get("/${i}")\ndef show():\n    return session.query(1).all()\n`,
    )
  }
  for (let i = 0; i < size.through; i++) {
    write(
      `through${i}.py`,
      `${head}from shop.domain import orders\n\n\n@router.get("/${i}")\ndef show():\n    return orders()\n`,
    )
  }
  const result = await audit({ root, only: ['reversibility'], cache: false, history: false, threads: 1 })
  return result.findings.filter((finding) => finding.rule === 'reversibility/data-access-without-seam')
}
