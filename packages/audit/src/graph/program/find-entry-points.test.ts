// What frameworks call, one small project per framework.
import { expect, test } from 'vitest'
import { programOf } from './project-from-text.ts'

const entries = (files: Record<string, string>): string[] => {
  const program = programOf(files)
  return program.entries.map(
    (e) =>
      `${e.framework} ${e.kind}${e.onEventLoop ? ' on loop' : ''}: ${e.label} → ${program.qualifiedName(e.function)}`,
  )
}

test('FastAPI: routers with prefixes, websockets, dependencies at every level, middleware, handlers, lifespan', () => {
  expect(
    entries({
      'app/__init__.py': '',
      'app/deps.py': 'async def user(): ...\ndef admin(): ...\nasync def token(): ...',
      'app/items.py': [
        'from typing import Annotated',
        'from fastapi import APIRouter, Depends',
        'from app.deps import user, admin, token',
        'router = APIRouter(prefix="/items", dependencies=[Depends(token)])',
        'User = Annotated[str, Depends(user)]',
        '@router.get("/{id}", dependencies=[Depends(admin)])',
        'async def one(id: int, user: User): ...',
        '@router.post("")',
        'def create(): ...',
        '@router.websocket("/live")',
        'async def live(ws): ...',
      ].join('\n'),
      'app/main.py': [
        'from contextlib import asynccontextmanager',
        'from fastapi import FastAPI',
        'from starlette.middleware.base import BaseHTTPMiddleware',
        '@asynccontextmanager',
        'async def lifespan(app: FastAPI):',
        '    yield',
        'app = FastAPI(lifespan=lifespan)',
        '@app.middleware("http")',
        'async def timing(request, call_next): ...',
        '@app.exception_handler(ValueError)',
        'async def broken(request, error): ...',
        'class Audit(BaseHTTPMiddleware):',
        '    async def dispatch(self, request, call_next): ...',
      ].join('\n'),
    }).sort(),
  ).toEqual([
    'fastapi dependency on loop: dependency token → token',
    'fastapi dependency on loop: dependency user → user',
    'fastapi dependency: dependency admin → admin',
    'fastapi exception-handler on loop: exception handler → broken',
    'fastapi middleware on loop: middleware http → timing',
    'fastapi route on loop: GET /items/{id} → one',
    'fastapi route: POST /items → create',
    'fastapi websocket on loop: WEBSOCKET /items/live → live',
    'starlette middleware on loop: middleware Audit → Audit.dispatch',
    'starlette startup on loop: lifespan → lifespan',
  ])
})

test('Django and DRF: urls.py, class-based views, view sets with actions, middleware, commands, signals, ready', () => {
  const found = entries({
    'manage.py': '',
    'shop/__init__.py': '',
    'shop/settings.py': 'MIDDLEWARE = ["shop.middleware.Timing", "django.middleware.common.CommonMiddleware"]',
    'shop/middleware.py':
      'class Timing:\n    def __init__(self, get_response): ...\n    def __call__(self, request): ...',
    'shop/views.py': [
      'from django.views import View',
      'from rest_framework.viewsets import ModelViewSet',
      'from rest_framework.decorators import action',
      'def index(request): ...',
      'async def live(request): ...',
      'class Detail(View):',
      '    def get(self, request, pk): ...',
      'class Orders(ModelViewSet):',
      '    def list(self, request): ...',
      '    @action(detail=True)',
      '    def pay(self, request, pk): ...',
    ].join('\n'),
    'shop/urls.py': [
      'from django.urls import path, re_path, include',
      'from rest_framework.routers import DefaultRouter',
      'from shop import views',
      'router = DefaultRouter()',
      'router.register("orders", views.Orders)',
      'urlpatterns = [path("", views.index), path("live", views.live), re_path(r"^item/(?P<pk>\\d+)$", views.Detail.as_view())]',
    ].join('\n'),
    'shop/management/__init__.py': '',
    'shop/management/commands/__init__.py': '',
    'shop/management/commands/sweep.py': 'class Command:\n    def handle(self): ...',
    'shop/signals.py': 'from django.dispatch import receiver\n@receiver(object)\ndef saved(sender): ...',
    'shop/apps.py': 'from django.apps import AppConfig\nclass Shop(AppConfig):\n    def ready(self): ...',
  })
  expect(found.sort()).toEqual([
    'django command: command sweep → Command.handle',
    'django middleware: middleware Timing → Timing.__call__',
    'django route on loop: /live → live',
    'django route: / → index',
    'django route: /orders (list) → Orders.list',
    'django route: /orders (pay) → Orders.pay',
    'django route: GET /item/{pk} → Detail.get',
    'django signal: signal → saved',
    'django startup: ready Shop → Shop.ready',
  ])
})

test('Flask: routes, blueprints, MethodView, hooks; an async view has a loop of its own', () => {
  expect(
    entries({
      'app.py': [
        'from flask import Flask, Blueprint',
        'from flask.views import MethodView',
        'app = Flask(__name__)',
        'bp = Blueprint("shop", __name__)',
        '@app.route("/", methods=["POST"])',
        'def index(): ...',
        '@bp.get("/live")',
        'async def live(): ...',
        '@app.errorhandler(404)',
        'def missing(e): ...',
        '@app.before_request',
        'def load(): ...',
        'class Item(MethodView):',
        '    def get(self): ...',
        'def plain(): ...',
        'app.add_url_rule("/plain", view_func=plain)',
      ].join('\n'),
    }).sort(),
  ).toEqual([
    'flask exception-handler: errorhandler → missing',
    'flask middleware: before request → load',
    'flask route: GET /live → live',
    'flask route: GET /plain → plain',
    'flask route: GET Item → Item.get',
    'flask route: POST / → index',
  ])
})

test('views behind decorators, called classes and instances; tables in loops; aiohttp tables', () => {
  expect(
    entries({
      'shop/__init__.py': '',
      'shop/views.py': [
        'from django.views import View',
        'from django.views.decorators.csrf import csrf_exempt',
        'def index(request): ...',
        'class Detail(View):',
        '    def get(self, request): ...',
        'class Feed:',
        '    def __call__(self, request): ...',
      ].join('\n'),
      'shop/urls.py': [
        'from django.urls import path',
        'from django.views.decorators.csrf import csrf_exempt',
        'from shop import views',
        'urlpatterns = [path("a/", csrf_exempt(views.index)), path("b/", views.Detail().as_view()), path("c/", views.Feed())]',
      ].join('\n'),
      'table.py': [
        'from flask import Flask',
        'app = Flask(__name__)',
        'def one(): ...',
        'def two(): ...',
        'ROUTES = [("/one", one), ("/two", two)]',
        'for rule, view in ROUTES:',
        '    app.add_url_rule(rule, view_func=view)',
      ].join('\n'),
      'web.py': [
        'from aiohttp import web',
        'async def three(request): ...',
        'app = web.Application()',
        'app.add_routes([web.get("/three", three)])',
      ].join('\n'),
    }),
  ).toEqual([
    'django route: /a/ → index',
    'django route: GET /b/ → Detail.get',
    'django route: /c/ → Feed.__call__',
    'flask route: GET → one',
    'flask route: GET → two',
    'aiohttp route on loop: GET /three → three',
  ])
})

test('GraphQL: Strawberry, Graphene, Ariadne', () => {
  expect(
    entries({
      'a.py': [
        'import strawberry',
        '@strawberry.type',
        'class Query:',
        '    @strawberry.field',
        '    async def orders(self): ...',
        '    @strawberry.mutation(name="pay")',
        '    def pay(self): ...',
      ].join('\n'),
      'b.py': [
        'import graphene',
        'class Query(graphene.ObjectType):',
        '    def resolve_orders(self, info): ...',
        '    def total(self): ...',
        'class Pay(graphene.Mutation):',
        '    def mutate(self, info): ...',
      ].join('\n'),
      'c.py': [
        'from ariadne import MutationType, QueryType',
        'query = QueryType()',
        'mutation = MutationType()',
        '@query.field("orders")',
        'def resolve(*_): ...',
        '@mutation.field("pay")',
        'def pay(*_): ...',
      ].join('\n'),
    }),
  ).toEqual([
    'strawberry route on loop: query orders → Query.orders',
    'strawberry route: mutation pay → Query.pay',
    'graphene route: query orders → Query.resolve_orders',
    'graphene route: mutation Pay → Pay.mutate',
    'ariadne route: query orders → resolve',
    'ariadne route: mutation pay → pay',
  ])
})

test('methods called after a verb of HTTP: Twisted, frameworks of the project, Falcon; a word like it is none', () => {
  expect(
    entries({
      'rest.py': [
        'from twisted.web.resource import Resource',
        'class Rooms:',
        '    PATTERNS = patterns("/rooms/(?P<id>[^/]*)$")',
        '    async def on_GET(self, request): ...',
        '    def on_GETTING(self): ...',
        'class Page(Resource):',
        '    def render_POST(self, request): ...',
        'def on_PUT(): ...',
      ].join('\n'),
      'things.py': ['import falcon', 'class Thing:', '    def on_get(self, request, response): ...'].join('\n'),
    }),
  ).toEqual([
    'twisted route on loop: GET /rooms/(?P<id>[^/]*) → Rooms.on_GET',
    'twisted route: POST Page → Page.render_POST',
    'twisted route: GET Thing → Thing.on_get',
  ])
})

test('a registration whose handler cannot be followed is lost and counted; one of a library is not', () => {
  const program = programOf({
    'shop/urls.py': [
      'from django.urls import include, path',
      'from django.contrib import admin',
      'from django.views.generic import RedirectView',
      'urlpatterns = [path("lost/", handlers["lost"].view), path("api/", include("shop.api")), path("admin/", admin.site.urls), path("r/", RedirectView.as_view())]',
    ].join('\n'),
    'app.py': 'from flask import Flask\napp = Flask(__name__)\napp.add_url_rule("/x", view_func=made["x"])\n',
  })
  expect(program.lostRoutes.map(({ label, line }) => `${label}:${line}`)).toEqual(['GET /x:3', '/lost/:4'])
})

test('jobs and commands: Celery, RQ, Dramatiq, APScheduler, click, typer', () => {
  expect(
    entries({
      'jobs.py': [
        'import click, dramatiq, typer',
        'from celery import Celery, shared_task',
        'from rq.decorators import job',
        'from apscheduler.schedulers.background import BackgroundScheduler',
        'celery = Celery("x")',
        'cli = typer.Typer()',
        'scheduler = BackgroundScheduler()',
        '@shared_task',
        'def one(): ...',
        '@celery.task(bind=True)',
        'def two(self): ...',
        '@job("low")',
        'def three(): ...',
        '@dramatiq.actor',
        'def four(): ...',
        '@click.command()',
        'def five(): ...',
        '@cli.command()',
        'def six(): ...',
        'def seven(): ...',
        'scheduler.add_job(seven, "interval", minutes=1)',
        'class Other:',
        '    @property',
        '    def task(self): ...',
      ].join('\n'),
    }),
  ).toEqual([
    'celery task: task one → one',
    'celery task: task two → two',
    'rq task: task three → three',
    'dramatiq task: task four → four',
    'click command: command five → five',
    'click command: command six → six',
    'apscheduler scheduled: job seven → seven',
  ])
})

test('reach: the routes that use a function, through dependencies, methods, properties and callbacks', () => {
  const program = programOf({
    'app.py': [
      'from fastapi import FastAPI, Depends',
      'app = FastAPI()',
      'def low(): ...',
      'def dep():',
      '    low()',
      'class Service:',
      '    @property',
      '    def total(self):',
      '        return low()',
      '    def run(self):',
      '        return self.total',
      '@app.get("/a")',
      'def a(x=Depends(dep)): ...',
      '@app.get("/b")',
      'def b():',
      '    return Service().run()',
      '@app.get("/c")',
      'def c():',
      '    return list(map(low, []))',
      '@app.get("/d")',
      'def d(): ...',
    ].join('\n'),
  })
  const low = program.functionAt(0, 0) + 1
  expect(program.qualifiedName(low)).toBe('low')
  expect(program.reach.routes(low)).toBe(3)
  const b = program.entries.find((e) => e.label === 'GET /b')!
  expect(program.reach.chain(b, low).map((call) => program.callInfo(call).text)).toEqual(['Service().run', 'low'])
  expect(program.reach.isReachable(low, ['task'])).toBe(false)
})

test('Socket.IO: handlers of Flask-SocketIO and of python-socketio', () => {
  expect(
    entries({
      'live.py': [
        'from flask_socketio import SocketIO',
        'import socketio as io',
        'socketio = SocketIO()',
        'sio = io.AsyncServer()',
        '@socketio.on("join", namespace="/events")',
        'def on_join(data): ...',
        '@sio.event',
        'async def leave(sid): ...',
        '@something.on("join")',
        'def other(data): ...',
      ].join('\n'),
    }).sort(),
  ).toEqual(['socketio websocket on loop: message leave → leave', 'socketio websocket: message join → on_join'])
})
