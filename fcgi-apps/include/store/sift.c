#include "store/sift.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"

#define LOOK_MS 500      /* a rare name in a huge folder: give what was found so far */
#define MARK_NAME 220    /* bytes of a name in a mark, so that its number fits too */

/* ---- names ---- */

bool sift_name_good(const char *name)
{
	return *name && strlen(name) <= WIRE_NAME_MOST && !strchr(name, '/') && !same(name, ".") && !same(name, "..") && !starts_with(name, SIFT_PART);
}

void sift_part_name(char to[40])
{
	uint64_t chance;
	random_bytes(&chance, sizeof chance);
	snprintf(to, 40, SIFT_PART "%016" PRIx64, chance);
}

/* ---- where an unsorted page begins: number "/" name ---- */

static void unsort(struct sift *s)
{
	s->sorted = false;
	s->out->n = 0;
	s->out->total = -1;
	s->out->unsorted = true;
	s->seen = 0;
	s->since = clock_ms();
}

static int read_mark(struct sift *s)
{
	char mark[WIRE_NAME_MOST + 1], *name;
	if (!page_mark_read(s->q->after, mark))
		return EINVAL;
	s->skip = strtoll(mark, &name, 10);
	if (*name != '/' || s->skip < 1)
		return EINVAL;
	snprintf(s->mark, sizeof s->mark, "%s", name + 1);
	return 0;
}

static void write_next(struct sift *s, int64_t number, const char *name)
{
	char mark[WIRE_NAME_MOST + 1];
	snprintf(mark, sizeof mark, "%" PRId64 "/%.*s", number, MARK_NAME, name);
	page_mark_write(s->out->next, sizeof s->out->next, mark);
	s->full = true;
}

int sift_begin(struct sift *s, const struct row_query *q, struct rows *out)
{
	*s = (struct sift){ .q = q, .out = out, .begun = *q->after != 'u', .sorted = q->order != STORE_ANY && *q->after != 'u' };
	*out = (struct rows){ .at = calloc(q->limit, sizeof *out->at) };
	if (!out->at)
		return ENOMEM;
	if (s->sorted)
		return page_begin(&s->page, q, out);
	unsort(s);
	return !*q->after ? 0 : *q->after == 'u' ? read_mark(s) : EINVAL;
}

/* ---- the rows ---- */

static bool sorted(struct sift *s, const struct row *r)
{
	s->late = s->seen % 256 == 0 && clock_ms() > s->q->until;
	if (!s->late && sift_name_good(r->name) && page_wants(s->q, r->name))
		page_offer(&s->page, r);
	return !s->late;
}

static bool begins(const struct sift *s, const struct row *r)
{
	return s->by_number ? s->seen >= s->skip : strncmp(r->name, s->mark, MARK_NAME) == 0;
}

static bool behind(struct sift *s, const struct row *r)
{
	struct rows *out = s->out;
	bool wanted = sift_name_good(r->name) && page_wants(s->q, r->name);
	if (wanted && out->n == s->q->limit)
		write_next(s, s->last_seen, out->at[out->n - 1].name);
	else if (wanted)
		out->at[out->n++] = *r, s->last_seen = s->seen;
	else if (s->seen % 1024 == 0 && clock_ms() - s->since > LOOK_MS)
		write_next(s, s->seen, r->name);
	return !s->full;
}

bool sift_offer(struct sift *s, const struct row *r)
{
	s->seen++;
	if (s->sorted)
		return sorted(s, r);
	if (s->begun)
		return behind(s, r);
	if (begins(s, r)) {
		s->begun = true;
		s->since = clock_ms();
	}
	return true;
}

bool sift_again(struct sift *s)
{
	bool again = (s->sorted && s->late) || (!s->begun && !s->by_number);
	if (!again)
		return false;
	s->by_number = !s->sorted;
	s->begun = s->sorted || --s->skip == 0; /* the last one has gone, so all behind it have moved up */
	unsort(s);
	return true;
}

void sift_end(struct sift *s)
{
	if (s->sorted)
		page_end(&s->page);
}
