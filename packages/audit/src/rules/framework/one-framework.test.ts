import { expect, test } from 'vitest'
import { programOf } from '../../graph/program/project-from-text.ts'
import type { RuleContext } from '../../rule/rule.ts'
import { oneFramework } from './one-framework.ts'

const spoken = (files: Record<string, string>) => {
  const program = programOf(files)
  // Only the program is asked.
  const context = { program } as unknown as RuleContext
  const routes = program.entries.filter(({ kind }) => kind === 'route')
  return oneFramework(context, routes, (framework) => framework)
}

const flask = (name: string, imports: string) =>
  `${imports}\nfrom flask import Flask\napp = Flask(__name__)\n${[1, 2, 3].map((at) => `@app.route("/${name}/${at}")\ndef ${name}${at}(): ...`).join('\n')}\n`

test('a framework that checks by types speaks for itself', () => {
  const routes = [1, 2, 3, 4, 5].map((at) => `@app.get("/${at}")\nasync def r${at}(): ...`).join('\n')
  expect(spoken({ 'main.py': `from fastapi import FastAPI\napp = FastAPI()\n${routes}\n` })).toEqual({
    assurance: 'FastAPI answers all 5 routes and checks what comes in by their types',
  })
})

test('another does where most files with routes load what checks, themselves or by what they import', () => {
  expect(
    spoken({
      'a.py': flask('a', 'from schemas import Order'),
      'b.py': flask('b', 'import marshmallow'),
      'schemas.py': 'from pydantic import BaseModel\nclass Order(BaseModel): ...',
    }),
  ).toEqual({ assurance: 'Flask answers all 6 routes, and 2 of 2 files with routes check what comes in' })
})

test('says why it cannot tell, and nothing of a handful of routes', () => {
  expect(spoken({ 'a.py': flask('a', ''), 'b.py': flask('b', '') }).couldNotTell).toMatch(
    /^Flask answers all 6 routes\. In 0 of 2 files with routes a library was seen that checks what comes in/,
  )
  expect(spoken({ 'a.py': flask('a', '') })).toEqual({})
})
