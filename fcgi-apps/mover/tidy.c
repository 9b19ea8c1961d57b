/* tidy: what a cancelled transfer has left: big files that are not finished, under their hidden names. */
#include "working.h"

#include <string.h>

enum { READY = 256 };

static void remove_kept(struct work *w, const struct task *task)
{
	struct ctx ctx = { .arena = w->step, .tag = w->t.id };

	w->hands.ctx = &ctx;
	if (hands_open(&w->hands) && store_can(w->hands.to) & STORE_CAN_SEEK
		&& !store_remove(&ctx, w->hands.to, store_kept_path(ctx.arena, task->to, file_keep(ctx.arena, &w->t, task)), false))
		forget(&ctx);
	arena_reset(w->step);
}

int tidy_main(const char *id)
{
	static struct work w;
	bool found = false;

	w.arena = arena_new(0);
	w.step = arena_new(0);
	w.ready_arena = arena_new(0);
	w.ctx = (struct ctx){ .arena = w.arena, .tag = id };
	if (!db_open(&w.ctx, "transfers", DB_READ_WRITE, &w.db) || !keep_read(&w.ctx, w.db, id, &found, &w.t))
		die("%s", w.ctx.error.message);
	w.hands = (struct hands){ .arena = w.arena, .ctx = &w.ctx, .t = &w.t };
	w.cursor = w.t.low > 1 ? w.t.low : 1;
	while (found && same(w.t.state, TRANSFER_CANCELLED) && w.cursor <= w.t.handed) {
		if (!ledger_ready(&w, READY))
			die("%s", w.ctx.error.message);
		for (size_t i = 0; i < w.n_ready; i++)
			if (w.ready[i].size >= FILE_KEPT)
				remove_kept(&w, &w.ready[i]);
	}
	return 0;
}
