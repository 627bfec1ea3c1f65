// Imports of every form, in their tiers, over several roots.
import { expect, test } from 'vitest'
import { programOf } from '../program/project-from-text.ts'

const arrows = (files: Record<string, string>): string[] => {
  const program = programOf(files)
  const path = (id: number): string => program.modules[id]!.path
  return program.imports.edges.map(
    (e) => `${path(e.from)} ${e.tier}${e.optional ? ' optional' : ''}${e.dynamic ? ' dynamic' : ''} ${path(e.to)}`,
  )
}

test('relative imports, re-exports and submodules lead to the module that is meant', () => {
  expect(
    arrows({
      'shop/__init__.py': '',
      'shop/orders/__init__.py': 'from .models import Order',
      'shop/orders/models.py': 'class Order: ...',
      'shop/carts.py':
        'from .orders import Order\nfrom .orders import models\nfrom . import orders\nimport shop.orders.models as m',
      'shop/deep/__init__.py': '',
      'shop/deep/x.py': 'from ..orders.models import Order\nfrom .. import carts',
    }),
  ).toEqual([
    'shop/carts.py runtime shop/orders/__init__.py',
    'shop/carts.py runtime shop/orders/models.py',
    'shop/deep/x.py runtime shop/orders/models.py',
    'shop/deep/x.py runtime shop/carts.py',
    'shop/orders/__init__.py runtime shop/orders/models.py',
  ])
})

test('the tier says when an import runs, and the strongest statement wins', () => {
  expect(
    arrows({
      'a.py': [
        'from typing import TYPE_CHECKING',
        'import typing as t',
        'if TYPE_CHECKING:',
        '    import b',
        'else:',
        '    import c',
        'if t.TYPE_CHECKING: import d',
        'if not TYPE_CHECKING:',
        '    import e',
        'else:',
        '    import f',
        'if False:',
        '    import g',
        'if TYPE_CHECKING is True:',
        '    import k',
        'def late():',
        '    import h',
        '    import c',
        'class Body:',
        '    import i',
        'try:',
        '    import j',
        'except ImportError:',
        '    j = None',
      ].join('\n'),
      ...Object.fromEntries('bcdefghijk'.split('').map((name) => [`${name}.py`, ''])),
    }),
  ).toEqual([
    'a.py type-only b.py',
    'a.py runtime optional c.py',
    'a.py type-only d.py',
    'a.py runtime optional e.py',
    'a.py type-only f.py',
    'a.py type-only g.py',
    'a.py type-only k.py',
    'a.py deferred h.py',
    'a.py runtime i.py',
    'a.py runtime optional j.py',
  ])
})

test('two back ends with the same package name each import their own', () => {
  expect(
    arrows({
      'services/one/app/__init__.py': '',
      'services/one/app/main.py': 'from app.users import find',
      'services/one/app/users.py': '',
      'services/two/app/__init__.py': '',
      'services/two/app/main.py': 'from app.users import find',
      'services/two/app/users.py': '',
    }),
  ).toEqual([
    'services/one/app/main.py runtime services/one/app/users.py',
    'services/two/app/main.py runtime services/two/app/users.py',
  ])
})

test('a folder without __init__ inside a package is a part of it, and its modules are no packages of their own', () => {
  const files = {
    'shop/__init__.py': '',
    'shop/schemas/mcp.py': 'import openai\nfrom shop.schemas.order import Order',
    'shop/schemas/order.py': 'class Order: ...',
    'shop/schemas/openai/chat.py': '',
    'shop/schemas/providers/__init__.py': '',
    'shop/tools.py': 'from mcp import Tool\nfrom providers import base',
    'shop/runner/main.py': 'from core.work import run',
    'shop/runner/core/work.py': 'def run(): ...',
  }
  expect(arrows(files)).toEqual([
    'shop/runner/main.py runtime shop/runner/core/work.py',
    'shop/schemas/mcp.py runtime shop/schemas/order.py',
  ])
  expect(programOf(files).modules.find(({ path }) => path === 'shop/schemas/mcp.py')?.name).toBe('shop.schemas.mcp')
})

test('a package wins over a module of its name, which is never loaded', () => {
  const files = {
    'shop/__init__.py': '',
    'shop/orders.py': 'import shop.carts',
    'shop/orders/__init__.py': 'one = 1',
    'shop/carts.py': 'from shop.orders import one',
  }
  const program = programOf(files)
  expect(program.modules.find(({ path }) => path === 'shop/orders.py')?.role).toBe('stub')
  expect(arrows(files)).toContain('shop/carts.py runtime shop/orders/__init__.py')
})

test('migrations do not hide how a package is divided', () => {
  const versions = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`shop/migrations/versions/m${at}.py`, '']))
  const code = ['models', 'services', 'utils'].flatMap((part) =>
    ['a', 'b', 'c'].map((name): [string, string] => [`shop/app/${part}/${name}.py`, '']),
  )
  const program = programOf({
    ...versions,
    ...Object.fromEntries(code),
    'shop/__init__.py': '',
    'shop/app/__init__.py': '',
  })
  expect(program.packages.map(({ name }) => name)).toEqual(['shop.app.models', 'shop.app.services', 'shop.app.utils'])
})

test('src layouts and namespace packages without __init__ resolve', () => {
  expect(
    arrows({
      'src/acme/billing/invoice.py': 'from acme.users.model import User',
      'src/acme/users/model.py': '',
      'backend/manage.py': '',
      'backend/shop/views.py': 'import shop.models',
      'backend/shop/models.py': '',
    }),
  ).toEqual([
    'backend/shop/views.py runtime backend/shop/models.py',
    'src/acme/billing/invoice.py runtime src/acme/users/model.py',
  ])
})

test('a file called like a standard library module does not catch imports from elsewhere', () => {
  const program = programOf({
    'app/__init__.py': '',
    'app/main.py': 'import logging\nimport redis',
    'plugins/logging.py': '',
    'plugins/redis.py': '',
  })
  expect(program.imports.edges).toEqual([])
  const main = program.modules.find((m) => m.path === 'app/main.py')!
  expect([...program.imports.externalsOf(main.id)]).toEqual([
    ['logging', 1],
    ['redis', 2],
  ])
})

test('constant text that names modules makes dynamic arrows', () => {
  expect(
    arrows({
      'site/__init__.py': '',
      'site/settings.py':
        'INSTALLED_APPS = ["site.shop", "django.contrib.admin"]\nMIDDLEWARE = ["site.shop.middleware.Timing"]',
      'site/shop/__init__.py': '',
      'site/shop/middleware.py': 'class Timing: ...',
      'site/loader.py':
        'from importlib import import_module\nimport_module("site.shop.middleware")\ndef f(name): import_module(name)',
    }),
  ).toEqual([
    'site/loader.py runtime dynamic site/shop/middleware.py',
    'site/settings.py deferred dynamic site/shop/__init__.py',
    'site/settings.py deferred dynamic site/shop/middleware.py',
  ])
})

test('lazy imports hide a circle from the runtime tier, not from the deferred one', () => {
  const program = programOf({ 'a.py': 'import b', 'b.py': 'import c', 'c.py': 'def f():\n    import a' })
  expect(program.imports.cycles('runtime')).toEqual([])
  const [cycle] = program.imports.cycles('deferred')
  expect(cycle?.modules).toHaveLength(3)
  expect(cycle?.cuts.map((cut) => [cut.edge.from, cut.edge.to, cut.circle.length])).toEqual([[2, 0, 3]])
})

test('a relative import above the root and an import of itself do no harm', () => {
  expect(
    arrows({
      'pkg/__init__.py': 'from ....nowhere import x\nimport pkg\nfrom . import pkg',
      'pkg/a.py': 'from .a import a',
    }),
  ).toEqual([])
})

test('a package that imports from itself does not hide itself from the files beside it', () => {
  expect(
    arrows({
      'shop/__init__.py': '',
      'shop/api/__init__.py': 'namespace = object()\nfrom shop.api import carts',
      'shop/api/carts.py': 'from shop.api import namespace',
    }),
  ).toEqual(['shop/api/__init__.py runtime shop/api/carts.py', 'shop/api/carts.py runtime shop/api/__init__.py'])
})
