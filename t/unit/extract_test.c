/*
 * What names in archives mean, and which names are archives.
 * link: fcgi-apps/files/extract.c fcgi-apps/include/program.c
 */
#include <stdlib.h>

#include "../../fcgi-apps/files/extract.h"
#include "tap.h"

void task_tell(struct task *t, int64_t entries, int64_t bytes)
{
	(void)t;
	(void)entries;
	(void)bytes;
}

void task_left_out(struct task *t, const char *name, const char *why)
{
	(void)t;
	(void)name;
	(void)why;
}

static struct arena *a;

static void means(const char *name, const char *path)
{
	char *got = extract_path(a, name);
	ok(same(got, path), "%s is %s", name, path ? path : "nothing that may be");
}

static void names(void)
{
	static const char *const out[] = { "..", "../x", "/x", "//x", "a/../x", "a/..", "a/../../x", ".naru-trash-1/x", "a/.naru-trash-1" };
	static const struct { const char *name, *path; } in[] = {
		{ "x", "x" }, { "a/b/c", "a/b/c" }, { "./a/./b", "a/b" }, { "a//b/", "a/b" }, { "", "" }, { "./", "" }, { "...", "..." }, { "a\\..\\b", "a\\..\\b" },
		{ "..a/b..", "..a/b.." }, { "\xff", "\xff" }, { "a\nb", "a\nb" },
	};
	for (size_t i = 0; i < COUNT(out); i++)
		means(out[i], NULL);
	for (size_t i = 0; i < COUNT(in); i++)
		means(in[i].name, in[i].path);
	char longest[300];
	for (size_t i = 0; i < sizeof longest - 1; i++)
		longest[i] = 'n';
	longest[256] = 0;
	ok(!extract_path(a, longest), "256 bytes are no name");
	longest[255] = 0;
	ok(extract_path(a, longest) != NULL, "255 are");
}

static void ends(void)
{
	ok(extract_can("a.zip") && extract_can("a.TAR.GZ") && extract_can("a.b.tgz") && extract_can("a.tar.zst"), "archives");
	ok(!extract_can("zip") && !extract_can(".zip") && !extract_can("a.zip.txt") && !extract_can("a.gz") && !extract_can(""), "no archives");
	ok(same(extract_stem(a, "data.2026.tar.gz"), "data.2026") && same(extract_stem(a, "x"), "x"), "what is left of a name");
}

int main(void)
{
	a = arena_new(0);
	names();
	ends();
	arena_free(a);
	return done_testing();
}
