/* What a browser says in front of its body: cookies, the wanted language, a range, a message to show, the address. */
#include <string.h>

#include "app_private.h"
#include "frame_site.h"
#include "identity.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* A value comes from one place of the header and ends where that cookie ends. */
static void check_cookie(struct arena *arena, const char *header, const char *name)
{
	const char *value = cookie_find(arena, header, name);

	if (value && (strchr(value, ';') || !strstr(header, text(arena, "%s=%s", name, value))))
		die("a cookie that was not sent");
}

static void check_range(struct site *s, int64_t total)
{
	int64_t offset = -1, length = -1;
	bool partial;

	if (!req_range(&s->r, total, &offset, &length, &partial))
		return;
	if (offset < 0 || length < 0 || offset > total || length > total - offset || (!partial && length != total) || (partial && length == 0))
		die("a range outside the file");
}

static void check_path(struct ctx *ctx, const char *raw)
{
	struct texts parts;

	if (!path_split(ctx, raw, &parts))
		return;
	for (size_t i = 0; i < parts.n; i++)
		if (!*parts.at[i] || strchr(parts.at[i], '/') || same(parts.at[i], ".") || same(parts.at[i], ".."))
			die("a part of a path that leads elsewhere");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(0);
	struct site s;
	const char *said = arena_copy(arena, data, size);
	char *env[] = { text(arena, "HTTP_COOKIE=%s", said), text(arena, "HTTP_ACCEPT_LANGUAGE=%s", said), text(arena, "HTTP_RANGE=%s", said), NULL };

	site_begin(&s, arena, "");
	s.wire.env = env;
	check_cookie(arena, said, "__Host-naru");
	check_cookie(arena, said, form_cookie_name);
	check_cookie(arena, said, flash_cookie_name);
	if (identity_lang(&s.r) >= LANG_COUNT)
		die("a language nobody has");
	check_range(&s, (int64_t)size);
	check_range(&s, 0);
	check_range(&s, INT64_MAX);
	check_path(&s.ctx, said);
	arena_free(arena);
	return 0;
}
