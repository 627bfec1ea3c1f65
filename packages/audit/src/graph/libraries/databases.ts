// Database drivers and stores below the ORMs: PostgreSQL, MySQL, Redis, MongoDB, Elasticsearch, Cassandra.
import type { Library } from './library.ts'

const cursor = 'execute executemany callproc copy_expert copy_from copy_to fetchone fetchall fetchmany scroll'
const redisCommands =
  'get set setex setnx mget mset delete exists expire ttl incr incrby decr decrby hget hset hgetall hmget hmset hdel hincrby lpush rpush lpop rpop blpop brpop lrange llen lrem ltrim sadd srem smembers sismember scard zadd zrem zrange zrangebyscore zrevrange zscore zcard zincrby publish ping info keys scan flushdb flushall eval evalsha getset getdel append persist pexpire type xadd xread xreadgroup xack xlen xgroup_create dbsize rename execute_command hexists hkeys hvals hlen json unlink'
const mongoReads =
  'find_one find_one_and_update find_one_and_delete find_one_and_replace insert_one insert_many update_one update_many delete_one delete_many replace_one count_documents estimated_document_count distinct bulk_write create_index create_indexes drop drop_index'
const elastic =
  'search index get mget delete update bulk count exists create msearch scroll delete_by_query update_by_query ping info reindex'

/** Drivers. Sync redis and Elasticsearch count as network, relational and document drivers as database. */
export const databases: Library = {
  name: 'databases',
  functions: {
    'psycopg2.connect psycopg.connect psycopg.Connection.connect': 'database -> psycopg2.extensions.connection',
    'psycopg.AsyncConnection.connect': 'async -> psycopg.AsyncConnection',
    'pymysql.connect MySQLdb.connect mysql.connector.connect mariadb.connect pyodbc.connect cx_Oracle.connect oracledb.connect snowflake.connector.connect':
      'database -> psycopg2.extensions.connection',
    'asyncpg.connect': 'async -> asyncpg.Connection',
    'asyncpg.create_pool': 'async -> asyncpg.Pool',
    'redis.from_url redis.Redis.from_url redis.StrictRedis.from_url': '-> redis.Redis',
    'redis.asyncio.from_url redis.asyncio.Redis.from_url aioredis.from_url': '-> redis.asyncio.Redis',
    'elasticsearch.helpers.bulk elasticsearch.helpers.scan elasticsearch.helpers.parallel_bulk opensearchpy.helpers.bulk':
      'network',
    'elasticsearch.helpers.async_bulk elasticsearch.helpers.async_scan': 'async',
    'clickhouse_connect.get_client': 'network -> clickhouse_connect.driver.client.Client',
    'duckdb.connect': 'database -> duckdb.DuckDBPyConnection',
  },
  classes: {
    'psycopg2.extensions.connection': {
      also: 'psycopg.Connection psycopg2.connection pymysql.connections.Connection pymysql.Connection',
      does: {
        cursor: '-> psycopg2.extensions.cursor',
        'commit rollback execute': 'database',
        notifies: 'database',
        transaction: '-> context[self]',
        __enter__: '-> self',
      },
    },
    'psycopg2.extensions.cursor': {
      also: 'psycopg.Cursor pymysql.cursors.Cursor pymysql.cursors.DictCursor',
      does: { [cursor]: 'database', __enter__: '-> self', __iter__: 'database' },
    },
    'psycopg.AsyncConnection': {
      does: { 'execute commit rollback close': 'async', cursor: '-> psycopg.AsyncCursor', __aenter__: '-> self' },
    },
    'psycopg.AsyncCursor': { does: { [cursor]: 'async', __aenter__: '-> self' } },
    'psycopg2.pool.SimpleConnectionPool': {
      also: 'psycopg2.pool.ThreadedConnectionPool psycopg2.pool.AbstractConnectionPool',
      does: { getconn: 'database -> psycopg2.extensions.connection', putconn: '' },
    },
    'psycopg_pool.ConnectionPool': {
      does: {
        connection: '-> context[psycopg2.extensions.connection]',
        getconn: 'database -> psycopg2.extensions.connection',
      },
    },
    'psycopg_pool.AsyncConnectionPool': {
      does: { connection: '-> context[psycopg.AsyncConnection]', 'open close getconn': 'async' },
    },
    'asyncpg.Connection': {
      also: 'asyncpg.connection.Connection asyncpg.Pool asyncpg.pool.Pool asyncpg.pool.PoolConnectionProxy',
      does: {
        'execute executemany fetch fetchrow fetchval add_listener remove_listener prepare close release copy_records_to_table':
          'async',
        acquire: '-> context[asyncpg.Connection]',
        transaction: '-> context[self]',
        __aenter__: '-> self',
      },
    },
    'redis.Redis': {
      also: 'redis.StrictRedis redis.client.Redis redis.client.StrictRedis redis.RedisCluster redis.cluster.RedisCluster fakeredis.FakeRedis flask_redis.FlaskRedis',
      does: {
        [redisCommands]: 'network',
        pipeline: '-> redis.client.Pipeline',
        pubsub: '-> redis.client.PubSub',
        lock: '-> redis.lock.Lock',
        'scan_iter hscan_iter sscan_iter': '-> iter[builtins.str]',
        __enter__: '-> self',
      },
    },
    'redis.client.Pipeline': { does: { execute: 'network', __enter__: '-> self' } },
    'redis.client.PubSub': {
      does: { 'subscribe psubscribe unsubscribe get_message': 'network', listen: '-> iter[builtins.str]' },
    },
    'redis.lock.Lock': { does: { 'acquire release extend': 'network', __enter__: 'network -> self' } },
    'redis.asyncio.Redis': {
      also: 'redis.asyncio.client.Redis redis.asyncio.StrictRedis aioredis.Redis aioredis.client.Redis redis.asyncio.RedisCluster redis.asyncio.cluster.RedisCluster',
      does: {
        [`${redisCommands} aclose close initialize`]: 'async',
        pipeline: '-> redis.asyncio.client.Pipeline',
        pubsub: '-> redis.asyncio.client.PubSub',
        lock: '-> redis.asyncio.lock.Lock',
        __aenter__: '-> self',
      },
    },
    'redis.asyncio.client.Pipeline': { does: { execute: 'async', __aenter__: '-> self' } },
    'redis.asyncio.client.PubSub': {
      does: { 'subscribe psubscribe unsubscribe get_message close aclose': 'async', __aenter__: '-> self' },
    },
    'redis.asyncio.lock.Lock': { does: { 'acquire release': 'async', __aenter__: '-> self' } },
    'pymongo.MongoClient': {
      also: 'pymongo.mongo_client.MongoClient flask_pymongo.PyMongo',
      does: {
        __getitem__: '-> pymongo.database.Database',
        'get_database get_default_database': '-> pymongo.database.Database',
        'list_database_names server_info drop_database': 'database',
        __getattr__: '-> pymongo.database.Database',
      },
    },
    'pymongo.database.Database': {
      does: {
        __getitem__: '-> pymongo.collection.Collection',
        'get_collection create_collection': '-> pymongo.collection.Collection',
        'command list_collection_names drop_collection': 'database',
        __getattr__: '-> pymongo.collection.Collection',
      },
    },
    'pymongo.collection.Collection': {
      does: { [mongoReads]: 'database', 'find aggregate': '-> pymongo.cursor.Cursor' },
    },
    'pymongo.cursor.Cursor': {
      also: 'pymongo.command_cursor.CommandCursor',
      does: {
        'sort limit skip batch_size hint': '-> self',
        to_list: 'database',
        __iter__: 'database',
        'next __getitem__': 'database',
      },
    },
    'motor.motor_asyncio.AsyncIOMotorClient': {
      also: 'pymongo.AsyncMongoClient pymongo.asynchronous.mongo_client.AsyncMongoClient',
      does: {
        __getitem__: '-> motor.motor_asyncio.AsyncIOMotorDatabase',
        'get_database get_default_database': '-> motor.motor_asyncio.AsyncIOMotorDatabase',
        __getattr__: '-> motor.motor_asyncio.AsyncIOMotorDatabase',
      },
    },
    'motor.motor_asyncio.AsyncIOMotorDatabase': {
      does: {
        __getitem__: '-> motor.motor_asyncio.AsyncIOMotorCollection',
        get_collection: '-> motor.motor_asyncio.AsyncIOMotorCollection',
        __getattr__: '-> motor.motor_asyncio.AsyncIOMotorCollection',
        'command list_collection_names': 'async',
      },
    },
    'motor.motor_asyncio.AsyncIOMotorCollection': {
      also: 'pymongo.asynchronous.collection.AsyncCollection',
      does: { [mongoReads]: 'async', 'find aggregate': '-> motor.motor_asyncio.AsyncIOMotorCursor' },
    },
    'motor.motor_asyncio.AsyncIOMotorCursor': { does: { 'sort limit skip': '-> self', to_list: 'async' } },
    'mongoengine.Document': {
      does: { 'save delete reload update': 'database' },
      has: { objects: 'mongoengine.QuerySet' },
    },
    'mongoengine.QuerySet': {
      does: {
        'filter order_by only exclude limit skip __call__': '-> self',
        'first get count delete update create': 'database',
        __iter__: 'database',
      },
    },
    'elasticsearch.Elasticsearch': {
      also: 'opensearchpy.OpenSearch elasticsearch.client.Elasticsearch',
      does: { [elastic]: 'network' },
      has: { 'indices cluster cat snapshot ingest': 'elasticsearch.client.IndicesClient' },
    },
    'elasticsearch.client.IndicesClient': {
      does: {
        'create delete exists put_mapping refresh get_alias put_alias get get_mapping put_settings health': 'network',
      },
    },
    'elasticsearch.AsyncElasticsearch': {
      also: 'opensearchpy.AsyncOpenSearch',
      does: { [`${elastic} close`]: 'async' },
    },
    'clickhouse_driver.Client': {
      also: 'clickhouse_connect.driver.client.Client',
      does: { 'execute query insert command query_df': 'database' },
    },
    'cassandra.cluster.Session': { does: { execute: 'database' } },
    'neo4j.Session': { does: { run: 'database' } },
    'duckdb.DuckDBPyConnection': { does: { 'execute sql query': 'database' } },
    'peewee.Model': { does: { 'save delete_instance create get get_or_create get_or_none get_by_id': 'database' } },
    'pymemcache.client.base.Client': {
      also: 'memcache.Client pylibmc.Client',
      does: { 'get set add delete incr decr': 'network' },
    },
  },
}
