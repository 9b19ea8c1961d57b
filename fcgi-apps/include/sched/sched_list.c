/*
 * The list of a user's jobs. The index keeps running, waiting and finished jobs apart, each sorted by time, with state and name in the
 * entry: a page by time walks as many entries as it skips and shows; a search or another order walks the index once and sorts. Job
 * records are loaded for the page only.
 */
#include "sched/snapshot.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A search or sort looks at so many entries of each group, newest first. */
enum { MOST_SORTED = 200000, GROUPS = 3 };

/* One of the three sorted lists that make up the answer. */
struct head { struct db_walk *walk; bool more; struct db_key key; struct bytes value; };

struct listing {
	const struct job_query *query;
	struct job_page *page;
	const struct db_read *db;
	struct head heads[GROUPS];
	size_t n_heads;
	size_t prefix;          /* bytes before the group in a key */
	struct snap_row *rows;  /* of a search or sort */
	size_t n, cap;
};

static bool advance(struct ctx *ctx, struct head *head)
{
	return db_next(ctx, head->walk, &head->more, &head->key, &head->value);
}

static bool start(struct ctx *ctx, struct listing *list, bool descending)
{
	static const enum job_group groups[GROUPS] = { JOBS_RUNNING, JOBS_WAITING, JOBS_FINISHED };

	for (size_t i = 0; i < GROUPS; i++) {
		struct db_key prefix = snap_list_prefix(list->query->user, groups[i]);
		struct head *head = &list->heads[list->n_heads];

		if (list->query->group != JOBS_ALL && list->query->group != groups[i])
			continue;
		list->prefix = prefix.n;
		head->walk = db_walk(ctx, list->db, &prefix, NULL, descending);
		if (!advance(ctx, head))
			return false;
		list->n_heads++;
	}
	return true;
}

/* Compares what follows the group: time, number, cluster, id. */
static int compare_heads(const struct listing *list, const struct head *a, const struct head *b)
{
	size_t n_a = a->key.n - list->prefix, n_b = b->key.n - list->prefix;
	int order = memcmp(a->key.at + list->prefix, b->key.at + list->prefix, n_a < n_b ? n_a : n_b);

	return order != 0 ? order : (n_a > n_b) - (n_a < n_b);
}

/* The list whose first entry comes next; NULL when all are at their end. */
static struct head *first_head(struct listing *list, bool descending)
{
	struct head *best = NULL;

	for (size_t i = 0; i < list->n_heads; i++) {
		struct head *head = &list->heads[i];
		int order;

		if (!head->more)
			continue;
		order = best == NULL ? 0 : compare_heads(list, head, best);
		if (best == NULL || (descending ? order > 0 : order < 0))
			best = head;
	}
	return best;
}

static bool add_job(struct ctx *ctx, struct listing *list, struct job *jobs, const struct snap_row *row)
{
	bool found;

	if (!snap_get_job(ctx, list->db, row->cluster, row->id, &found, &jobs[list->page->n]))
		return false;
	list->page->n += found;
	return true;
}

/* ---- by time, everything: O(page) ---- */

static bool list_by_time(struct ctx *ctx, struct listing *list)
{
	const struct job_query *query = list->query;
	struct job *jobs = NEW_ARRAY(ctx->arena, struct job, query->per_page);
	int64_t skip = query->page * query->per_page, seen = 0;
	bool descending = !query->ascending;
	struct head *head;

	list->page->at = jobs;
	if (!start(ctx, list, descending))
		return false;
	while (seen < skip + query->per_page && (head = first_head(list, descending)) != NULL) {
		struct snap_row row;

		if (seen++ >= skip && snap_list_read(ctx->arena, &head->key, head->value, &row) && !add_job(ctx, list, jobs, &row))
			return false;
		if (!advance(ctx, head))
			return false;
	}
	return true;
}

/* ---- search and other orders ---- */

static bool matches(const struct job_query *query, const struct snap_row *row)
{
	return empty(query->match) || strcasestr(row->name, query->match) != NULL || strcasestr(row->id, query->match) != NULL ||
		strcasecmp(row->state, query->match) == 0;
}

static void keep_row(struct arena *arena, struct listing *list, const struct snap_row *row)
{
	list->rows = sched_room(arena, list->rows, list->n, &list->cap, sizeof *list->rows);
	list->rows[list->n++] = *row;
}

static bool collect(struct ctx *ctx, struct listing *list)
{
	if (!start(ctx, list, true))
		return false;
	for (size_t i = 0; i < list->n_heads; i++) {
		for (int64_t seen = 0; list->heads[i].more && seen < MOST_SORTED; seen++) {
			struct snap_row row;

			if (snap_list_read(ctx->arena, &list->heads[i].key, list->heads[i].value, &row) && matches(list->query, &row))
				keep_row(ctx->arena, list, &row);
			if (!advance(ctx, &list->heads[i]))
				return false;
		}
	}
	return true;
}

static int by_number(int64_t a, int64_t b) { return (a > b) - (a < b); }

static int compare_time(const struct snap_row *a, const struct snap_row *b)
{
	int order = by_number(a->submitted, b->submitted);

	return order != 0 ? order : by_number(a->number, b->number);
}

static int compare_rows(const void *left, const void *right, void *arg)
{
	const struct snap_row *a = left, *b = right;
	const struct job_query *query = arg;
	int order = 0;

	switch (query->order) {
	case JOBS_BY_NAME: order = strcasecmp(a->name, b->name); break;
	case JOBS_BY_STATE: order = by_number(a->group, b->group); order = order != 0 ? order : strcmp(a->state, b->state); break;
	case JOBS_BY_ID: order = by_number(a->number, b->number); break;
	case JOBS_BY_SUBMIT: order = compare_time(a, b); break;
	}
	if (order == 0) /* within equals the newest is first whatever the direction */
		return compare_time(b, a);
	return query->ascending ? order : -order;
}

static bool list_sorted(struct ctx *ctx, struct listing *list)
{
	const struct job_query *query = list->query;
	struct job_query sorter = *query;
	struct job *jobs = NEW_ARRAY(ctx->arena, struct job, query->per_page);
	size_t from = (size_t)(query->page * query->per_page);

	list->page->at = jobs;
	if (!collect(ctx, list))
		return false;
	if (list->n > 1)
		qsort_r(list->rows, list->n, sizeof *list->rows, compare_rows, &sorter);
	for (size_t i = from; i < list->n && i - from < (size_t)query->per_page; i++)
		if (!add_job(ctx, list, jobs, &list->rows[i]))
			return false;
	list->page->total = (int64_t)list->n;
	return true;
}

/* ---- the two together ---- */

static bool count(struct ctx *ctx, struct listing *list)
{
	struct db_key key = snap_usage(list->query->user);
	struct usage usage;
	struct bytes value;
	bool found;

	if (!db_get(ctx, list->db, &key, &found, &value) || (found && !record_unpack(ctx, &usage_record, value, &usage)))
		return false;
	if (!found)
		return true;
	switch (list->query->group) {
	case JOBS_ALL: list->page->total = usage.running + usage.waiting + usage.finished; break;
	case JOBS_RUNNING: list->page->total = usage.running; break;
	case JOBS_WAITING: list->page->total = usage.waiting; break;
	case JOBS_FINISHED: list->page->total = usage.finished; break;
	}
	return true;
}

static bool list_jobs(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct listing *list = arg;

	list->db = db;
	if (empty(list->query->match) && list->query->order == JOBS_BY_SUBMIT)
		return count(ctx, list) && list_by_time(ctx, list);
	return list_sorted(ctx, list);
}

bool sched_jobs(struct ctx *ctx, struct db *db, const struct job_query *query, struct job_page *page)
{
	struct job_query checked = *query;
	struct listing list = { .query = &checked, .page = page };

	memset(page, 0, sizeof *page);
	if (empty(query->user) || strlen(query->user) > KEY_TEXT)
		return true;
	if (checked.per_page < 1 || checked.per_page > 1000)
		checked.per_page = 50;
	if (checked.page < 0 || checked.page > INT32_MAX)
		checked.page = 0;
	return db_view(ctx, db, list_jobs, &list);
}
