/*
 * transfers: uploads and downloads hold a worker for as long as the visitor takes. So a few workers are kept for pages, and nobody
 * may hold more than some of the others. The table is shared memory of the master; each worker writes its own row.
 */
#include "app_private.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

enum { NONE = -1 };

static _Atomic(int64_t) *rows; /* uid of whom the worker carries a transfer; NULL: not counted */
static int n_rows, own = NONE;

void transfers_start(int workers)
{
	size_t size = (size_t)workers * sizeof *rows;
	rows = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (rows == MAP_FAILED)
		die("mmap: %s", strerror(errno));
	n_rows = workers;
	for (int i = 0; i < workers; i++)
		transfers_gone(i);
}

void transfers_worker(int row)
{
	own = row < n_rows ? row : NONE;
}

void transfers_gone(int row)
{
	if (rows && row < n_rows)
		atomic_store(&rows[row], NONE);
}

static void count(int64_t uid, int *all, int *of_user)
{
	*all = *of_user = 0;
	for (int i = 0; i < n_rows; i++) {
		int64_t other = atomic_load(&rows[i]);
		*all += other != NONE;
		*of_user += other == uid;
	}
}

/* Written first, counted then: of two that come at once, both may be refused, never both let in over the limit. */
bool transfer_begin(struct req *r)
{
	int all, of_user, most = n_rows - (n_rows + 5) / 6, each = n_rows / 4 < 2 ? 2 : n_rows / 4;
	if (!rows || own == NONE)
		return true;
	atomic_store(&rows[own], r->who.user ? r->who.uid : 0);
	count(r->who.user ? r->who.uid : 0, &all, &of_user);
	if (of_user <= each && all <= most)
		return true;
	transfers_gone(own);
	if (of_user > each)
		return fail(r->ctx, KIND_TOO_MANY, tr(r->ctx, "Several uploads or downloads of yours are running already. Wait until one has ended, then try again."), "%d transfers of one user", of_user);
	return fail(r->ctx, KIND_UNAVAILABLE, tr(r->ctx, "Very many files are being transferred at present. Please try again in a moment."), "%d transfers", all);
}

void transfer_end(void)
{
	if (own != NONE)
		transfers_gone(own);
}
