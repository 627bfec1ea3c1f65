// The example's statements as Kysely writes them, for peers that send SQL by hand.
const dressed = (
  cut: string,
  more = '',
) => `select article.id, article.slug, article.title, article.description, article.tag_list,
  article.author_id, article.supporters_only, article.favorites_count, article.created_at, article.updated_at, author.username,
  author.bio, author.image, exists (select article_id from content.favorite where reader_id = $1 and article_id = article.id) as favorited,
  exists (select author_id from identity.following where follower_id = $1 and author_id = article.author_id) as following ${more}
  from (${cut}) as article inner join identity.profile_card as author on author.id = article.author_id`
export const pageSql = `${dressed('select article.* from content.article order by article.id desc limit $2 offset $3')} order by article.id desc`
export const bySlugSql = dressed('select article.* from content.article where slug = $2', ', article.body')
export const totalSql = `select coalesce(sum(tally.articles), 0) as total from content.tally where kind = $1`
export const tagsSql = `select subject from content.tally where kind = $1 group by subject having sum(articles) > 0 order by sum(articles) desc, subject limit 1000`

// biome-ignore lint: rows of a benchmark
export const card = (row: any) => ({
  slug: row.slug,
  title: row.title,
  description: row.description,
  tagList: row.tag_list.toSorted(),
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
  favorited: row.favorited,
  favoritesCount: row.favorites_count,
  supportersOnly: row.supporters_only,
  author: { username: row.username, bio: row.bio, image: row.image, following: row.following },
})
// biome-ignore lint: as above
export const whole = (row: any) => ({
  ...card(row),
  body: row.supporters_only ? `This article is for supporters of ${row.username}.` : row.body,
  locked: row.supporters_only,
})
