/*
 * transfers: what one user may hold of a module. An upload or a download holds a worker for as long as the visitor takes, so a few workers
 * are kept for pages and nobody may hold more than some of the others. A page takes long when something of the user's does (a connector
 * that they stopped, a folder on a slow disk); whose pages did so twice gets a third of the workers at a time until half a minute later.
 * The table is shared memory of the master; each worker writes its own row.
 */
#include "app_private.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

enum { NONE = -1, REMEMBERED = 64, SLOW_MS = 3000, SLOW_FOR_MS = 30000 };

struct row {
	_Atomic(int64_t) carries; /* whose transfer the worker carries */
	_Atomic(int64_t) user;    /* uid of whose page it makes */
	_Atomic(int64_t) since;
};
struct slow { _Atomic(int64_t) user, when; };
struct table { struct slow slow[REMEMBERED]; _Atomic(unsigned) next; struct row row[]; };

static struct table *table; /* NULL: nothing is counted */
static int n_rows, own = NONE;

void transfers_start(int workers)
{
	size_t size = sizeof *table + (size_t)workers * sizeof table->row[0];
	table = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (table == MAP_FAILED)
		die("mmap: %s", strerror(errno));
	n_rows = workers;
	for (int i = 0; i < workers; i++)
		transfers_gone(i);
	for (size_t i = 0; i < REMEMBERED; i++)
		atomic_store(&table->slow[i].user, NONE);
}

void transfers_worker(int row)
{
	own = row < n_rows ? row : NONE;
}

void transfers_gone(int row)
{
	if (!table || row >= n_rows)
		return;
	atomic_store(&table->row[row].carries, NONE);
	atomic_store(&table->row[row].user, NONE);
}

/* ---- transfers ---- */

static void count(int64_t uid, int *all, int *of_user)
{
	*all = *of_user = 0;
	for (int i = 0; i < n_rows; i++) {
		int64_t other = atomic_load(&table->row[i].carries);
		*all += other != NONE;
		*of_user += other == uid;
	}
}

/* Who has no account is known by the network (of IPv6 the first half): one of them must not keep all others away. Below NONE: nobody's uid. */
static int64_t whose(const struct req *r)
{
	const char *address = req_header(r, "REMOTE_ADDR");
	uint32_t hash = 2166136261u;
	int colons = 0;
	if (r->who.user)
		return r->who.uid;
	for (const char *s = address ? address : ""; *s && colons < 4; colons += *s++ == ':')
		hash = (hash ^ (unsigned char)*s) * 16777619u;
	return NONE - 1 - (int64_t)hash;
}

/* Written first, counted then: of two that come at once, both may be refused, never both let in over the limit. */
bool transfer_begin(struct req *r)
{
	int all, of_user, most = n_rows - (n_rows + 5) / 6, each = n_rows / 4 < 2 ? 2 : n_rows / 4;
	int64_t uid = whose(r);
	if (!table || own == NONE)
		return true;
	transfers_gone(own); /* no page any more */
	atomic_store(&table->row[own].carries, uid);
	count(uid, &all, &of_user);
	if (of_user <= each && all <= most)
		return true;
	transfers_gone(own);
	if (of_user > each)
		return fail(r->ctx, KIND_TOO_MANY, tr(r->ctx, "Several uploads or downloads of yours are running already. Wait until one has ended, then try again."), "%d transfers of one user", of_user);
	return fail(r->ctx, KIND_UNAVAILABLE, tr(r->ctx, "Very many files are being transferred at present. Please try again in a moment."), "%d transfers", all);
}

/* ---- pages ---- */

/* Slow pages of the user, those that are over and those that are being made; *now_made: all that are being made. */
static int slow_ones(int64_t uid, int *now_made)
{
	int n = 0;
	int64_t t = clock_ms();
	*now_made = 0;
	for (size_t i = 0; i < REMEMBERED; i++)
		n += atomic_load(&table->slow[i].user) == uid && t - atomic_load(&table->slow[i].when) < SLOW_FOR_MS;
	for (int i = 0; i < n_rows; i++)
		if (atomic_load(&table->row[i].user) == uid) {
			n += t - atomic_load(&table->row[i].since) > SLOW_MS;
			++*now_made;
		}
	return n;
}

bool turn_begin(struct req *r)
{
	int now_made;
	if (!table || own == NONE || !r->who.user)
		return true;
	atomic_store(&table->row[own].since, clock_ms());
	atomic_store(&table->row[own].user, r->who.uid);
	if (slow_ones(r->who.uid, &now_made) < 2 || now_made <= (n_rows < 3 ? 1 : n_rows / 3))
		return true;
	transfers_gone(own);
	return fail(r->ctx, KIND_TOO_MANY, tr(r->ctx, "Pages of yours take long at present. Wait until they are there, then try again."), "%d slow pages at once", now_made);
}

void turn_end(void)
{
	if (!table || own == NONE)
		return;
	int64_t uid = atomic_load(&table->row[own].user), t = clock_ms();
	if (uid != NONE && t - atomic_load(&table->row[own].since) > SLOW_MS) {
		struct slow *s = &table->slow[atomic_fetch_add(&table->next, 1) % REMEMBERED];
		atomic_store(&s->when, t);
		atomic_store(&s->user, uid);
	}
	transfers_gone(own);
}
