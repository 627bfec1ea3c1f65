// SQLAlchemy 1.4 and 2, sync and async, with SQLModel and Flask-SQLAlchemy on top.
import type { Library } from './library.ts'

const sessionTerminals =
  'execute exec scalar scalars commit flush rollback refresh merge get get_one bulk_save_objects bulk_insert_mappings bulk_update_mappings connection'
const queryBuilders =
  'filter filter_by where join outerjoin order_by group_by having limit offset options distinct select_from with_entities with_for_update union union_all except_ intersect from_statement enable_eagerloads execution_options populate_existing params reset_joinpoint correlate yield_per add_columns add_entity autoflush slice select_entity_from enable_assertions prefix_with suffix_with with_loader_criteria'
const queryTerminals =
  'all first one one_or_none scalar count get delete update exists_now scalar_one scalar_one_or_none'

/** SQLAlchemy. A Result from `execute` is already in memory, so its methods cost nothing. */
export const sqlalchemy: Library = {
  name: 'sqlalchemy',
  functions: {
    'sqlalchemy.create_engine sqlalchemy.engine.create_engine sqlmodel.create_engine sqlalchemy.engine_from_config sqlalchemy.future.create_engine':
      '-> sqlalchemy.Engine',
    'sqlalchemy.ext.asyncio.create_async_engine sqlalchemy.ext.asyncio.async_engine_from_config sqlalchemy.ext.asyncio.engine.create_async_engine':
      '-> sqlalchemy.ext.asyncio.AsyncEngine',
    'sqlalchemy.orm.sessionmaker sqlalchemy.orm.session.sessionmaker':
      '-> sqlalchemy.orm.sessionmaker[class_=sqlalchemy.orm.Session]',
    'sqlalchemy.ext.asyncio.async_sessionmaker sqlalchemy.ext.asyncio.session.async_sessionmaker':
      '-> sqlalchemy.orm.sessionmaker[class_=sqlalchemy.ext.asyncio.AsyncSession]',
    'sqlalchemy.orm.scoped_session sqlalchemy.orm.scoping.scoped_session': '-> sqlalchemy.orm.scoped_session',
    'sqlalchemy.ext.asyncio.async_scoped_session': '-> sqlalchemy.ext.asyncio.AsyncSession',
    'sqlalchemy.inspect sqlalchemy.inspection.inspect': '-> sqlalchemy.Inspector',
    'sqlalchemy.orm.create_session': '-> sqlalchemy.orm.Session',
    'sqlalchemy.orm.object_session': '-> sqlalchemy.orm.Session',
    'sqlalchemy_utils.database_exists sqlalchemy_utils.create_database sqlalchemy_utils.drop_database': 'database',
  },
  classes: {
    'sqlalchemy.orm.Session': {
      also: 'sqlalchemy.orm.session.Session sqlmodel.Session sqlmodel.orm.session.Session sqlalchemy.orm.SessionTransaction flask_sqlalchemy.session.Session',
      does: {
        [sessionTerminals]: 'database',
        query: '-> sqlalchemy.orm.Query',
        'begin begin_nested': '-> context[self]',
        'add add_all delete expunge expunge_all expire expire_all is_modified close': '',
        __call__: '-> self',
        __enter__: '-> self',
      },
    },
    'sqlalchemy.orm.scoped_session': {
      also: 'sqlalchemy.orm.scoping.scoped_session',
      bases: 'sqlalchemy.orm.Session',
      does: { __call__: '-> sqlalchemy.orm.Session', remove: '' },
    },
    'sqlalchemy.orm.sessionmaker': {
      also: 'sqlalchemy.orm.session.sessionmaker sqlalchemy.ext.asyncio.async_sessionmaker',
      does: { __call__: '-> item', begin: '-> context[item]', configure: '' },
    },
    'sqlalchemy.orm.Query': {
      also: 'sqlalchemy.orm.query.Query flask_sqlalchemy.query.Query flask_sqlalchemy.BaseQuery',
      does: {
        [queryBuilders]: '-> self',
        [queryTerminals]: 'database',
        'get_or_404 first_or_404 one_or_404 paginate': 'database',
        'subquery scalar_subquery exists cte as_scalar label statement': '',
        __iter__: 'database',
        __getitem__: 'database',
      },
    },
    'sqlalchemy.Engine': {
      also: 'sqlalchemy.engine.Engine sqlalchemy.engine.base.Engine sqlalchemy.future.Engine sqlalchemy.future.engine.Engine',
      does: {
        connect: 'database -> sqlalchemy.Connection',
        begin: 'database -> context[sqlalchemy.Connection]',
        raw_connection: 'database -> psycopg2.extensions.connection',
        execution_options: '-> self',
        execute: 'database',
        dispose: '',
      },
    },
    'sqlalchemy.Connection': {
      also: 'sqlalchemy.engine.Connection sqlalchemy.engine.base.Connection sqlalchemy.future.Connection',
      does: {
        'execute scalar scalars exec_driver_sql commit rollback': 'database',
        'begin begin_nested': '-> context[self]',
        execution_options: '-> self',
        __enter__: '-> self',
      },
    },
    'sqlalchemy.Inspector': {
      also: 'sqlalchemy.engine.reflection.Inspector sqlalchemy.engine.Inspector',
      does: {
        'get_schema_names get_table_names get_columns get_indexes get_pk_constraint get_foreign_keys has_table get_unique_constraints get_view_names get_sequence_names':
          'database',
      },
    },
    'sqlalchemy.MetaData': {
      also: 'sqlalchemy.schema.MetaData sqlalchemy.sql.schema.MetaData',
      does: { 'create_all drop_all reflect': 'database' },
    },
    'sqlalchemy.ext.asyncio.AsyncSession': {
      also: 'sqlalchemy.ext.asyncio.session.AsyncSession sqlmodel.ext.asyncio.session.AsyncSession',
      does: {
        [`${sessionTerminals} delete close stream stream_scalars reset aclose`]: 'async',
        run_sync: 'async',
        'begin begin_nested': '-> context[self]',
        'add add_all expunge expunge_all expire expire_all': '',
        __call__: '-> self',
        __aenter__: '-> self',
      },
      has: { sync_session: 'sqlalchemy.orm.Session' },
    },
    'sqlalchemy.ext.asyncio.AsyncEngine': {
      also: 'sqlalchemy.ext.asyncio.engine.AsyncEngine',
      does: { 'connect begin': '-> context[sqlalchemy.ext.asyncio.AsyncConnection]', dispose: 'async' },
      has: { sync_engine: 'sqlalchemy.Engine' },
    },
    'sqlalchemy.ext.asyncio.AsyncConnection': {
      also: 'sqlalchemy.ext.asyncio.engine.AsyncConnection',
      does: {
        'execute scalar scalars exec_driver_sql run_sync commit rollback stream': 'async',
        __aenter__: '-> self',
      },
    },
    'flask_sqlalchemy.SQLAlchemy': {
      also: 'flask_sqlalchemy.extension.SQLAlchemy flask_sqlalchemy_lite.SQLAlchemy',
      does: { 'create_all drop_all reflect': 'database', 'first_or_404 get_or_404 one_or_404 paginate': 'database' },
      has: {
        session: 'sqlalchemy.orm.scoped_session',
        'engine engines': 'sqlalchemy.Engine',
        Model: 'class flask_sqlalchemy.Model',
      },
    },
    'flask_sqlalchemy.Model': {
      also: 'flask_sqlalchemy.model.Model',
      has: { query: 'sqlalchemy.orm.Query', metadata: 'sqlalchemy.MetaData' },
    },
    'sqlmodel.SQLModel': { has: { metadata: 'sqlalchemy.MetaData' } },
    'sqlalchemy.orm.DeclarativeBase': { has: { metadata: 'sqlalchemy.MetaData' } },
  },
}
