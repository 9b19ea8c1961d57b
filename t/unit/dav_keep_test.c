/*
 * What the WebDAV door keeps: locks and properties by path, and the small things that conditional requests rest on.
 *
 * link: fcgi-apps/dav/keep.c fcgi-apps/dav/locks.c fcgi-apps/dav/props.c fcgi-apps/dav/spot.c fcgi-apps/dav/work.c fcgi-apps/dav/conditions.c fcgi-apps/dav/tree.c
 * flags: -iquote fcgi-apps/dav
 */
#include "dav.h"

#include <string.h>

#include "keep.h"
#include "locks.h"
#include "props.h"
#include "state_site.h"
#include "tap.h"

static struct ctx *c;
static char long_path[4000], longer_path[4000];

static struct spot at(const char *root, const char *path)
{
	static char store; /* only whether there is one is asked */
	return (struct spot){ .place = root, .root = root, .path = path, .store = (struct store *)(void *)&store, .there = true };
}

static bool take(const char *root, const char *path, const char *token, bool shared, bool deep, int64_t until)
{
	struct spot s = at(root, path);
	struct dav_lock l = { .path = path, .token = token, .user = "alice", .shared = shared, .deep = deep, .seconds = 60, .until = until }, other;
	if (!locks_take(c, &s, &l, &other))
		die("%s", c->error.detail);
	return !other.token;
}

static size_t count(const char *root, const char *path, bool below)
{
	struct spot s = at(root, path);
	struct held h;
	if (!locks_on(c, &s, below, &h))
		die("%s", c->error.detail);
	return h.n;
}

static void drop(const char *root, const char *path, const char *token)
{
	struct spot s = at(root, path);
	bool found, mine;
	ok(locks_drop(c, &s, "bob", token, &found, &mine) && found && !mine, "%s: not another's to drop", token);
	ok(locks_drop(c, &s, "alice", token, &found, &mine) && found && mine, "but the owner's");
	ok(locks_drop(c, &s, "alice", token, &found, &mine) && !found, "and only once");
}

static void locks(void)
{
	int64_t later = now() + 60;
	ok(take("home", "a/b", "one", false, false, later), "a lock");
	ok(!take("home", "a/b", "two", false, false, later) && !take("home", "a/b", "two", true, false, later), "no other on the same");
	ok(take("scratch", "a/b", "three", false, false, later), "but in another place");
	is_int((int64_t)count("home", "a/b", false), 1, "it is in force there");
	is_int((int64_t)count("home", "a/b/c", false) + (int64_t)count("home", "a", false) + (int64_t)count("home", "a/bc", true), 0, "and nowhere around");
	is_int((int64_t)count("home", "a", true), 1, "the folder knows of it");
	is_int((int64_t)count("home", "", true), 1, "the top, too");
	ok(!take("home", "a", "four", false, true, later), "so the folder cannot be locked with all in it");
	ok(take("home", "a", "five", false, false, later), "but by itself");
	ok(take("home", "d", "six", true, true, later) && take("home", "d/e", "seven", true, false, later), "shared ones stand beside each other");
	ok(!take("home", "d/e/f", "eight", false, false, later), "and keep out who wants it alone");
	is_int((int64_t)count("home", "d/e", false), 2, "both are in force");
	drop("home", "a/b", "one");
	drop("home", "a", "five");
	ok(take("home", "", "nine", true, true, later), "the whole place");
	is_int((int64_t)count("home", "x/y/z", false), 1, "holds for all in it");
	drop("home", "x/y/z", "nine");
	ok(take("home", "de", "ten", false, false, later), "and a neighbour by its name");
	struct spot d = at("home", "d");
	ok(locks_forget(c, &d) && count("home", "d", true) == 0 && count("home", "de", false) == 1, "what is gone has no locks");
}

static void times(void)
{
	struct spot s = at("home", "old");
	struct dav_lock l;
	bool found;
	ok(take("home", "old", "past", false, false, now()), "a lock that is over");
	is_int((int64_t)count("home", "old", false), 0, "is none");
	ok(locks_refresh(c, &s, "alice", "past", 60, &found, &l) && !found, "and cannot be had again");
	ok(take("home", "old", "new", false, false, now() + 5), "so another may be taken");
	ok(locks_refresh(c, &s, "bob", "new", 60, &found, &l) && !found, "which bob cannot keep longer");
	ok(locks_refresh(c, &s, "alice", "new", 600, &found, &l) && found && l.until >= now() + 590, "but its owner");
	ok(locks_sweep(c) && count("home", "old", false) == 1, "only what is over is swept away");
}

static void long_paths(void)
{
	int64_t later = now() + 60;
	memset(long_path, 'x', sizeof long_path - 1);
	for (size_t i = 200; i < sizeof long_path; i += 201)
		long_path[i] = '/';
	memcpy(longer_path, long_path, sizeof long_path);
	longer_path[3998] = 'y';
	long_path[3900] = 0;
	ok(take("home", longer_path, "long", false, false, later), "a path of 3,999 bytes");
	is_int((int64_t)count("home", longer_path, false), 1, "is found again");
	is_int((int64_t)count("home", text(c->arena, "%.3998sz", longer_path), false), 0, "and not taken for its neighbour");
	char *folder = arena_copy(c->arena, longer_path, strlen(longer_path));
	*strrchr(folder, '/') = 0;
	is_int((int64_t)count("home", folder, true), 1, "its folder knows of it");
	is_int((int64_t)count("home", text(c->arena, "%.150s", folder), true), 0, "a name that it only begins with does not");
	drop("home", longer_path, "long");
}

/* ---- properties ---- */

static const char *value(const char *root, const char *path, const char *name)
{
	struct spot s = at(root, path);
	struct dav_properties p;
	if (!props_of(c, &s, &path, 1, &p))
		die("%s", c->error.detail);
	return props_value(&p, name);
}

static bool set(const char *root, const char *path, const char *name, const char *v)
{
	struct spot s = at(root, path);
	return props_change(c, &s, &(struct prop){ name, v }, 1);
}

static void properties(void)
{
	ok(set("home", "f", "urn:x a", "<a/>") && set("home", "f", "urn:x b", "<b/>") && set("home", "f", "urn:x a", "<a>2</a>"), "properties");
	is(value("home", "f", "urn:x a"), "<a>2</a>", "the last one counts");
	is(value("home", "f", "urn:x b"), "<b/>", "each by its name");
	is(value("home", "ff", "urn:x b"), NULL, "of this file alone");
	ok(set("home", "f", "urn:x a", NULL) && set("home", "f", "urn:x none", NULL), "removed");
	is(value("home", "f", "urn:x a"), NULL, "is gone");
	char *big = arena_alloc(c->arena, PROPS_BYTES_MOST + 1);
	memset(big, 'x', PROPS_BYTES_MOST);
	ok(!set("home", "f", "urn:x big", big) && c->error.kind == KIND_TOO_LARGE, "too much is refused");
	forget(c);
	is(value("home", "f", "urn:x b"), "<b/>", "and leaves what was there");
}

static void trees(void)
{
	struct spot from = at("home", "t"), to = at("scratch", "deep/u"), back = at("home", "v"), t2 = at("home", "t2");
	enum { MANY = 230 };
	ok(set("home", "t", "n", "top") && set("home", "t2", "n", "neighbour"), "a folder and its neighbour");
	for (int i = 0; i < MANY; i++)
		if (!set("home", text(c->arena, "t/%d", i), "n", text(c->arena, "%d", i)))
			die("%s", c->error.detail);
	ok(set("scratch", "deep/u/old", "n", "old"), "something where the copy goes");
	ok(props_copy(c, &from, &to, true, false), "a copy");
	is(value("scratch", "deep/u", "n"), "top", "has the folder's");
	is(value("scratch", "deep/u/229", "n"), "229", "and those of all in it");
	is(value("scratch", "deep/u/old", "n"), NULL, "and nothing of before");
	is(value("home", "t/229", "n"), "229", "the source keeps its own");
	ok(props_copy(c, &from, &back, true, true), "a move");
	is(value("home", "v/0", "n"), "0", "brings them");
	ok(!value("home", "t", "n") && !value("home", "t/0", "n") && !value("home", "t/229", "n"), "and leaves none");
	is(value("home", "t2", "n"), "neighbour", "but the neighbour's");
	ok(props_copy(c, &back, &t2, false, false) && same(value("home", "t2", "n"), "top") && !value("home", "t2/0", "n"), "the folder alone");
	ok(props_forget(c, &back) && !value("home", "v", "n") && !value("home", "v/7", "n"), "the end of all");
}

/* ---- the small things ---- */

static void etags(void)
{
	static const struct { const char *list, *etag; bool strong, weak; } all[] = {
		{ "\"a\"", "\"a\"", true, true }, { "\"b\", \"a\"", "\"a\"", true, true }, { "\"b\" , W/\"a\"", "\"a\"", false, true }, { "\"a\"", "W/\"a\"", false, true },
		{ "\"ab\"", "\"a\"", false, false }, { "", "\"a\"", false, false }, { "\"b,\"a\"\"", "\"a\"", false, false }, { ",,\"a\"", "\"a\"", true, true }, { "a", "\"a\"", false, false },
		{ "\"", "\"a\"", false, false }, { "W/", "\"a\"", false, false },
	};
	for (size_t i = 0; i < COUNT(all); i++)
		ok(etag_in(all[i].list, all[i].etag, false) == all[i].strong && etag_in(all[i].list, all[i].etag, true) == all[i].weak, "%s in %s", all[i].etag, all[i].list);
	is(entry_etag(c->arena, &(struct entry){ .size = 16, .modified = 5, .change = 255 }), "\"10-ff\"", "a store that tells more");
	is(entry_etag(c->arena, &(struct entry){ .size = 16, .modified = 5 }), "W/\"10-5\"", "and one that does not");
	is(http_date(c->arena, 784111777), "Sun, 06 Nov 1994 08:49:37 GMT", "the date of RFC 9110");
	is(spot_href(c->arena, "home", "a b/\xff<", true), "/dav/home/a%20b/%FF%3C/", "an address");
	is(spot_href(c->arena, "", "", true), "/dav/", "that of the list of places");
	ok(path_within("a/b", "a") && path_within("a", "a") && path_within("a", "") && !path_within("ab", "a") && !path_within("a", "a/b"), "what is in what");
}

int main(void)
{
	struct ctx ctx = state_start((const char *const[]){ "db", "db/dav", NULL }, "");
	c = &ctx;
	if (!keep_open(c))
		die("%s", c->error.detail);
	locks();
	times();
	long_paths();
	properties();
	trees();
	etags();
	db_close(keep);
	arena_free(ctx.arena);
	return done_testing();
}
