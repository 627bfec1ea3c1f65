// Database libraries of npm: what gives a repository, a model or a query builder, and which of their methods ask the database.
import type { Library } from './library.ts'

const TYPEORM_READS =
  'find findBy findOne findOneBy findOneOrFail findOneByOrFail findAndCount findAndCountBy findByIds findOneById count countBy exist exists existsBy existBy sum average minimum maximum query findTrees findRoots findDescendants findAncestors'
const MONGOOSE_READS = 'find findOne findById countDocuments estimatedDocumentCount distinct'

/** TypeORM, Mongoose, Sequelize, MikroORM, Prisma, Knex and Kysely; every call gives a promise, so none costs the event loop. */
export const nodeDatabases: Library = {
  name: 'node databases',
  functions: {
    'typeorm.getRepository typeorm.getTreeRepository typeorm.getMongoRepository typeorm.getCustomRepository':
      '-> typeorm.Repository',
    'typeorm.getConnection typeorm.createConnection': '-> typeorm.DataSource',
    'typeorm.getManager': '-> typeorm.EntityManager',
    'mongoose.model mongoose.connection.model': '-> mongoose.Model',
    'knex knex.knex knex.default': '-> knex.Knex',
  },
  classes: {
    'typeorm.DataSource': {
      also: 'typeorm.Connection',
      does: {
        'getRepository getTreeRepository getMongoRepository getCustomRepository': '-> typeorm.Repository',
        createQueryBuilder: '-> typeorm.SelectQueryBuilder',
        createEntityManager: '-> typeorm.EntityManager',
        'initialize connect': '-> self',
        query: '',
      },
      has: { manager: 'typeorm.EntityManager' },
    },
    'typeorm.Repository': {
      also: 'typeorm.TreeRepository typeorm.MongoRepository typeorm.AbstractRepository',
      does: {
        [TYPEORM_READS]: '',
        createQueryBuilder: '-> typeorm.SelectQueryBuilder',
        extend: '-> self',
      },
      has: { manager: 'typeorm.EntityManager' },
    },
    'typeorm.EntityManager': {
      does: {
        [TYPEORM_READS]: '',
        'getRepository getTreeRepository getCustomRepository withRepository': '-> typeorm.Repository',
        createQueryBuilder: '-> typeorm.SelectQueryBuilder',
      },
    },
    'typeorm.BaseEntity': {
      does: {
        [TYPEORM_READS]: '',
        createQueryBuilder: '-> typeorm.SelectQueryBuilder',
        getRepository: '-> typeorm.Repository',
      },
    },
    'typeorm.SelectQueryBuilder': {
      also: 'typeorm.QueryBuilder',
      does: {
        'select addSelect distinct from addFrom where andWhere orWhere whereInIds innerJoin leftJoin innerJoinAndSelect leftJoinAndSelect innerJoinAndMapOne leftJoinAndMapOne innerJoinAndMapMany leftJoinAndMapMany loadRelationCountAndMap loadAllRelationIds groupBy addGroupBy having andHaving orHaving orderBy addOrderBy limit offset take skip setLock withDeleted setParameter setParameters cache useTransaction clone':
          '-> self',
        'getOne getOneOrFail getMany getManyAndCount getCount getExists getRawOne getRawMany getRawAndEntities stream':
          '',
      },
    },
    'mongoose.Model': {
      also: '@nestjs/mongoose.Model',
      does: { [MONGOOSE_READS]: '-> mongoose.Query', 'exists aggregate': '-> mongoose.Query' },
    },
    'mongoose.Query': {
      does: {
        'where equals sort limit skip select populate lean session in or and nor gt gte lt lte batchSize collation hint read':
          '-> self',
        'exec orFail': '',
      },
    },
    'sequelize.Model': {
      also: 'sequelize-typescript.Model sequelize-typescript.Repository @sequelize/core.Model',
      does: {
        'findAll findOne findByPk findAndCountAll findOrCreate count sum min max scope unscoped': '',
        reload: '',
      },
    },
    'sequelize.Sequelize': {
      also: 'sequelize-typescript.Sequelize @sequelize/core.Sequelize',
      does: { 'define model': '-> sequelize.Model', getRepository: '-> sequelize.Model', query: '' },
    },
    '@mikro-orm/core.EntityManager': {
      also: '@mikro-orm/core.EntityRepository @mikro-orm/postgresql.EntityManager @mikro-orm/postgresql.EntityRepository @mikro-orm/mysql.EntityManager @mikro-orm/mysql.EntityRepository @mikro-orm/sqlite.EntityManager @mikro-orm/mongodb.EntityManager',
      does: {
        'find findOne findOneOrFail findAndCount findAll findByCursor count': '',
        'getRepository fork': '-> @mikro-orm/core.EntityManager',
      },
    },
    'knex.Knex': { does: { '__call__ from table select': '-> knex.QueryBuilder', raw: '' } },
    'knex.QueryBuilder': {
      does: {
        'select from where andWhere orWhere whereIn whereNull whereNotNull join leftJoin innerJoin orderBy groupBy limit offset count first pluck':
          '-> self',
      },
    },
    'kysely.Kysely': { does: { selectFrom: '-> kysely.SelectQueryBuilder', withSchema: '-> self' } },
    'kysely.SelectQueryBuilder': {
      does: {
        'select selectAll distinct where whereRef innerJoin leftJoin orderBy groupBy having limit offset forUpdate':
          '-> self',
        'execute executeTakeFirst executeTakeFirstOrThrow stream': '',
      },
    },
  },
}
