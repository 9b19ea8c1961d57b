/*
 * The rounds of one cluster. Five kinds of reads, each with its interval; a round makes the one that is most overdue. After a failure everything
 * waits longer, up to ten seconds, and pages see the sentence in cluster.error while .as_of keeps the last good time.
 */
#include "poller.h"

#include "conf.h"
#include "sched/snapshot.h"

#include <string.h>

enum {
	READ_MS = 10000,       /* one call */
	PACE_MS = 1000,        /* between calls */
	SKEW_S = 5,            /* the scheduler's clock may be that much behind ours */
	WHOLE_MS = 60000,      /* the whole list is asked for again, in case it is further behind */
	LONGEST_WAIT_MS = 10000,
	MARGIN_S = 120,        /* accounting may be that late */
	GONE_S = 60,           /* without accounting: how long a job may be missing (gone-seconds) */
	SHORTEST_WINDOW_S = 600, FIRST_WINDOW_S = 86400, LONGEST_WINDOW_S = 30 * 86400,
	FEW_JOBS = 500,        /* in one answer of accounting: then the next window is GROWTH times as long */
	GROWTH = 8,
	ACCOUNTING_AGAIN_S = 60,
	LOG_AGAIN_S = 300,
};

static const char *section(struct ctx *ctx, const struct watch *watch)
{
	return text(ctx->arena, "cluster %s", watch->name);
}

static int64_t setting(struct ctx *ctx, const struct watch *watch, const char *key, int64_t preset, int64_t least)
{
	int64_t value = conf_int(section(ctx, watch), key, preset);

	return value < least ? least : value;
}

/* The token is read for each call: account writes a new one each minute. */
static bool login_of(struct ctx *ctx, const struct watch *watch, struct sched_login *login)
{
	const char *path = sched_setting(watch->driver, watch->name, "token-file");
	struct bytes token;

	*login = (struct sched_login){ .cluster = watch->name, .user = sched_setting(watch->driver, watch->name, "token-user") };
	if (empty(path))
		return true; /* a driver that needs none */
	if (path[0] != '/')
		path = conf_path(ctx->arena, starts_with(path, "state/") ? path + 6 : path);
	if (!file_read(ctx, path, 16384, &token)) {
		const char *detail = text(ctx->arena, "%s: %s", path, ctx->error.detail != NULL ? ctx->error.detail : "unreadable");

		forget(ctx);
		return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "Naru has no key for this batch system yet. Tell the administrators if it lasts."), "%s", detail);
	}
	while (token.n > 0 && (token.at[token.n - 1] == '\n' || token.at[token.n - 1] == ' '))
		token.n--;
	login->token = arena_copy(ctx->arena, token.at, token.n);
	return true;
}

/* ---- the reads ---- */

static void count_waiting(struct watch *watch, const struct sched_jobs_seen *seen)
{
	struct partition *at;

	arena_reset(watch->waiting_arena);
	watch->waiting = (struct sched_partitions_seen){ 0 };
	at = watch->waiting.at = NEW_ARRAY(watch->waiting_arena, struct partition, 512);
	for (size_t i = 0; i < seen->n; i++) {
		size_t j = 0;

		if (job_group(&seen->at[i]) != JOBS_WAITING || empty(seen->at[i].partition))
			continue;
		while (j < watch->waiting.n && !same(at[j].name, seen->at[i].partition))
			j++;
		if (j == 512)
			continue;
		if (j == watch->waiting.n) {
			at[j].name = arena_copy(watch->waiting_arena, seen->at[i].partition, strlen(seen->at[i].partition));
			watch->waiting.n++;
		}
		at[j].waiting++;
	}
}

static bool read_jobs(struct ctx *ctx, struct watch *watch, const struct sched_login *login)
{
	struct sched_jobs_seen seen;
	int64_t at = now();

	if (clock_ms() >= watch->whole || at < watch->since)
		watch->since = 0;
	if (!watch->driver->jobs(ctx, login, watch->since, &seen) || !keep_jobs(ctx, watch->db, watch->name, &seen, at))
		return false;
	if (!seen.unchanged)
		count_waiting(watch, &seen);
	if (watch->since == 0)
		watch->whole = clock_ms() + WHOLE_MS;
	if (!seen.unchanged && seen.complete)
		watch->since = at - SKEW_S;
	if (seen.version != NULL && !same(seen.version, watch->cluster.version))
		watch->cluster.version = arena_copy(watch->own, seen.version, strlen(seen.version));
	watch->cluster.as_of = at;
	if (!conf_bool(section(ctx, watch), "accounting", false))
		return keep_settle(ctx, watch->db, watch->name, at - setting(ctx, watch, "gone-seconds", GONE_S, 1), at);
	return true;
}

static struct sched_node copy_node(struct arena *arena, const struct sched_node *node)
{
	struct sched_node copy = *node;
	const char **names = NEW_ARRAY(arena, const char *, node->partitions.n + 1);

	for (size_t i = 0; i < node->partitions.n; i++)
		names[i] = arena_copy(arena, node->partitions.at[i], strlen(node->partitions.at[i]));
	copy.partitions.at = names;
	copy.name = NULL;
	return copy;
}

static bool read_nodes(struct ctx *ctx, struct watch *watch, const struct sched_login *login)
{
	struct sched_nodes_seen seen;
	struct sched_node *copies;

	if (!watch->driver->nodes(ctx, login, &seen))
		return false;
	arena_reset(watch->nodes_arena);
	copies = NEW_ARRAY(watch->nodes_arena, struct sched_node, seen.n + 1);
	for (size_t i = 0; i < seen.n; i++)
		copies[i] = copy_node(watch->nodes_arena, &seen.at[i]);
	watch->nodes = (struct sched_nodes_seen){ copies, seen.n };
	return true;
}

static bool read_partitions(struct ctx *ctx, struct watch *watch, const struct sched_login *login)
{
	struct sched_partitions_seen seen;

	if (!watch->driver->partitions(ctx, login, &seen))
		return false;
	sched_count_nodes(&seen, &watch->nodes);
	for (size_t i = 0; i < seen.n; i++)
		for (size_t j = 0; j < watch->waiting.n; j++)
			if (same(seen.at[i].name, watch->waiting.at[j].name))
				seen.at[i].waiting = watch->waiting.at[j].waiting;
	return keep_partitions(ctx, watch->db, watch->name, &seen);
}

/* The next part of the past: from a margin before what was read. Its length grows while answers are short and shrinks when one fails. */
static struct sched_window next_window(struct ctx *ctx, const struct watch *watch)
{
	int64_t at = now(), oldest = at - setting(ctx, watch, "history-days", 30, 0) * 86400;
	struct sched_window window = { .from = watch->cluster.accounting_as_of - MARGIN_S, .until = at + 1 };

	if (window.from > at - MARGIN_S) /* the clock was set back */
		window.from = at - MARGIN_S;
	if (window.from < oldest)
		window.from = oldest;
	if (window.until - window.from > watch->window + MARGIN_S)
		window.until = window.from + watch->window + MARGIN_S;
	return window;
}

static bool read_history(struct ctx *ctx, struct watch *watch, const struct sched_login *login)
{
	struct sched_window window = next_window(ctx, watch);
	struct sched_jobs_seen seen;
	int64_t at = now();

	if (!watch->driver->history(ctx, login, window, &seen)) {
		watch->window = watch->window / 2 > SHORTEST_WINDOW_S ? watch->window / 2 : SHORTEST_WINDOW_S;
		return false;
	}
	if (!keep_history(ctx, watch->db, watch->name, &seen, at))
		return false;
	if (seen.n < FEW_JOBS)
		watch->window = watch->window > LONGEST_WINDOW_S / GROWTH ? LONGEST_WINDOW_S : watch->window * GROWTH;
	watch->cluster.accounting_as_of = window.until > at ? at : window.until;
	return keep_settle(ctx, watch->db, watch->name, watch->cluster.accounting_as_of - MARGIN_S, at);
}

static bool read_people(struct ctx *ctx, struct watch *watch, const struct sched_login *login)
{
	struct sched_people_seen seen;

	return watch->driver->people(ctx, login, &seen) && keep_people(ctx, watch->db, watch->name, &seen);
}

/* ---- rounds ---- */

static const struct read {
	const char *what, *key;
	int64_t preset_s;
	bool accounting;    /* only with accounting; a failure of it does not make the cluster count as down */
	bool (*run)(struct ctx *, struct watch *, const struct sched_login *);
} reads[MOST_READS] = {
	{ "jobs", "poll-seconds", 2, false, read_jobs },
	{ "nodes", "nodes-seconds", 5, false, read_nodes },
	{ "partitions", "nodes-seconds", 5, false, read_partitions },
	{ "history", "history-seconds", 30, true, read_history },
	{ "people", "people-seconds", 300, true, read_people },
};

bool watch_start(struct ctx *ctx, struct watch *watch)
{
	struct cluster stored;
	bool found;

	if (!sched_cluster(ctx, watch->db, watch->name, &found, &stored))
		return false;
	watch->cluster = (struct cluster){ .name = watch->name, .as_of = stored.as_of, .accounting_as_of = stored.accounting_as_of };
	if (!found)
		watch->cluster.as_of = watch->cluster.accounting_as_of = 0;
	watch->window = FIRST_WINDOW_S;
	watch->cluster.max_array = setting(ctx, watch, "max-array", 1001, 1);
	return true;
}

static bool wanted(struct ctx *ctx, const struct watch *watch, const struct read *read)
{
	return !read->accounting || ((watch->driver->can & SCHED_CAN_ACCOUNTING) && conf_bool(section(ctx, watch), "accounting", false));
}

/* The read whose time came first; but jobs, which users look at, wait for one other read at most. */
static size_t most_due(struct ctx *ctx, const struct watch *watch)
{
	size_t best = 0;

	if (watch->last != 0 && watch->due[0] <= clock_ms())
		return 0;
	for (size_t i = 1; i < MOST_READS; i++)
		if (wanted(ctx, watch, &reads[i]) && watch->due[i] < watch->due[best])
			best = i;
	return best;
}

/* The same error is written down once and then every few minutes. */
static void tell_error(struct ctx *ctx, struct watch *watch, const char *what)
{
	int64_t at = now();

	if (same(watch->told, ctx->error.message) && at - watch->told_at < LOG_AGAIN_S)
		return;
	if (!same(watch->told, ctx->error.message))
		watch->told = arena_copy(watch->own, ctx->error.message, strlen(ctx->error.message));
	watch->told_at = at;
	log_line(ctx, "%s: %s (%s)", what, ctx->error.message, ctx->error.detail != NULL ? ctx->error.detail : "no detail");
}

static bool changed(const struct cluster *a, const struct cluster *b)
{
	return a->as_of != b->as_of || !same(a->error, b->error) || a->error_since != b->error_since || !same(a->version, b->version) ||
		a->accounting_as_of != b->accounting_as_of;
}

static void note_good(struct watch *watch, const struct read *read)
{
	watch->failures = 0;
	if (read->run == read_jobs) {
		watch->cluster.error = NULL;
		watch->cluster.error_since = 0;
		watch->told = NULL;
	}
}

/* Accounting may be down without harm to the rest: its age is told by accounting_as_of. */
static void note_bad(struct ctx *ctx, struct watch *watch, const struct read *read)
{
	tell_error(ctx, watch, read->what);
	if (read->accounting)
		return;
	watch->failures++;
	watch->cluster.error = watch->told;
	if (watch->cluster.error_since == 0)
		watch->cluster.error_since = now();
}

static int wait_ms(struct ctx *ctx, const struct watch *watch)
{
	int64_t left = watch->due[most_due(ctx, watch)] - clock_ms(), longest = PACE_MS;

	if (watch->failures > 0)
		for (longest = PACE_MS; longest < LONGEST_WAIT_MS && longest < (int64_t)PACE_MS << (watch->failures < 5 ? watch->failures : 5);)
			longest *= 2;
	if (longest > LONGEST_WAIT_MS)
		longest = LONGEST_WAIT_MS;
	if (watch->failures > 0)
		return (int)longest;
	return left < PACE_MS ? PACE_MS : left > LONGEST_WAIT_MS ? LONGEST_WAIT_MS : (int)left;
}

static bool run(struct ctx *ctx, struct watch *watch, const struct read *read)
{
	struct sched_login login;

	return login_of(ctx, watch, &login) && read->run(ctx, watch, &login);
}

int watch_round(struct ctx *ctx, struct watch *watch)
{
	size_t i = most_due(ctx, watch);
	struct cluster before = watch->cluster;
	int64_t begun = clock_ms();
	bool good, again;

	if (watch->due[i] > begun)
		return wait_ms(ctx, watch);
	watch->last = i;
	ctx->deadline = begun + READ_MS;
	good = run(ctx, watch, &reads[i]);
	watch->due[i] = begun + setting(ctx, watch, reads[i].key, reads[i].preset_s, 1) * 1000;
	if (good)
		note_good(watch, &reads[i]);
	else
		note_bad(ctx, watch, &reads[i]);
	again = ctx->error.kind == KIND_TOO_LARGE; /* the next window is shorter */
	forget(ctx);
	if (good && reads[i].run == read_history && now() - watch->cluster.accounting_as_of > MARGIN_S)
		watch->due[i] = begun; /* the past is read without pause */
	if (!good && !again && reads[i].accounting && watch->due[i] < begun + ACCOUNTING_AGAIN_S * 1000)
		watch->due[i] = begun + ACCOUNTING_AGAIN_S * 1000;
	if (changed(&before, &watch->cluster) && !keep_cluster(ctx, watch->db, &watch->cluster)) {
		tell_error(ctx, watch, "state");
		watch->failures++;
	}
	return wait_ms(ctx, watch);
}
