/* What a connector answers beside lists, content and names: searches, quotas, access control lists, details. */
#include "store/connector_turn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "store.h"

/* ---- searching ---- */

static int send_hits(struct turn *t, const struct row_hits *hits)
{
	size_t most = (WIRE_MOST - 64) / (WIRE_PATH_MOST + 5 + WIRE_ENTRY_ROOM);
	for (size_t i = 0; i < hits->n; i += most) {
		size_t n = hits->n - i < most ? hits->n - i : most;
		wire_begin(t->out, WIRE_ENTRIES, t->id);
		wire_put_int(t->out, (int64_t)n);
		for (size_t k = i; k < i + n; k++) {
			wire_put_text(t->out, hits->at[k].folder);
			turn_put_row(t->out, &hits->at[k].row);
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

/* ---- access control lists ---- */

static void read_who(struct turn *t, struct acl_who *who)
{
	const char *kind = wire_text(t->in);
	who->kind = *kind;
	who->id = wire_int(t->in);
	who->groups = "";
	if ((!same(kind, "u") && !same(kind, "g")) || who->id < 1 || who->id >= UINT32_MAX)
		t->in->bad = true;
}

int answer_acl(struct turn *t)
{
	struct acl_who who;
	struct row_acl a;
	const char *path = turn_path(t);
	read_who(t, &who);
	who.groups = wire_text(t->in);
	if (!wire_end(t->in))
		return -1;
	int e = t->c->driver->acl ? t->c->driver->acl(t->c->state, path, &who, &a) : WIRE_E_CANNOT;
	if (e)
		return e;
	wire_put_int(t->out, a.perm);
	wire_put_int(t->out, a.later);
	wire_put_int(t->out, a.reach);
	wire_put_int(t->out, a.own);
	wire_put_int(t->out, a.folder);
	wire_put_int(t->out, a.bare);
	wire_put_int(t->out, a.runs);
	return 0;
}

static bool is_who(const char *wanted, const struct acl_who *who)
{
	char this[24];
	snprintf(this, sizeof this, "%c%lld", who->kind, (long long)who->id);
	return empty(wanted) || same(wanted, this);
}

int answer_acl_set(struct turn *t)
{
	struct acl_who who;
	const char *path = turn_path(t);
	read_who(t, &who);
	int64_t perm = wire_int(t->in), later = wire_int(t->in);
	if (!wire_end(t->in) || perm < ACL_LEAVE || perm > 7 || later < ACL_KEEP_BARE || later > 7)
		return -1;
	if (!is_who(t->c->who, &who))
		return WIRE_E_RIGHT;
	return t->c->driver->acl_set ? t->c->driver->acl_set(t->c->state, path, &who, (int)perm, (int)later) : WIRE_E_CANNOT;
}

/* ---- details ---- */

int answer_mode(struct turn *t)
{
	const char *path = turn_path(t);
	int64_t mode = wire_int(t->in);
	if (!wire_end(t->in))
		return -1;
	if (mode < 0 || mode > 0777)
		return EPERM;
	return t->c->driver->mode ? t->c->driver->mode(t->c->state, path, mode) : WIRE_E_CANNOT;
}

int answer_details(struct turn *t)
{
	static struct row_details d;
	const char *path = turn_path(t);
	if (!wire_end(t->in))
		return -1;
	memset(&d, 0, sizeof d);
	int e = t->c->driver->details ? t->c->driver->details(t->c->state, path, &d) : WIRE_E_CANNOT;
	if (e)
		return e;
	wire_put_int(t->out, d.links);
	wire_put_text(t->out, d.target);
	wire_put_text(t->out, d.acl);
	return 0;
}

int answer_tree(struct turn *t)
{
	struct row_tree sum = { 0 };
	const char *path = turn_path(t);
	int64_t walk = wire_int(t->in), until = clock_ms() + walk;
	if (!wire_end(t->in) || walk < 0 || walk > 60000)
		return -1;
	int e = t->c->driver->tree ? t->c->driver->tree(t->c->state, path, until < t->until ? until : t->until, &sum) : WIRE_E_CANNOT;
	if (e)
		return e;
	wire_put_int(t->out, sum.bytes);
	wire_put_int(t->out, sum.entries);
	wire_put_int(t->out, sum.at_least);
	return 0;
}
