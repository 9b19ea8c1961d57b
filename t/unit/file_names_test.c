/* Names and paths in forms and addresses and back, what is no name, what lies in what; and what cannot be pasted where. */
#include "clip.h"
#include "file_names.h"
#include "state_site.h"
#include "tap.h"

static struct arena *a;

static void test_names(void)
{
	char every[256] = "";
	for (int i = 1, n = 0; i < 256; i++)
		if (i != '/')
			every[n++] = (char)i;
	every[250] = '\0';
	is(key_name(a, key_of(a, every)), every, "any bytes go and come back");
	is(key_of(a, "a b/\xeb"), "a%20b%2F%EB", "encoded byte by byte, a slash too");
	const char *const none[] = { "", ".", "..", "a%2Fb", "a/b", "%", "%4", "%zz", "%00", "a%00b" };
	for (size_t i = 0; i < COUNT(none); i++)
		ok(!key_name(a, none[i]), "no name: “%s”", none[i]);
	is(name_shown(a, "a\xff\xfe"), "a??", "what is no UTF-8 is shown as it can be");
	is(name_shown(a, "나루"), "나루", "what is stays");
}

static void test_paths(void)
{
	is(key_path(a, ""), "", "the top");
	is(key_path(a, "a%20b/c"), "a b/c", "a path");
	is(key_path(a, "a%2Fb"), "a/b", "however its slash came");
	const char *const none[] = { "/a", "a/", "a//b", "..", "a/../b", "a/.", "a%2F..", "%00", "a/%2F" };
	for (size_t i = 0; i < COUNT(none); i++)
		ok(!key_path(a, none[i]), "no path: “%s”", none[i]);
	char deep[5000];
	for (size_t i = 0; i < sizeof deep - 1; i++)
		deep[i] = i % 2 ? '/' : 'a';
	deep[sizeof deep - 2] = 'a';
	deep[sizeof deep - 1] = '\0';
	ok(!key_path(a, deep), "nor one that is too long");
	is(files_url(a, "/files/in", "home", "a b/ü"), "/files/in/home/a%20b/%C3%BC", "an address");
	is(files_url(a, "/files/in", "store-x", ""), "/files/in/store-x", "of a top");
	is(path_folder(a, "a/b/c"), "a/b", "the folder of a path");
	is(path_name("a/b/c"), "c", "its name");
	ok(path_within("a/b", "a") && path_within("a", "a") && path_within("a", "") && !path_within("ab", "a") && !path_within("a", "a/b"), "what lies in what");
}

static const char *refusal(struct ctx *ctx, const char *verb, const char *path, const char *to_place, const char *to)
{
	const char *const names[] = { "x", "y" };
	struct clip clip = { .verb = verb, .place = "home", .path = path, .names = { names, 2 } };
	return clip_refusal(ctx, &clip, to_place, to);
}

static void test_refusals(struct ctx *ctx)
{
	ok(!refusal(ctx, CLIP_COPY, "a", "home", "a"), "a copy beside itself");
	ok(!refusal(ctx, CLIP_COPY, "a", "scratch", "a/x"), "the same path of another place");
	ok(!refusal(ctx, CLIP_MOVE, "a", "home", "ab") && !refusal(ctx, CLIP_MOVE, "a", "home", "a/xy"), "beside it, and with a name that begins alike");
	ok(!refusal(ctx, CLIP_MOVE, "a", "home", ""), "up");
	ok(refusal(ctx, CLIP_MOVE, "a", "home", "a"), "what is cut is not put where it is");
	ok(refusal(ctx, CLIP_MOVE, "", "home", ""), "nor at the top");
	const char *const verbs[] = { CLIP_COPY, CLIP_MOVE };
	for (size_t i = 0; i < COUNT(verbs); i++) {
		ok(refusal(ctx, verbs[i], "a", "home", "a/y"), "%s into itself", verbs[i]);
		ok(refusal(ctx, verbs[i], "", "home", "x/deep/er"), "%s into what is in it", verbs[i]);
	}
}

struct step { const char *owner; struct clip *clip; bool found; };

static bool put(struct ctx *ctx, struct db_write *db, void *arg)
{
	return clip_put(ctx, db, ((struct step *)arg)->clip);
}

static bool forget_one(struct ctx *ctx, struct db_write *db, void *arg)
{
	return clip_forget(ctx, db, ((struct step *)arg)->owner);
}

static void test_clip(struct ctx *ctx)
{
	struct db *db;
	struct clip out;
	const char *const names[] = { "a\nb", "\xff" };
	struct clip clip = { .id = "one", .owner = "alice", .verb = CLIP_COPY, .place = "home", .path = "", .names = { names, 2 }, .made = 5 };
	struct step step = { "alice", &clip, false };
	ok(db_open(ctx, "files", DB_READ_WRITE, &db), "a database");
	ok(!clip_of(ctx, db, "alice", &out), "nothing at first");
	ok(db_change(ctx, db, put, &step) && clip_of(ctx, db, "alice", &out), "kept");
	is(out.path, "", "the top is a path");
	ok(out.names.n == 2 && same(out.names.at[0], "a\nb") && same(out.names.at[1], "\xff"), "names as they are");
	ok(!clip_of(ctx, db, "alic", &out) && !clip_of(ctx, db, "alice2", &out), "nobody else's");
	ok(db_change(ctx, db, forget_one, &step) && !clip_of(ctx, db, "alice", &out), "forgotten");
	db_close(db);
}

int main(void)
{
	struct ctx ctx = state_start((const char *const[]){ "db", "db/files", NULL }, "");
	a = ctx.arena;
	test_names();
	test_paths();
	test_refusals(&ctx);
	test_clip(&ctx);
	return done_testing();
}
