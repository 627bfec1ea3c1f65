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
    'django route on loop: ROUTE /live → live',
    'django route: ROUTE / → index',
    'django route: ROUTE /item/(?P<pk>\\d+)$ (get) → Detail.get',
    'django route: ROUTE /orders (list) → Orders.list',
    'django route: ROUTE /orders (pay) → Orders.pay',
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
    'flask route: GET Item → Item.get',
    'flask route: POST / → index',
    'flask route: ROUTE /plain → plain',
  ])
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
