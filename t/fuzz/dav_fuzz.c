/*
 * What a WebDAV client may send: the XML of a body and the headers If, Destination and If-None-Match. A property that was taken comes out as XML that
 * is taken again, and is the same then.
 *
 * link: fcgi-apps/dav/keep.c fcgi-apps/dav/locks.c fcgi-apps/dav/spot.c fcgi-apps/dav/work.c fcgi-apps/dav/conditions.c fcgi-apps/dav/tree.c
 * flags: -iquote fcgi-apps/dav
 */
#include "dav.h"

#include <string.h>

#include "frame_site.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct node *tree_of(struct arena *arena, const void *body, size_t n, size_t step)
{
	struct site s;
	struct node *top = NULL;
	site_begin(&s, arena, "X=1");
	site_body(&s, body, n);
	s.step = step;
	return tree_read(&s.r, &top) ? top : NULL;
}

static void xml(struct arena *arena, const uint8_t *data, size_t n)
{
	struct node *whole = tree_of(arena, data, n, 0), *pieces = tree_of(arena, data, n, 7);
	if (!whole != !pieces)
		die("a body means another thing in pieces");
	if (!whole)
		return;
	const char *once = tree_text(arena, whole), *again;
	if (!same(once, tree_text(arena, pieces)))
		die("and is another one");
	struct node *second = tree_of(arena, once, strlen(once), 0);
	if (!second)
		die("what was written cannot be read: %.200s", once);
	again = tree_text(arena, second);
	if (!same(once, again))
		die("and is not the same: %.200s", again);
}

/* No place is ever reached: there is neither a store nor a setting. */
static void headers(struct arena *arena, const uint8_t *data, size_t n)
{
	char *line = arena_copy(arena, data, n);
	struct site s;
	for (char *p = line; *p; p++)
		*p = *p == '\n' ? ' ' : *p;
	site_begin(&s, arena, text(arena, "HTTP_IF=%s\nHTTP_DESTINATION=%s\nHTTP_HOST=h", line, line));
	struct work w = { .r = &s.r, .at = { .place = "", .path = "", .root = "", .there = true } };
	struct spot to;
	int status;
	bool good = conditions_read(&w);
	if (good != (w.status == 0))
		die("a refusal without a status");
	conditions_token(&w, "x");
	if (spot_of_address(&s.r, line, &to, &status) && !status && (strstr(to.path, "//") || same(to.path, "..") || strstr(to.path, "../")))
		die("an address leads out: %s", line);
	etag_in(line, "\"a\"", true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *arena = arena_new(0);
	if (n && *data == '<')
		xml(arena, data, n);
	else
		headers(arena, data, n);
	arena_free(arena);
	return 0;
}
