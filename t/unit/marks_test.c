/*
 * Favourites and tags: kept by user and path, found by folder, moved with what they stand for, within limits; and tags as people type them.
 * link: fcgi-apps/files/marks.c fcgi-apps/files/tags.c
 * flags: -iquote fcgi-apps/files
 */
#include <stdlib.h>

#include "marks.h"
#include "state_site.h"
#include "tap.h"

static struct ctx *c;
static struct db *db;

struct job { struct mark mark; const char *owner, *place, *from, *to; struct marks all; bool found; bool (*run)(struct ctx *, struct db_write *, struct job *); };

static bool changing(struct ctx *ctx, struct db_write *d, void *arg)
{
	struct job *j = arg;
	return j->run(ctx, d, j);
}

static bool run_put(struct ctx *ctx, struct db_write *d, struct job *j)
{
	return mark_put(ctx, d, &j->mark);
}

static bool run_fill(struct ctx *ctx, struct db_write *d, struct job *j)
{
	bool good = true;
	for (int i = 0; i < MARKS_MOST && good; i++) {
		j->mark = (struct mark){ .owner = "dave", .place = "home", .path = text(c->arena, "f%d", i), .favourite = true };
		good = mark_put(ctx, d, &j->mark);
	}
	return good;
}

static bool run_move(struct ctx *ctx, struct db_write *d, struct job *j)
{
	return marks_move(ctx, d, j->owner, j->place, j->from, j->to);
}

static bool put(const char *owner, const char *place, const char *path, bool favourite, struct texts tags)
{
	struct job j = { .run = run_put, .mark = { .owner = owner, .place = place, .path = path, .favourite = favourite, .tags = tags } };
	return db_change(c, db, changing, &j);
}

static bool move(const char *owner, const char *place, const char *from, const char *to)
{
	struct job j = { .run = run_move, .owner = owner, .place = place, .from = from, .to = to };
	return db_change(c, db, changing, &j);
}

static bool view_get(struct ctx *ctx, const struct db_read *d, void *arg)
{
	struct job *j = arg;
	return mark_get(ctx, d, j->owner, j->place, j->from, &j->found, &j->mark);
}

/* The mark's tags as typed, "*" in front for a favourite; NULL: there is none. */
static const char *get(const char *owner, const char *place, const char *path)
{
	struct job j = { .owner = owner, .place = place, .from = path };
	if (!db_view(c, db, view_get, &j) || !j.found)
		return NULL;
	return text(c->arena, "%s%s", j.mark.favourite ? "*" : "", tags_typed(c->arena, j.mark.tags));
}

static bool view_folder(struct ctx *ctx, const struct db_read *d, void *arg)
{
	struct job *j = arg;
	return j->from ? marks_of_folder(ctx, d, j->owner, j->place, j->from, &j->all) : marks_all(ctx, d, j->owner, &j->all);
}

static struct marks in_folder(const char *owner, const char *place, const char *folder)
{
	struct job j = { .owner = owner, .place = place, .from = folder };
	return db_view(c, db, view_folder, &j) ? j.all : (struct marks){ 0 };
}

static struct texts tags(const char *typed)
{
	const char *wrong;
	return tags_read(c, typed, (struct texts){ 0 }, &wrong);
}

/* ---- cases ---- */

static void keeping(void)
{
	ok(put("alice", "home", "results/run 1", true, tags("draft, 논문")), "a mark is kept");
	ok(same(get("alice", "home", "results/run 1"), "*draft, 논문"), "and found");
	ok(!get("bob", "home", "results/run 1") && !get("alice", "scratch", "results/run 1") && !get("alice", "home", "results/run"), "by nobody else, nowhere else");
	ok(put("alice", "home", "results/run 1", false, tags("b")) && same(get("alice", "home", "results/run 1"), "b"), "replaced");
	ok(put("alice", "home", "results/run 1", false, tags("")) && !get("alice", "home", "results/run 1"), "without star and tag there is none");
	ok(put("alice", "home", "", true, tags("")) && same(get("alice", "home", ""), "*"), "the top of a place");
	ok(put("alice", "home", "\xff\n", true, tags("")) && same(get("alice", "home", "\xff\n"), "*"), "any bytes are a name");
	char *longest = arena_alloc(c->arena, 4096);
	memset(longest, 'x', 4095);
	for (int i = 200; i < 4095; i += 200)
		longest[i] = '/';
	ok(put("alice", "home", longest, true, tags("")) && get("alice", "home", longest), "a path of 4,095 bytes");
	longest[10] = 'y';
	ok(!get("alice", "home", longest), "every byte of it counts");
	ok(put("alice", "home/x", "a", true, tags("")) && in_folder("alice", "home/x", "").n == 0, "a place of no such name is none");
}

static void folders(void)
{
	put("carol", "home", "a", true, tags(""));
	put("carol", "home", "a/one", true, tags(""));
	put("carol", "home", "a/two", false, tags("t"));
	put("carol", "home", "a/b/three", true, tags(""));
	put("carol", "homes", "a/four", true, tags(""));
	is_int((int64_t)in_folder("carol", "home", "a").n, 2, "what is directly in a folder");
	is_int((int64_t)in_folder("carol", "home", "").n, 1, "in the top");
	is_int((int64_t)in_folder("carol", "home", "b").n, 0, "in one without marks");
	is_int((int64_t)in_folder("carol", "", NULL).n, 5, "all of a user's");
}

static void moving(void)
{
	ok(move("carol", "home", "a", "c/d"), "a folder is renamed");
	ok(!get("carol", "home", "a") && same(get("carol", "home", "c/d"), "*") && get("carol", "home", "c/d/one") && get("carol", "home", "c/d/b/three"), "its mark and all below follow");
	ok(same(get("carol", "homes", "a/four"), "*"), "not those of another place");
	put("carol", "home", "c/dd", true, tags(""));
	ok(move("carol", "home", "c/d/one", "c/d/two") && same(get("carol", "home", "c/d/two"), "*") && !get("carol", "home", "c/d/one"), "a file to a name that had a mark");
	ok(move("carol", "home", "c/d", "x") && get("carol", "home", "c/dd") && get("carol", "home", "x/two"), "a name that begins alike stays");
	ok(move("carol", "home", "x", "x/y") && get("carol", "home", "x/y") && get("carol", "home", "x/y/two"), "below itself, as long as somebody did that");
	ok(move("bob", "home", "x", "z") && get("carol", "home", "x/y"), "another user's stay");
}

static void limits(void)
{
	struct job fill = { .run = run_fill };
	ok(db_change(c, db, changing, &fill) && in_folder("dave", "home", "").n == MARKS_MOST, "2,000 marks");
	ok(!put("dave", "home", "one more", true, (struct texts){ 0 }) && c->error.kind == KIND_INVALID, "not one more");
	forget(c);
	ok(put("dave", "home", "f7", true, tags("x")) && put("dave", "home", "f8", false, tags("")) && put("dave", "home", "one more", true, tags("")), "unless one goes");
}

static void typed(void)
{
	const char *wrong;
	struct texts t = tags_read(c, "  b ,a,,\tA , two  words,논문 초고 ", (struct texts){ 0 }, &wrong);
	ok(!wrong && same(tags_typed(c->arena, t), "b, a, two words, 논문 초고"), "trimmed, each once: %s", tags_typed(c->arena, t));
	t = tags_read(c, "DRAFT", tags("x, Draft"), &wrong);
	ok(!wrong && t.n == 1 && same(t.at[0], "Draft"), "spelt as it was before");
	t = tags_read(c, "", tags("x"), &wrong);
	ok(!wrong && t.n == 0, "none");
	char *s = arena_alloc(c->arena, 400);
	for (int i = 0; i < 40; i++)
		memcpy(s + 3 * i, "한", 3);
	ok(tags_read(c, s, (struct texts){ 0 }, &wrong).n == 1 && !wrong, "40 letters");
	memcpy(s + 120, "한", 3);
	ok(tags_read(c, s, (struct texts){ 0 }, &wrong).n == 0 && wrong, "not 41");
	ok(tags_read(c, "a\x1b[31m", (struct texts){ 0 }, &wrong).n == 0 && wrong, "nothing that steers a terminal");
	ok(tags_read(c, "a\xe2\x80\xae", (struct texts){ 0 }, &wrong).n == 0 && wrong, "or turns the writing");
	tags_read(c, "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20", (struct texts){ 0 }, &wrong);
	ok(!wrong, "20 tags");
	tags_read(c, "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21", (struct texts){ 0 }, &wrong);
	ok(wrong != NULL, "not 21");
	struct mark m[3] = { { .tags = tags("b, a") }, { .tags = tags("A") }, { .favourite = true } };
	struct tag_count *count;
	size_t n;
	tags_count(c->arena, &(struct marks){ m, 3 }, &count, &n);
	ok(n == 2 && strcasecmp(count[0].name, "a") == 0 && count[0].count == 2 && same(count[1].name, "b") && count[1].count == 1, "counted");
	tags_count(c->arena, &(struct marks){ m + 2, 1 }, &count, &n);
	ok(n == 0, "none to count");
}

static bool taste(struct ctx *ctx, struct db_write *d, void *arg)
{
	struct job *j = arg;
	struct taste mine, other;
	bool good = taste_get(ctx, db_as_read(d), "alice", &mine) && !mine.hidden && same(mine.owner, "alice");
	mine.hidden = true;
	good = good && taste_put(ctx, d, &mine) && taste_get(ctx, db_as_read(d), "alice", &mine) && taste_get(ctx, db_as_read(d), "bob", &other);
	j->found = good && mine.hidden && !other.hidden;
	return good;
}

static void tastes(void)
{
	struct job j = { .owner = "alice" };
	ok(db_change(c, db, taste, &j) && j.found, "how a user likes lists is kept, and nothing of it for another");
}

int main(void)
{
	static const char *const folders_of_state[] = { "db", "db/files", NULL };
	struct ctx ctx = state_start(folders_of_state, "");
	c = &ctx;
	if (!db_open(c, "files", DB_READ_WRITE, &db))
		die("%s", c->error.detail);
	keeping();
	folders();
	moving();
	limits();
	typed();
	tastes();
	db_close(db);
	arena_free(c->arena);
	return done_testing();
}
