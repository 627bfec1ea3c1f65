"""The example's articles and tags on the usual Python stack: FastAPI, pydantic, uvicorn, and SQLAlchemy 2 async or asyncpg.

STORE is asyncpg (SQL by hand), sqlalchemy (one session and one transaction for each request, the statement built in the
handler, as is usual) or sqlalchemy-prebuilt (statements built once, reads without a transaction). Same SQL and tokens as the example.
It has no security headers, request ids, deadlines, histograms or loop guard.
"""

import os, re, secrets, unicodedata
from contextlib import asynccontextmanager
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI, Header, HTTPException, Path, Query
from pydantic import AfterValidator, BaseModel, Field

STORE = os.environ.get("STORE", "sqlalchemy")
URL = os.environ["DATABASE_URL"]
SECRET = os.environ["TOKEN_SECRET"].encode()
POOL = int(os.environ.get("DATABASE_POOL_SIZE", "10"))
# 0 behind a pooler that does not keep names.
CACHE = int(os.environ.get("STATEMENT_CACHE", "100"))


# -- what comes in and goes out ----------------------------------------------------------------------------------------


def storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not contain NUL")
    text.encode()  # half a surrogate pair raises
    return text


def visible(text: str) -> str:
    if not storable(text).strip():
        raise ValueError("can't be blank")
    return text


def Text(longest: int, shortest: int = 0):
    return Annotated[str, Field(min_length=shortest, max_length=longest), AfterValidator(storable)]


def Visible(longest: int):
    return Annotated[str, Field(min_length=1, max_length=longest), AfterValidator(visible)]


class Profile(BaseModel):
    username: str
    bio: str
    image: str
    following: bool


class ArticleCard(BaseModel):
    slug: str
    title: str
    description: str
    tagList: list[str]
    createdAt: str
    updatedAt: str
    favorited: bool
    favoritesCount: int
    supportersOnly: bool
    author: Profile


class Article(ArticleCard):
    body: str
    locked: bool


class ArticlePage(BaseModel):
    articles: list[ArticleCard]
    articlesCount: int


class ArticleAnswer(BaseModel):
    article: Article


class Tags(BaseModel):
    tags: list[str]


class NewArticle(BaseModel):
    title: Visible(300)
    description: Visible(2000)
    body: Visible(200_000)
    tagList: Annotated[list[Visible(64)], Field(max_length=20)] = []
    supportersOnly: bool = False


class Creation(BaseModel):
    article: NewArticle


def iso(moment) -> str:
    return moment.isoformat(timespec="milliseconds")[:-6] + "Z"


def card(row) -> dict:
    return {
        "slug": row["slug"],
        "title": row["title"],
        "description": row["description"],
        "tagList": sorted(row["tag_list"]),
        "createdAt": iso(row["created_at"]),
        "updatedAt": iso(row["updated_at"]),
        "favorited": row["favorited"],
        "favoritesCount": row["favorites_count"],
        "supportersOnly": row["supporters_only"],
        "author": {
            "username": row["username"],
            "bio": row["bio"],
            "image": row["image"],
            "following": row["following"],
        },
    }


def whole(row, viewer: int | None) -> dict:
    locked = row["supporters_only"] and viewer != row["author_id"]
    notice = f"This article is for supporters of {row['username']}."
    return card(row) | {"body": notice if locked else row["body"], "locked": locked}


def slugify(title: str) -> str:
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", title).lower())
    text = "".join(c for c in text if not unicodedata.category(c).startswith("M"))
    slug = re.sub(r"[\W_]+", "-", text).strip("-")[:80].strip("-")
    return slug or "article"


def slugs(title: str):
    slug = slugify(title)
    if slug != "feed":
        yield slug
    for _ in range(7):
        yield f"{slug}-{secrets.token_hex(3)}"


# -- where it is kept --------------------------------------------------------------------------------------------------

if STORE.startswith("sqlalchemy"):
    from sqlalchemy import ARRAY, BigInteger, ForeignKey, Text as SqlText, bindparam, exists, func, select
    from sqlalchemy.dialects.postgresql import TIMESTAMP, insert
    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

    class Base(DeclarativeBase):
        pass

    class ArticleRow(Base):
        __tablename__ = "article"
        __table_args__ = {"schema": "content"}
        id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
        slug: Mapped[str]
        title: Mapped[str]
        description: Mapped[str]
        body: Mapped[str]
        tag_list: Mapped[list[str]] = mapped_column(ARRAY(SqlText))
        author_id: Mapped[int] = mapped_column(BigInteger)
        supporters_only: Mapped[bool]
        favorites_count: Mapped[int]
        created_at = mapped_column(TIMESTAMP(timezone=True))
        updated_at = mapped_column(TIMESTAMP(timezone=True))

    class ArticleTagRow(Base):
        __tablename__ = "article_tag"
        __table_args__ = {"schema": "content"}
        tag: Mapped[str] = mapped_column(primary_key=True)
        article_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)

    class FavoriteRow(Base):
        __tablename__ = "favorite"
        __table_args__ = {"schema": "content"}
        reader_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
        article_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)

    class TallyRow(Base):
        __tablename__ = "tally"
        __table_args__ = {"schema": "content"}
        kind: Mapped[str] = mapped_column(primary_key=True)
        subject: Mapped[str] = mapped_column(primary_key=True)
        slot: Mapped[int] = mapped_column(primary_key=True)
        articles: Mapped[int] = mapped_column(BigInteger)

    class CardRow(Base):
        __tablename__ = "profile_card"
        __table_args__ = {"schema": "identity"}
        id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
        username: Mapped[str]
        bio: Mapped[str]
        image: Mapped[str]

    class FollowingRow(Base):
        __tablename__ = "following"
        __table_args__ = {"schema": "identity"}
        follower_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
        author_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)


    def dressed(cut, viewer, *more):
        a = cut.subquery("article").c
        viewer = bindparam("viewer", viewer, BigInteger)
        favorited = exists().where(FavoriteRow.reader_id == viewer, FavoriteRow.article_id == a.id)
        following = exists().where(FollowingRow.follower_id == viewer, FollowingRow.author_id == a.author_id)
        return (
            select(
                a.id, a.slug, a.title, a.description, a.tag_list, a.author_id, a.supporters_only, a.favorites_count,
                a.created_at, a.updated_at, CardRow.username, CardRow.bio, CardRow.image,
                favorited.label("favorited"), following.label("following"), *(a[name] for name in more),
            )
            .join(CardRow, CardRow.id == a.author_id)
            .order_by(a.id.desc())
        )  # fmt: skip

    # What STORE=sqlalchemy-prebuilt sends: built once, so that SQLAlchemy works out no cache key from a new tree for each request.
    PAGE = dressed(select(ArticleRow).order_by(ArticleRow.id.desc()).limit(bindparam("limit", type_=BigInteger)).offset(bindparam("offset", type_=BigInteger)), None)
    ONE = dressed(select(ArticleRow).where(ArticleRow.slug == bindparam("slug")), None, "body")
    TOTAL = select(func.coalesce(func.sum(TallyRow.articles), 0)).where(TallyRow.kind == "all")

    class Store:
        async def open(self):
            url = URL.replace("postgres://", "postgresql+asyncpg://")
            self.engine = create_async_engine(url, pool_size=POOL, max_overflow=0)
            reads = self.engine
            if STORE == "sqlalchemy-prebuilt":
                reads = self.engine.execution_options(isolation_level="AUTOCOMMIT")
            self.reads = async_sessionmaker(reads, expire_on_commit=False)
            self.writes = async_sessionmaker(self.engine, expire_on_commit=False)

        async def close(self):
            await self.engine.dispose()

        async def page(self, limit, offset, viewer):
            if STORE == "sqlalchemy-prebuilt":
                async with self.reads() as session:
                    rows = (await session.execute(PAGE, {"viewer": viewer, "limit": limit, "offset": offset})).mappings().all()
                    return rows, int(await session.scalar(TOTAL))
            cut = select(ArticleRow).order_by(ArticleRow.id.desc()).limit(limit).offset(offset)
            total = select(func.coalesce(func.sum(TallyRow.articles), 0)).where(TallyRow.kind == "all")
            async with self.reads() as session:
                rows = (await session.execute(dressed(cut, viewer))).mappings().all()
                return rows, int(await session.scalar(total))

        async def by_slug(self, slug, viewer):
            async with self.reads() as session:
                return await self._by_slug(session, slug, viewer)

        async def _by_slug(self, session, slug, viewer):
            if STORE == "sqlalchemy-prebuilt":
                return (await session.execute(ONE, {"viewer": viewer, "slug": slug})).mappings().first()
            one = select(ArticleRow).where(ArticleRow.slug == slug)
            return (await session.execute(dressed(one, viewer, "body"))).mappings().first()

        async def tags(self):
            query = (
                select(TallyRow.subject)
                .where(TallyRow.kind == "tag")
                .group_by(TallyRow.subject)
                .having(func.sum(TallyRow.articles) > 0)
                .order_by(func.sum(TallyRow.articles).desc(), TallyRow.subject)
                .limit(1000)
            )
            async with self.reads() as session:
                return list((await session.scalars(query)).all())


        async def publish(self, author, new: NewArticle, tags):
            async with self.writes() as session, session.begin():
                for slug in slugs(new.title):
                    values = dict(
                        slug=slug, title=new.title, description=new.description, body=new.body, tag_list=tags,
                        author_id=author, supporters_only=new.supportersOnly,
                    )  # fmt: skip
                    statement = insert(ArticleRow).values(**values).on_conflict_do_nothing(index_elements=["slug"])
                    stored = (await session.execute(statement.returning(ArticleRow.id, ArticleRow.slug))).first()
                    if stored is not None:
                        break
                if tags:
                    await session.execute(
                        insert(ArticleTagRow).values([{"tag": tag, "article_id": stored.id} for tag in tags])
                    )
                counts = insert(TallyRow).values(tallies(stored.id, author, tags))
                await session.execute(
                    counts.on_conflict_do_update(
                        index_elements=["kind", "subject", "slot"],
                        set_={"articles": TallyRow.articles + counts.excluded.articles},
                    )
                )
            return await self.by_slug(stored.slug, author)

else:
    import asyncpg

    DRESSED = """select article.id, article.slug, article.title, article.description, article.tag_list, article.author_id,
      article.supporters_only, article.favorites_count, article.created_at, article.updated_at, author.username, author.bio,
      author.image, exists (select article_id from content.favorite where reader_id = $1 and article_id = article.id) as favorited,
      exists (select author_id from identity.following where follower_id = $1 and author_id = article.author_id) as following {more}
      from ({cut}) as article inner join identity.profile_card as author on author.id = article.author_id"""
    PAGE = (
        DRESSED.format(more="", cut="select article.* from content.article order by article.id desc limit $2 offset $3")
        + " order by article.id desc"
    )
    BY_SLUG = DRESSED.format(more=", article.body", cut="select article.* from content.article where slug = $2")
    TOTAL = "select coalesce(sum(tally.articles), 0)::bigint from content.tally where kind = $1"
    TAGS = """select subject from content.tally where kind = $1 group by subject having sum(articles) > 0
      order by sum(articles) desc, subject limit 1000"""
    INSERT = """insert into content.article (slug, title, description, body, tag_list, author_id, supporters_only)
      values ($1, $2, $3, $4, $5, $6, $7) on conflict (slug) do nothing returning id, slug"""

    class Store:
        async def open(self):
            # The pool resets a connection with a round trip of its own each time it comes back; nothing here needs it.
            self.pool = await asyncpg.create_pool(URL, min_size=POOL, max_size=POOL, reset=no_reset, statement_cache_size=CACHE)

        async def close(self):
            await self.pool.close()

        async def page(self, limit, offset, viewer):
            async with self.pool.acquire() as connection:
                rows = await connection.fetch(PAGE, viewer, limit, offset)
                return rows, await connection.fetchval(TOTAL, "all")

        async def by_slug(self, slug, viewer):
            async with self.pool.acquire() as connection:
                return await connection.fetchrow(BY_SLUG, viewer, slug)

        async def tags(self):
            async with self.pool.acquire() as connection:
                return [row["subject"] for row in await connection.fetch(TAGS, "tag")]


        async def publish(self, author, new: NewArticle, tags):
            async with self.pool.acquire() as connection:
                async with connection.transaction():
                    for slug in slugs(new.title):
                        stored = await connection.fetchrow(
                            INSERT, slug, new.title, new.description, new.body, tags, author, new.supportersOnly
                        )
                        if stored is not None:
                            break
                    if tags:
                        await connection.execute(
                            f"insert into content.article_tag (tag, article_id) values {rows_of(2, len(tags))}",
                            *(value for tag in tags for value in (tag, stored["id"])),
                        )
                    counts = tallies(stored["id"], author, tags)
                    await connection.execute(
                        f"""insert into content.tally (kind, subject, slot, articles) values {rows_of(4, len(counts))}
                        on conflict (kind, subject, slot) do update set articles = tally.articles + excluded.articles""",
                        *(value for row in counts for value in (row["kind"], row["subject"], row["slot"], row["articles"])),
                    )
                return await connection.fetchrow(BY_SLUG, author, stored["slug"])

    async def no_reset(connection):
        return None

    def rows_of(width: int, rows: int) -> str:
        return ", ".join(
            "(" + ", ".join(f"${row * width + column + 1}" for column in range(width)) + ")" for row in range(rows)
        )


def tallies(article: int, author: int, tags: list[str]) -> list[dict]:
    subjects = [("all", ""), ("author", str(author)), *(("tag", tag) for tag in sorted(tags))]
    return [{"kind": kind, "subject": subject, "slot": article % 16, "articles": 1} for kind, subject in subjects]


# -- who asks ----------------------------------------------------------------------------------------------------------


def viewer_of(authorization: Annotated[str | None, Header()] = None) -> int | None:
    if authorization is None or not authorization.startswith("Token "):
        return None
    try:
        payload = jwt.decode(
            authorization[6:], SECRET, algorithms=["HS256"], issuer="conduit", options={"require": ["sub", "exp"]}
        )
    except jwt.InvalidTokenError:
        raise HTTPException(401)
    return int(payload["sub"])


async def optional_viewer(authorization: Annotated[str | None, Header()] = None) -> int | None:
    return viewer_of(authorization)


async def required_viewer(authorization: Annotated[str | None, Header()] = None) -> int:
    viewer = viewer_of(authorization)
    if viewer is None:
        raise HTTPException(401)
    return viewer


# -- routes ------------------------------------------------------------------------------------------------------------

store = Store()


@asynccontextmanager
async def lifespan(_app):
    await store.open()
    yield
    await store.close()


app = FastAPI(title="conduit", lifespan=lifespan)


@app.get("/api/articles", response_model=ArticlePage)
async def list_articles(
    viewer: Annotated[int | None, Depends(optional_viewer)],
    limit: Annotated[int, Query(ge=1)] = 20,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
):
    rows, total = await store.page(min(limit, 100), offset, viewer)
    return {"articles": [card(row) for row in rows], "articlesCount": total}


@app.get("/api/articles/{slug}", response_model=ArticleAnswer)
async def one_article(
    slug: Annotated[str, Path(max_length=300)], viewer: Annotated[int | None, Depends(optional_viewer)]
):
    row = await store.by_slug(slug, viewer)
    if row is None:
        raise HTTPException(404)
    return {"article": whole(row, viewer)}


@app.get("/api/tags", response_model=Tags)
async def tags():
    return {"tags": await store.tags()}


@app.post("/api/articles", response_model=ArticleAnswer, status_code=201)
async def publish(creation: Creation, author: Annotated[int, Depends(required_viewer)]):
    new = creation.article
    row = await store.publish(author, new, list(dict.fromkeys(new.tagList)))
    return {"article": whole(row, author)}
