/* store_contract_find: the contract of store_find() and store_quota(), whether a connector searches or the front walks. Included by the test itself. */
#ifndef STORE_CONTRACT_FIND_H
#define STORE_CONTRACT_FIND_H

#include "store_contract_site.h"

struct sought { size_t n, pages; int64_t looked; bool ok, twice; };

/* All pages of a search below found/; each hit is remembered by its number, "f12" in whatever folder. */
static struct sought seek(struct store_terms t, int64_t limit, int walk_ms)
{
	struct sought all = { .ok = true };
	static bool seen[100];
	const char *cookie = NULL;
	memset(seen, 0, sizeof seen);
	do {
		struct store_hits h;
		struct store_find q = { .path = in("found"), .terms = t, .cookie = cookie, .walk_ms = walk_ms, .limit = limit };
		all.ok = store_find(c, s, &q, &h);
		if (!all.ok)
			break;
		for (size_t i = 0; i < h.n; i++) {
			long number = strtol(h.at[i].entry.name + 1, NULL, 10);
			all.twice |= number < 0 || number > 99 || (h.at[i].entry.kind == ENTRY_FILE && seen[number]);
			seen[number % 100] = true;
		}
		all.n += h.n;
		all.looked += h.looked;
		cookie = h.next ? text(site_arena, "%s", h.next) : NULL;
	} while (cookie && ++all.pages < 200);
	return all;
}

/* 4 folders in each other, 10 files in each. */
static bool make_found(void)
{
	const char *at = in("found");
	for (int i = 0; i < 4; i++) {
		if (!store_make_folder(c, s, at))
			return false;
		for (int k = 0; k < 10; k++)
			if (!make_file(text(c->arena, "%s/f%d.%s", at, 10 * i + k, k % 2 ? "log" : "dat"), 10 * k, 10 * k, false))
				return false;
		at = text(c->arena, "%s/d%d", at, 90 + i);
	}
	return true;
}

static void finding(void)
{
	static const struct store_terms any = { .at_least = -1, .at_most = -1 };
	struct store_terms t = any;
	struct store_quota quota;
	start("searching");
	ok(make_found(), "a tree is made");
	again();
	struct sought all = seek(any, 200, 8000);
	ok(all.ok && all.n == 43 && all.looked == 43 && !all.twice, "everything is found: %zu", all.n);
	all = seek(any, 4, 8000);
	ok(all.ok && all.n == 43 && !all.twice && all.pages >= 10, "page by page, once: %zu in %zu", all.n, all.pages);
	t.name = "*.log";
	all = seek(t, 3, 8000);
	ok(all.ok && all.n == 20 && !all.twice, "by a pattern: %zu", all.n);
	t.name = "D9";
	all = seek(t, 200, 8000);
	ok(all.ok && all.n == 3, "by a part of the name, folders too: %zu", all.n);
	t = any;
	t.at_least = 50;
	all = seek(t, 200, 8000);
	ok(all.ok && all.n == 20, "by size: %zu", all.n);
	all = seek(any, 200, 1);
	ok(all.ok && all.n == 43 && !all.twice, "a millisecond at a time: %zu in %zu", all.n, all.pages);
	struct store_hits h;
	ok(fails(store_find(c, s, &(struct store_find){ .path = in("none"), .terms = any, .walk_ms = 1000 }, &h), KIND_NOT_FOUND), "below a folder that is not there");
	ok(fails(store_find(c, s, &(struct store_find){ .path = in("found"), .terms = any, .cookie = "../x", .walk_ms = 1000 }, &h), KIND_BAD_REQUEST), "a cookie that is none");
	if (can & STORE_CAN_QUOTA)
		ok(store_quota(c, s, &quota) && (quota.of == STORE_QUOTA_NONE || quota.limit + quota.files_limit > 0), "a quota is told, or that none is known");
	else
		ok(fails(store_quota(c, s, &quota), KIND_INVALID), "of a quota it knows nothing, and says so");
	ok(store_remove(c, s, in("found"), true), "removed");
}

#endif
