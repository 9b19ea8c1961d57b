/* The connector's answers about searching and quotas. */
#include <stdlib.h>
#include <string.h>

#include "store.h"
#include "store/turn.h"

static int send_hits(struct turn *t, const struct row_hits *hits)
{
	size_t most = (WIRE_MOST - 64) / (WIRE_PATH_MOST + 5 + WIRE_ENTRY_ROOM);
	for (size_t i = 0; i < hits->n; i += most) {
		size_t n = hits->n - i < most ? hits->n - i : most;
		wire_begin(t->out, WIRE_ENTRIES, t->id);
		wire_put_int(t->out, (int64_t)n);
		for (size_t k = i; k < i + n; k++) {
			wire_put_text(t->out, hits->at[k].folder);
			turn_row(t->out, &hits->at[k].row);
		}
		int e = wire_send(t->c->socket, t->out, -1, t->until);
		if (e)
			return e;
	}
	wire_begin(t->out, WIRE_OK, t->id);
	wire_put_text(t->out, hits->next);
	wire_put_int(t->out, hits->looked);
	wire_put_int(t->out, hits->unread);
	return 0;
}

static int find(struct turn *t, const struct row_find *q)
{
	struct row_hits hits = { 0 };
	if (!t->c->driver->find)
		return WIRE_E_CANNOT;
	int e = t->c->driver->find(t->c->state, q, &hits);
	if (!e)
		e = send_hits(t, &hits);
	free(hits.at);
	return e;
}

int answer_find(struct turn *t)
{
	struct store_terms terms = { 0 };
	struct row_find q = { .path = turn_path(t), .terms = &terms };
	terms.name = wire_text(t->in);
	terms.kind = (int)wire_int(t->in);
	terms.at_least = wire_int(t->in);
	terms.at_most = wire_int(t->in);
	terms.since = wire_int(t->in);
	terms.before = wire_int(t->in);
	terms.dots = wire_flag(t->in);
	int64_t walk = wire_int(t->in), limit = wire_int(t->in);
	q.cookie = wire_text(t->in);
	if (!wire_end(t->in) || walk < 1 || walk > 60000 || limit < 1 || limit > WIRE_HITS_MOST || strlen(terms.name) > WIRE_NAME_MOST)
		return -1;
	q.limit = (size_t)limit;
	q.until = clock_ms() + walk < t->until ? clock_ms() + walk : t->until;
	return find(t, &q);
}

int answer_quota(struct turn *t)
{
	struct row_quota q = { 0 };
	if (!wire_end(t->in))
		return -1;
	int e = t->c->driver->quota ? t->c->driver->quota(t->c->state, &q) : WIRE_E_CANNOT;
	if (e)
		return e;
	wire_put_int(t->out, q.of);
	wire_put_int(t->out, q.used);
	wire_put_int(t->out, q.limit);
	wire_put_int(t->out, q.files);
	wire_put_int(t->out, q.files_limit);
	wire_put_int(t->out, q.grace);
	return 0;
}
