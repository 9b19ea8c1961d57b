/* tags: what a user types as tags, and how many marks have each. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "marks.h"
#include "utf8.h"

/* Without white space around it, and with single spaces in it. */
static const char *tidy(struct arena *a, const char *s)
{
	char *to = arena_alloc(a, strlen(s) + 1), *at = to;
	for (; *s; s++) {
		bool space = *s == ' ' || *s == '\t' || *s == '\n' || *s == '\r';
		if (!space)
			*at++ = *s;
		else if (at > to && at[-1] != ' ')
			*at++ = ' ';
	}
	if (at > to && at[-1] == ' ')
		at--;
	*at = 0;
	return to;
}

/* What would steer a terminal or the direction of a page has no place in a tag. */
static bool plain(const char *s)
{
	uint32_t letter;
	for (size_t n; *s; s += n) {
		n = utf8_next(s, &letter);
		if (!n || letter < ' ' || (letter >= 0x7f && letter < 0xa0) || (letter >= 0x200e && letter <= 0x200f) || (letter >= 0x2028 && letter <= 0x202e)
			|| (letter >= 0x2066 && letter <= 0x2069))
			return false;
	}
	return true;
}

static const char *spelt(struct texts in, const char *tag)
{
	for (size_t i = 0; i < in.n; i++)
		if (strcasecmp(in.at[i], tag) == 0)
			return in.at[i];
	return NULL;
}

bool tags_have(struct texts tags, const char *tag)
{
	return spelt(tags, tag) != NULL;
}

struct texts tags_read(struct ctx *c, const char *typed, struct texts known, const char **wrong)
{
	struct texts parts = split(c->arena, typed, ',');
	const char **at = NEW_ARRAY(c->arena, const char *, parts.n + 1);
	struct texts tags = { at, 0 };
	*wrong = NULL;
	for (size_t i = 0; i < parts.n; i++) {
		const char *tag = tidy(c->arena, parts.at[i]);
		if (!*tag || tags_have(tags, tag))
			continue;
		if (utf8_count(tag) > TAG_MOST)
			*wrong = say(c, "The tag “%s” is too long: a tag may have %d letters.", tag, TAG_MOST);
		else if (!plain(tag))
			*wrong = tr(c, "A tag holds a character that cannot be shown. Type it again.");
		else if (tags.n == TAGS_MOST)
			*wrong = say(c, "There may be %d tags here. Leave some out.", TAGS_MOST);
		if (*wrong)
			return tags;
		const char *before = spelt(known, tag);
		at[tags.n++] = before ? before : tag;
	}
	return tags;
}

const char *tags_typed(struct arena *a, struct texts tags)
{
	struct buf b = { 0 };
	buf_in(&b, a);
	for (size_t i = 0; i < tags.n; i++)
		buf_printf(&b, "%s%s", i ? ", " : "", tags.at[i]);
	return buf_cstr(&b);
}

static int by_name(const void *a_, const void *b_)
{
	const struct tag_count *a = a_, *b = b_;
	int c = strcasecmp(a->name, b->name);
	return c ? c : strcmp(a->name, b->name);
}

void tags_count(struct arena *a, const struct marks *marks, struct tag_count **out, size_t *n)
{
	size_t all = 0;
	for (size_t i = 0; i < marks->n; i++)
		all += marks->at[i].tags.n;
	struct tag_count *t = NEW_ARRAY(a, struct tag_count, all + 1);
	*out = t;
	*n = 0;
	for (size_t i = 0, k = 0; i < marks->n; i++)
		for (size_t j = 0; j < marks->at[i].tags.n; j++)
			t[k++] = (struct tag_count){ marks->at[i].tags.at[j], 1 };
	if (!all)
		return;
	qsort(t, all, sizeof *t, by_name);
	for (size_t i = 1; i < all; i++)
		if (strcasecmp(t[*n].name, t[i].name) == 0)
			t[*n].count++;
		else
			t[++*n] = t[i];
	++*n;
}
