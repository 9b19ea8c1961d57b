/* What a transfer does with a name that is taken, which names it finds, and what it makes of errors.
 * link: fcgi-apps/mover/rules.c
 * flags: -iquote fcgi-apps/mover
 */
#include <errno.h>
#include <string.h>

#include "rules.h"
#include "store/wire.h"
#include "tap.h"

static void acts(void)
{
	struct entry old = { .name = "a", .kind = ENTRY_FILE, .size = 5, .modified = 100 }, new = old, folder = old;
	new.modified = 200;
	folder.kind = ENTRY_FOLDER;
	static const char *const rules[] = { "rename", "refuse", "skip", "newer", "replace", "sync" };
	for (size_t i = 0; i < COUNT(rules); i++)
		ok(rules_act(rules[i], false, &new, NULL) == ACT_NEW, "%s: a free name", rules[i]);
	ok(rules_act("rename", false, &new, &old) == ACT_RENAME && rules_act("rename", false, &new, &folder) == ACT_RENAME, "rename");
	ok(rules_act("refuse", false, &new, &old) == ACT_REFUSE, "refuse");
	ok(rules_act("skip", false, &new, &old) == ACT_KEEP && rules_act("skip", false, &new, &folder) == ACT_KEEP, "skip");
	ok(rules_act("newer", false, &new, &old) == ACT_REPLACE && rules_act("newer", false, &old, &new) == ACT_KEEP && rules_act("newer", false, &old, &old) == ACT_KEEP, "newer");
	ok(rules_act("replace", false, &old, &new) == ACT_REPLACE, "replace");
	ok(rules_act("newer", false, &new, &folder) == ACT_CLASH && rules_act("replace", false, &new, &folder) == ACT_CLASH && rules_act("sync", false, &new, &folder) == ACT_CLASH,
		"a folder is never replaced");
	ok(rules_act("sync", false, &old, &new) == ACT_SAME && rules_act("sync", false, &old, &old) == ACT_SAME && rules_act("sync", false, &new, &old) == ACT_REPLACE, "sync by time");
	ok(rules_act("sync", true, &old, &old) == ACT_COMPARE, "sync by content");
	new.size = 6;
	ok(rules_act("sync", true, &old, &new) == ACT_REPLACE && rules_act("sync", false, &old, &new) == ACT_REPLACE, "sync by size");
}

static void names(void)
{
	struct arena *a = arena_new(0);
	static const struct { const char *path; int nth; const char *want; } cases[] = {
		{ "a.txt", 2, "a (2).txt" }, { "x/y.z/a.txt", 13, "x/y.z/a (13).txt" }, { "a", 2, "a (2)" }, { ".profile", 2, ".profile (2)" }, { "a.tar.gz", 3, "a (3).tar.gz" },
		{ "x.y/a", 2, "x.y/a (2)" }, { ".tar.gz", 2, ".tar (2).gz" }, { "a.very-long-ending", 2, "a.very-long-ending (2)" }, { "a.", 2, "a (2)." },
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		is(rules_name(a, cases[i].path, cases[i].nth), cases[i].want, "the name beside %s", cases[i].path);
	char longest[256] = "", wide[256] = "";
	memset(longest, 'n', 251);
	memcpy(longest + 251, ".txt", 5);
	const char *cut = rules_name(a, longest, 2);
	ok(strlen(cut) == 255 && !strcmp(cut + 247, " (2).txt"), "the longest name is cut before its ending");
	for (int i = 0; i < 85; i++)
		memcpy(wide + 3 * i, "\xed\x95\x9c", 4);
	cut = rules_name(a, wide, 2);
	ok(strlen(cut) <= 255 && utf8_valid(cut, strlen(cut)), "at a whole letter");
	arena_free(a);
}

static void errors(void)
{
	ok(rules_bad(EACCES) == BAD_FILE && rules_bad(ENOENT) == BAD_FILE && rules_bad(2004) == BAD_FILE, "of one file");
	ok(rules_bad(ENOSPC) == BAD_FULL && rules_bad(EDQUOT) == BAD_FULL, "no room");
	ok(rules_bad(WIRE_E_REFUSED) == BAD_LATER && rules_bad(ETIMEDOUT) == BAD_LATER && rules_bad(WIRE_E_SLOW) == BAD_LATER, "later");
	ok(rules_bad(WIRE_E_LOGIN) == BAD_STOP && rules_bad(WIRE_E_HOST_KEY) == BAD_STOP && rules_bad(WIRE_E_ERRAND) == BAD_STOP, "never by itself");
	ok(rules_wait(BAD_LATER, 1) == 3 && rules_wait(BAD_LATER, 4) == 24 && rules_wait(BAD_LATER, 40) == 900 && rules_wait(BAD_LATER, 41) == -1, "longer each time, and not for ever");
	ok(rules_wait(BAD_FULL, 6) > 0 && rules_wait(BAD_FULL, 7) == -1 && rules_wait(BAD_STOP, 1) == -1, "shorter for a full disk, not at all for a refusal");
	ok(rules_lost(EPIPE) && !rules_lost(ENOENT), "a lost connector");
}

int main(void)
{
	acts();
	names();
	errors();
	return done_testing();
}
