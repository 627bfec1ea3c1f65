// Which function or library name a call reaches, for each way in which a receiver's type can be known.
import { expect, test } from 'vitest'
import { programOf } from './project-from-text.ts'

/** Targets of the calls of the last line of `main.py` that is marked `# here`, as text. */
const targets = (main: string, files: Record<string, string> = {}): string[] => {
  const program = programOf({ ...files, 'main.py': main })
  const module = program.modules.find((m) => m.path === 'main.py')!.id
  const line = main.split('\n').findIndex((text) => text.includes('# here')) + 1
  const [from, to] = program.callRange(module)
  const found: string[] = []
  for (let call = from; call < to; call++) {
    if (program.callInfo(call).line !== line) continue
    for (const t of program.targetsOf(call))
      found.push(`${t.external === '' ? program.fullName(t.function) : t.external} ${t.confidence}`)
  }
  return found
}

test('imports under other names, and names that are hidden', () => {
  expect(targets('import requests as r\nr.get("x")  # here')).toEqual(['requests.get definite'])
  expect(targets('from time import sleep\nsleep(1)  # here')).toEqual(['time.sleep definite'])
  expect(targets('from time import sleep\ndef f(sleep):\n    sleep(1)  # here')).toEqual([])
  expect(targets('def open(p): ...\nopen("x")  # here')).toEqual(['main:open definite'])
  expect(targets('open("x")  # here')).toEqual(['builtins.open definite'])
})

test('re-exports, star imports and lazy imports', () => {
  const files = {
    'pkg/__init__.py': 'from .inner import *\nfrom .other import g as h',
    'pkg/inner.py': 'def f(): ...',
    'pkg/other.py': 'def g(): ...',
  }
  expect(targets('from pkg import f\nf()  # here', files)).toEqual(['pkg.inner:f definite'])
  expect(targets('import pkg\npkg.h()  # here', files)).toEqual(['pkg.other:g definite'])
  expect(targets('def x():\n    from pkg.inner import f\n    f()  # here', files)).toEqual(['pkg.inner:f definite'])
})

test('receivers by constructor, annotation, return annotation, inferred result and attribute', () => {
  expect(targets('import requests\ns = requests.Session()\ns.get("x")  # here')).toEqual([
    'requests.Session.get probable',
  ])
  expect(
    targets('from sqlalchemy.orm.session import Session\ndef f(s: "Session | None"):\n    s.commit()  # here'),
  ).toEqual(['sqlalchemy.orm.Session.commit probable'])
  expect(targets('from redis import Redis\ndef make() -> Redis: ...\nmake().get("x")  # here')).toEqual([
    'redis.Redis.get probable',
    'main:make definite',
  ])
  expect(
    targets('import boto3\ndef make():\n    return boto3.client("s3")\nc = make()\nc.put_object()  # here'),
  ).toEqual(['botocore.client.BaseClient.put_object probable'])
  expect(
    targets(
      'import smtplib\nclass A:\n    def __init__(self):\n        self.smtp = smtplib.SMTP()\nclass B(A):\n    def f(self):\n        self.smtp.quit()  # here',
    ),
  ).toEqual(['smtplib.SMTP.quit probable'])
})

test('properties, cached properties and class-level dependency providers', () => {
  const main = [
    'from functools import cached_property',
    'from fastapi import Depends',
    'from sqlalchemy.orm import sessionmaker',
    'make = sessionmaker()',
    'def provide():',
    '    s = make()',
    '    yield s',
    'class Repo:',
    '    def __init__(self, session):',
    '        self.session = session',
    '    def all(self): ...',
    'class Base:',
    '    session = Depends(provide)',
    '    @cached_property',
    '    def repo(self):',
    '        return Repo(self.session)',
    'class View(Base):',
    '    def get(self):',
  ].join('\n')
  expect(targets(`${main}\n        self.repo.all()  # here`)).toEqual(['main:Repo.all probable'])
})

test('context managers, loops, unpacking and reassignment', () => {
  const head =
    'from contextlib import contextmanager\nfrom sqlalchemy.orm import Session\n@contextmanager\ndef scope():\n    s = Session()\n    yield s\n'
  expect(targets(`${head}with scope() as s:\n    s.flush()  # here`)).toEqual(['sqlalchemy.orm.Session.flush probable'])
  expect(targets('import redis\nfor r in [redis.Redis()]:\n    r.get("x")  # here')).toEqual([
    'redis.Redis.get probable',
  ])
  expect(targets('import redis\na, b = 1, redis.Redis()\nb.get("x")  # here')).toEqual(['redis.Redis.get probable'])
  expect(targets('import requests\nx = requests.Session()\nx = x.get("u")\nx.json()  # here')).toEqual([
    'requests.Response.json probable',
  ])
})

test('Django: managers with their own query sets, lazy chains, related managers', () => {
  const models = [
    'from django.db import models',
    'class Lines(models.QuerySet):',
    '    def open(self):',
    '        return self.filter(open=True)',
    'class Order(models.Model):',
    '    objects = Lines.as_manager()',
    'class Line(models.Model):',
    '    order = models.ForeignKey("shop.Order", on_delete=None)',
  ].join('\n')
  const files = { 'shop/__init__.py': '', 'shop/models.py': models }
  expect(targets('from shop.models import Line\nLine.objects.filter(a=1).first()  # here', files)).toEqual([
    'django.db.models.QuerySet.first definite',
    'django.db.models.QuerySet.filter definite',
  ])
  expect(targets('from shop.models import Line\nx = Line.objects.get(pk=1)\nx.order.save()  # here', files)).toEqual([
    'django.db.models.Model.save probable',
  ])
})

test('an awaited call on "sync or async" means the async one', () => {
  const main =
    'class A:\n    async def read(self): ...\nclass B:\n    def read(self): ...\nasync def f(c: A | B):\n    await c.read()  # here'
  expect(targets(main)).toEqual(['main:A.read probable'])
})

test('overrides: few ways out of an abstract method are followed, a method with a body stands for itself', () => {
  const abstract =
    'from abc import abstractmethod\nclass A:\n    @abstractmethod\n    def go(self): ...\nclass B(A):\n    def go(self):\n        return 1\ndef f(a: A):\n    a.go()  # here'
  expect(targets(abstract)).toEqual(['main:A.go probable', 'main:B.go probable'])
  const concrete =
    'class A:\n    def go(self):\n        return 0\nclass B(A):\n    def go(self):\n        return 1\ndef f(a: A):\n    a.go()  # here'
  expect(targets(concrete)).toEqual(['main:A.go probable', 'main:B.go possible'])
})

test('hostile input: circles of every kind and deep nesting end', () => {
  expect(targets('class A(B): ...\nclass B(A): ...\nA().x.y()  # here')).toEqual(['main:A definite'])
  expect(
    targets('from other import f\nf()  # here', {
      'other.py': 'from third import f',
      'third.py': 'from other import f',
    }),
  ).toEqual([])
  expect(targets('def f():\n    return g()\ndef g():\n    return f()\nf().x()  # here')).toEqual(['main:f definite'])
  expect(targets('x = x\nx.y()  # here')).toEqual([])
  const deep = `a = ${'f('.repeat(150)}${')'.repeat(150)}\na.b()  # here`
  expect(targets(`def f(x): return x\n${deep}`)).toEqual([])
  const chain = `import requests\nx = requests${'.a()'.repeat(800)}\nx.get()  # here`
  expect(targets(chain)).toEqual([])
})
