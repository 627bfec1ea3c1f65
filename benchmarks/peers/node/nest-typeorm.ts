// NestJS 12 on Fastify, ValidationPipe with class-validator, TypeORM entities. Anonymous reads only.
import 'reflect-metadata'
import { Controller, Get, Injectable, Module, NotFoundException, Param, Query, ValidationPipe } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm'
import { Type } from 'class-transformer'
import { IsInt, IsOptional, Max, MaxLength, Min } from 'class-validator'
import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Repository } from 'typeorm'

@Entity({ schema: 'identity', name: 'profile_card', synchronize: false })
class Author {
  @PrimaryColumn('bigint') id!: string
  @Column('text') username!: string
  @Column('text') bio!: string
  @Column('text') image!: string
}
@Entity({ schema: 'content', name: 'article', synchronize: false })
class Article {
  @PrimaryColumn('bigint') id!: string
  @Column('text') slug!: string
  @Column('text') title!: string
  @Column('text') description!: string
  @Column('text', { select: false }) body!: string
  @Column('text', { array: true, name: 'tag_list' }) tagList!: string[]
  @Column('boolean', { name: 'supporters_only' }) supportersOnly!: boolean
  @Column('integer', { name: 'favorites_count' }) favoritesCount!: number
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date
  @Column('timestamptz', { name: 'updated_at' }) updatedAt!: Date
  @Column('bigint', { name: 'author_id' }) authorId!: string
  @ManyToOne(() => Author) @JoinColumn({ name: 'author_id' }) author!: Author
}
@Entity({ schema: 'content', name: 'tally', synchronize: false })
class Tally {
  @PrimaryColumn('text') kind!: string
  @PrimaryColumn('text') subject!: string
  @PrimaryColumn('smallint') slot!: number
  @Column('bigint') articles!: string
}
class PageQuery {
  @IsOptional() @Type(() => Number) @IsInt() @Min(1) limit = 20
  @IsOptional() @Type(() => Number) @IsInt() @Min(0) @Max(1_000_000) offset = 0
}
class SlugParam {
  @MaxLength(300) slug!: string
}

@Injectable()
class ArticleService {
  constructor(
    @InjectRepository(Article) private readonly articles: Repository<Article>,
    @InjectRepository(Tally) private readonly tallies: Repository<Tally>,
  ) {}
  #dressed() {
    return this.articles
      .createQueryBuilder('article')
      .innerJoinAndSelect('article.author', 'author')
      .addSelect(
        'exists (select article_id from content.favorite where reader_id = :viewer::bigint and article_id = article.id)',
        'favorited',
      )
      .addSelect(
        'exists (select author_id from identity.following where follower_id = :viewer::bigint and author_id = article.author_id)',
        'following',
      )
      .setParameter('viewer', null)
  }
  async page(limit: number, offset: number) {
    const [{ entities, raw }, total] = await Promise.all([
      this.#dressed().orderBy('article.id', 'DESC').limit(limit).offset(offset).getRawAndEntities(),
      this.tallies
        .createQueryBuilder('tally')
        .select('coalesce(sum(tally.articles), 0)', 'total')
        .where('tally.kind = :kind', { kind: 'all' })
        .getRawOne(),
    ])
    return { articles: entities.map((entity, at) => card(entity, raw[at])), articlesCount: Number(total.total) }
  }
  async one(slug: string) {
    const { entities, raw } = await this.#dressed()
      .addSelect('article.body')
      .where('article.slug = :slug', { slug })
      .getRawAndEntities()
    const [entity] = entities
    if (entity === undefined) throw new NotFoundException()
    return {
      ...card(entity, raw[0]),
      body: entity.supportersOnly ? `This article is for supporters of ${entity.author.username}.` : entity.body,
      locked: entity.supportersOnly,
    }
  }
}
function card(entity: Article, raw: { favorited: boolean; following: boolean }) {
  const { slug, title, description, tagList, createdAt, updatedAt, favoritesCount, supportersOnly, author } = entity
  return {
    slug,
    title,
    description,
    tagList: tagList.toSorted(),
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    favorited: raw.favorited,
    favoritesCount,
    supportersOnly,
    author: { username: author.username, bio: author.bio, image: author.image, following: raw.following },
  }
}

@Controller('api/articles')
class ArticleController {
  constructor(private readonly service: ArticleService) {}
  @Get() list(@Query() query: PageQuery) {
    return this.service.page(Math.min(query.limit, 100), query.offset)
  }
  @Get(':slug') async one(@Param() params: SlugParam) {
    return { article: await this.service.one(params.slug) }
  }
}
@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'postgres',
      url: process.env.DATABASE_URL,
      entities: [Author, Article, Tally],
      synchronize: false,
      poolSize: 10,
    }),
    TypeOrmModule.forFeature([Article, Tally]),
  ],
  controllers: [ArticleController],
  providers: [ArticleService],
})
class AppModule {}
const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: false })
app.useGlobalPipes(new ValidationPipe({ transform: true }))
await app.listen(Number(process.env.PORT), '127.0.0.1')
