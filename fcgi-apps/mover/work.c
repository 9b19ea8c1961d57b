/* work: the first process of a transfer. One loop: plan a little, hand out, gather what the lanes say, write it down. */
#include "working.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "conf.h"

enum { READY = 256, AHEAD = 2000, LOAD = 32 << 20, PRESET_LANES = 4 };

static volatile sig_atomic_t stopped;

static void on_term(int signal)
{
	(void)signal;
	stopped = 1;
}

bool work_stopped(void)
{
	return stopped;
}

/* ---- what went wrong ------------------------------------------------------------------------------------------------ */

static void later(struct work *w, int code, const char *words)
{
	if (w->later_code && rules_bad(w->later_code) == BAD_STOP)
		return;
	w->later_code = code;
	snprintf(w->later_words, sizeof w->later_words, "%s", words);
}

/* A failure of a store in the first process; one of the records ends it, and the daemon tries again. */
static void store_trouble(struct work *w)
{
	const char *words = "";
	int code = store_failure(&words);

	if (w->ctx.error.kind == KIND_INTERNAL || code <= 0)
		die("%s (%s)", w->ctx.error.message, w->ctx.error.detail ? w->ctx.error.detail : "");
	log_line(&w->ctx, "%s", w->ctx.error.detail ? w->ctx.error.detail : "store");
	later(w, code, words);
	forget(&w->ctx);
}

static void record_trouble(struct work *w)
{
	die("%s (%s)", w->ctx.error.message, w->ctx.error.detail ? w->ctx.error.detail : "");
}

/* ---- lanes ----------------------------------------------------------------------------------------------------------- */

/* A lane takes several small files at a time, so that it never waits for the next, but big ones one by one. */
static struct lane *idle_lane(struct work *w)
{
	struct lane *best = NULL;

	for (int i = 0; i < w->n_lanes; i++) {
		struct lane *l = &w->lanes[i];

		if (l->busy < DEPTH && (!l->busy || l->load < LOAD) && (!best || l->busy < best->busy))
			best = l;
	}
	return best;
}

/* Lanes are started as they are needed: one file needs one. */
static bool more_lanes(struct work *w, const struct lane *best)
{
	int most = (int)(w->t.lanes ? w->t.lanes : conf_int("mover", "lanes", PRESET_LANES));

	return w->n_lanes < most && w->n_lanes < TRANSFER_LANES && (!best || best->busy);
}

static struct lane *lane_for(struct work *w)
{
	struct lane *best = idle_lane(w);
	if (!more_lanes(w, best))
		return best;
	if (!lane_start(&w->lanes[w->n_lanes], &w->t))
		return best;
	return &w->lanes[w->n_lanes++];
}

static void set_flight(struct work *w, int64_t from, int64_t to)
{
	for (size_t i = 0; i < COUNT(w->in_flight); i++)
		if (w->in_flight[i] == from) {
			w->in_flight[i] = to;
			return;
		}
}

static int busy(const struct work *w)
{
	int n = 0;

	for (int i = 0; i < w->n_lanes; i++)
		n += w->lanes[i].busy;
	return n;
}

/* Those that work share what the transfer may. */
static void share_rate(const struct work *w)
{
	int active = 0;

	for (int i = 0; i < w->n_lanes; i++)
		active += w->lanes[i].busy > 0;
	for (int i = 0; i < w->n_lanes && w->t.rate; i++)
		atomic_store(&w->lanes[i].shared->rate, w->t.rate / (active ? active : 1) + 1);
}

static bool all_handed(const struct work *w)
{
	return w->t.planned && w->cursor > w->t.entries && w->at_ready == w->n_ready;
}

static void hand_out(struct work *w)
{
	while (!w->later_code && !w->over && !stopped) {
		if (w->at_ready == w->n_ready && w->cursor <= w->t.handed && !ledger_ready(w, READY))
			record_trouble(w);
		struct lane *lane = w->at_ready < w->n_ready ? lane_for(w) : NULL;

		if (!lane)
			return;
		const struct task *task = &w->ready[w->at_ready++];

		set_flight(w, 0, task->number);
		if (!lane_send(lane, task))
			die("a lane does not take its files");
		lane->busy++;
		share_rate(w);
		lane->load = lane->busy > 1 ? lane->load + task->size : task->size;
	}
}

static void take_results(struct work *w, struct lane *lane)
{
	struct result *r = &w->results[w->n_results];

	if (!lane_receive(lane, w->step, r))
		die("a lane has ended");
	lane->busy--;
	w->n_results++;
	if (r->outcome != OUT_LATER) {
		set_flight(w, r->number, 0);
		return;
	}
	/* It stays in flight: the next process begins with it. */
	later(w, r->code, r->words);
}

static void gather(struct work *w, int wait_ms)
{
	struct pollfd p[TRANSFER_LANES];

	for (int i = 0; i < w->n_lanes; i++)
		p[i] = (struct pollfd){ .fd = w->lanes[i].fd, .events = POLLIN };
	if (poll(p, (nfds_t)w->n_lanes, wait_ms) <= 0)
		return;
	for (int i = 0; i < w->n_lanes; i++)
		if (p[i].revents && w->n_results < BATCH)
			take_results(w, &w->lanes[i]);
	share_rate(w);
}

/* ---- the loop ------------------------------------------------------------------------------------------------------------ */

static void flush(struct work *w)
{
	if (!ledger_flush(w))
		record_trouble(w);
}

static bool wants_plan(const struct work *w)
{
	return !w->later_code && !w->t.planned && w->t.entries - w->cursor < AHEAD;
}

/* With an arena of its own: results of the lanes wait in .step. */
static bool with_arena(struct work *w, bool (*fn)(struct work *))
{
	struct arena *arena = arena_new(0), *before = w->ctx.arena;

	w->ctx.arena = arena;
	bool good = fn(w);

	if (!good)
		store_trouble(w);
	w->ctx.arena = before;
	arena_free(arena);
	return good;
}

static void run(struct work *w)
{
	while (!stopped && !w->over) {
		if (wants_plan(w))
			with_arena(w, plan_step);
		hand_out(w);
		int n = busy(w);

		if (!n && (w->later_code || all_handed(w)))
			break;
		int64_t left = w->next_flush - clock_ms();
		/* Handed out only as far as was written down. */
		bool stuck = !w->later_code && w->cursor > w->t.handed && w->cursor <= w->t.entries;

		gather(w, wants_plan(w) || left < 0 ? 0 : (int)left);
		if (w->n_results == BATCH || clock_ms() >= w->next_flush || (stuck && w->at_ready == w->n_ready))
			flush(w);
	}
	flush(w);
}

/* ---- beginning and end ---------------------------------------------------------------------------------------------------- */

static void end(struct work *w)
{
	const char *state = w->t.every ? TRANSFER_WAITING : TRANSFER_DONE;
	int64_t next = 0;
	int code = w->later_code;

	if (code) {
		int64_t tries = w->t.files_done > w->done_before ? 1 : w->t.tries + 1, wait = rules_wait(rules_bad(code), tries);

		state = wait < 0 ? TRANSFER_FAILED : TRANSFER_WAITING;
		next = wait < 0 ? 0 : now() + wait;
	} else if (w->t.every) {
		int64_t start = w->t.start ? w->t.start : w->t.created;

		next = start + ((now() - start) / w->t.every + 1) * w->t.every;
	}
	if (!ledger_end(w, state, code, w->later_words, next))
		record_trouble(w);
}

static bool begin(struct work *w, const char *id)
{
	bool found = false;
	struct ctx ctx = { .arena = w->arena, .tag = id };

	if (!db_open(&ctx, "transfers", DB_READ_WRITE, &w->db) || !keep_read(&ctx, w->db, id, &found, &w->t))
		die("%s (%s)", ctx.error.message, ctx.error.detail ? ctx.error.detail : "");
	return found && same(w->t.state, TRANSFER_RUNNING);
}

int work_main(const char *id)
{
	static struct work w;
	struct sigaction term = { .sa_handler = on_term };

	sigaction(SIGTERM, &term, NULL);
	w.arena = arena_new(0);
	w.step = arena_new(0);
	w.ready_arena = arena_new(0);
	w.ctx = (struct ctx){ .arena = w.step, .tag = id };
	if (!begin(&w, id))
		return 0;
	if (!ledger_renew(&w))
		record_trouble(&w);
	w.hands = (struct hands){ .arena = w.arena, .ctx = &w.ctx, .t = &w.t };
	w.cursor = w.t.low > 1 ? w.t.low : 1;
	w.doubt_below = w.t.handed + 1;
	w.done_before = w.t.files_done;
	w.last_flush = clock_ms();
	w.next_flush = w.last_flush + 500;
	run(&w);
	if (!w.later_code && !stopped && !w.over)
		with_arena(&w, finish);
	if (!stopped && !w.over)
		end(&w);
	return 0;
}
