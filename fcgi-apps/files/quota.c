/* The user's quota of a place, in words: from the file that the site keeps up to date, or what the file system says. */
#include <stdlib.h>
#include <string.h>

#include "quota.h"

#define FILE_MOST (8 << 20)
#define ROOM_MS 1500 /* a page does without it after that */
#define WARN 80
#define BAD 95

/* ---- the site's file: "USER USED LIMIT FILES FILES-LIMIT" a line, as a site's own program writes it (Lustre, GPFS, NFS …) ---- */

static bool read_line(struct arena *a, const char *line, const char *user, struct store_quota *q)
{
	struct texts f = split(a, line, ' ');
	int64_t *const to[] = { &q->used, &q->limit, &q->files, &q->files_limit };
	if (f.n != 1 + COUNT(to) || !same(f.at[0], user))
		return false;
	for (size_t i = 0; i < COUNT(to); i++)
		if (!parse_int(f.at[i + 1], 0, INT64_MAX, to[i]))
			return false;
	q->of = STORE_QUOTA_USER;
	return true;
}

/* The line that begins with the user's name. */
static const char *line_of(struct arena *a, struct bytes all, const char *user)
{
	const char *at = (const char *)all.at, *end = at + all.n;
	size_t n = strlen(user);
	while (at < end) {
		const char *nl = memchr(at, '\n', (size_t)(end - at)), *stop = nl ? nl : end;
		if ((size_t)(stop - at) > n && memcmp(at, user, n) == 0 && at[n] == ' ')
			return arena_copy(a, at, (size_t)(stop - at));
		at = stop + 1;
	}
	return NULL;
}

/* False: the site has no such file, or it says nothing of the user. */
static bool site_quota(struct req *r, const char *place, struct store_quota *q)
{
	const char *file = conf_get(text(r->ctx->arena, "place %s", place), "quota-file", NULL);
	struct bytes all;
	if (empty(file))
		return false;
	if (!file_read(r->ctx, file, FILE_MOST, &all)) {
		forget(r->ctx);
		return false;
	}
	const char *line = line_of(r->ctx->arena, all, r->who.user);
	return line && read_line(r->ctx->arena, line, r->who.user, q);
}

/* ---- in words ---- */

static int64_t percent(int64_t used, int64_t limit)
{
	return limit > 0 ? (int64_t)((double)used / (double)limit * 100) : 0;
}

static const char *warning(struct ctx *c, int64_t full, bool files)
{
	if (full < WARN)
		return NULL;
	if (full < BAD)
		return files ? say(c, "Your quota of the number of files is %lld %% full.", (long long)full) : say(c, "Your quota is %lld %% full.", (long long)full);
	return files ? say(c, "Your quota of the number of files is %lld %% full. When it is full nothing can be saved: delete or pack some files now.", (long long)full)
		: say(c, "Your quota is %lld %% full. When it is full nothing can be saved: delete or move something now.", (long long)full);
}

static void tell(struct req *r, const struct store_quota *q, struct place_row *row)
{
	struct ctx *c = r->ctx;
	int64_t bytes = percent(q->used, q->limit), files = percent(q->files, q->files_limit), full = bytes > files ? bytes : files;
	if (q->limit)
		row->quota_says = q->of == STORE_QUOTA_GROUP ? say(c, "%s of %s used by your group", human_size(c->arena, q->used), human_size(c->arena, q->limit))
			: say(c, "%s of %s used", human_size(c->arena, q->used), human_size(c->arena, q->limit));
	if (q->files_limit)
		row->quota_files = say(c, "%lld of %lld files", (long long)q->files, (long long)q->files_limit);
	row->quota = true;
	row->quota_percent = full > 100 ? 100 : full;
	row->quota_warning = warning(c, full, files > bytes);
	row->quota_bad = full >= BAD;
	row->quota_grace = q->grace;
}

static void fill(struct req *r, struct store *s, struct place_row *row)
{
	struct store_quota q = { .of = STORE_QUOTA_NONE };
	if (!site_quota(r, row->name, &q)) {
		q = (struct store_quota){ .of = STORE_QUOTA_NONE };
		if (store_can(s) & STORE_CAN_QUOTA && !store_quota(r->ctx, s, &q))
			forget(r->ctx);
	}
	if (q.limit || q.files_limit)
		tell(r, &q, row);
}

bool room_fill(struct req *r, struct store *s, struct place_row *row)
{
	struct store_space space;
	if (!store_space(r->ctx, s, 0, &space))
		return false;
	fill(r, s, row);
	row->known = space.total > 0;
	row->free = space.free;
	row->total = space.total;
	row->percent = percent(space.total - space.free, space.total);
	return true;
}

struct place_row_list room_at_top(struct req *r, const struct where *w)
{
	struct place_row *row = NEW(r->ctx->arena, struct place_row);
	int64_t before = r->ctx->deadline;
	*row = (struct place_row){ .name = w->name, .title = w->title };
	if (*w->path || !(w->can & STORE_CAN_SPACE))
		return (struct place_row_list){ 0 };
	r->ctx->deadline = clock_ms() + ROOM_MS;
	bool known = room_fill(r, w->store, row);
	r->ctx->deadline = before;
	forget(r->ctx);
	return (struct place_row_list){ row, known };
}
