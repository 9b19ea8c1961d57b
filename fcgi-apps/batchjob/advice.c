/* Used against asked for, and what to ask for next time: a margin of a quarter over what was used. */
#include "batchjob.h"

#include <string.h>

/* A bar of used in asked. */
static const char *bar(struct arena *a, const char *what, int64_t used, int64_t asked)
{
	int64_t share = asked > 0 ? used * 100 / asked : 0;
	share = share > 100 ? 100 : share < 0 ? 0 : share;
	return text(a, "<meter class=\"bar\" min=\"0\" max=\"100\" value=\"%lld\" aria-label=\"%s\"></meter><span class=\"muted\">%lld %%</span>",
		(long long)share, what, (long long)share);
}

static int64_t round_up(int64_t n, int64_t step) { return (n + step - 1) / step * step; }

/* ---- wall time ---- */

static const char *next_time(struct req *r, const struct job *j, int64_t ran)
{
	int64_t minutes = round_up(ran * 5 / 4, 60) / 60;
	if (same(j->state, "TIMEOUT"))
		return say(r->ctx, "The time was over before it ended. Next time ask for %s, or save intermediate results.",
			minutes_text(r->ctx->arena, round_up(j->limit_minutes * 3 / 2, 5)));
	if (minutes < 10)
		minutes = 10;
	else
		minutes = round_up(minutes, minutes > 240 ? 30 : 5);
	if (same(j->state, "COMPLETED") && minutes * 10 < j->limit_minutes * 8)
		return say(r->ctx, "Next time ask for %s: shorter jobs start sooner.", minutes_text(r->ctx->arena, minutes));
	return NULL;
}

static struct advice time_advice(struct req *r, const struct job *j, int64_t ran)
{
	struct arena *a = r->ctx->arena;
	return (struct advice){ .what = tr(r->ctx, "Wall time"), .used = human_time(a, ran), .asked = human_time(a, j->limit_minutes * 60),
		.bar = bar(a, tr(r->ctx, "Wall time"), ran, j->limit_minutes * 60), .next = next_time(r, j, ran) };
}

/* ---- memory ---- */

static const char *next_memory(struct req *r, const struct job *j, int64_t used_mb, int64_t nodes)
{
	int64_t each = j->memory_mb / nodes, next;
	if (same(j->state, "OUT_OF_MEMORY"))
		return say(r->ctx, "It needed more than it asked for. Next time ask for %s on each node.",
			megabytes_text(r->ctx->arena, round_up(each * 3 / 2, 100)));
	next = round_up(used_mb * 5 / 4, 100);
	if (same(j->state, "COMPLETED") && next * 10 < each * 8)
		return say(r->ctx, "Next time ask for %s on each node: others can use the rest.", megabytes_text(r->ctx->arena, next));
	return NULL;
}

static struct advice memory_advice(struct req *r, const struct job *j)
{
	struct arena *a = r->ctx->arena;
	int64_t nodes = j->node_count > 0 ? j->node_count : 1, used = j->max_rss_kb / 1024, each = j->memory_mb / nodes;
	return (struct advice){ .what = tr(r->ctx, "Memory (largest task, each node)"), .used = human_size(a, j->max_rss_kb * 1024),
		.asked = human_size(a, each * 1048576), .bar = bar(a, tr(r->ctx, "Memory"), used, each), .next = next_memory(r, j, used, nodes) };
}

/* ---- CPUs ---- */

static const char *next_cpus(struct req *r, const struct job *j, int64_t ran)
{
	int64_t busy = (j->cpu_seconds + ran - 1) / ran;
	if (busy < 1)
		busy = 1;
	if (ran >= 60 && same(j->state, "COMPLETED") && busy * 2 <= j->cpus)
		return say(r->ctx, "On average %lld of its %lld CPUs were busy. Next time ask for fewer, or check that the program runs in parallel.",
			(long long)busy, (long long)j->cpus);
	return NULL;
}

static struct advice cpu_advice(struct req *r, const struct job *j, int64_t ran)
{
	struct arena *a = r->ctx->arena;
	return (struct advice){ .what = tr(r->ctx, "CPU time"), .used = human_time(a, j->cpu_seconds), .asked = human_time(a, ran * j->cpus),
		.bar = bar(a, tr(r->ctx, "CPU time"), j->cpu_seconds, ran * j->cpus), .next = next_cpus(r, j, ran) };
}

struct advice_list advice_of(struct req *r, const struct job *j)
{
	struct advice *at = NEW_ARRAY(r->ctx->arena, struct advice, 3);
	int64_t ran = j->ended - j->started;
	size_t n = 0;
	if (!job_finished(j) || j->started <= 0 || j->ended <= 0 || ran < 0 || (ran == 0 && same(j->state, "CANCELLED")))
		return (struct advice_list){ 0 };
	if (j->limit_minutes > 0)
		at[n++] = time_advice(r, j, ran);
	if (j->max_rss_kb > 0 && j->memory_mb > 0)
		at[n++] = memory_advice(r, j);
	if (j->cpu_seconds > 0 && j->cpus > 0 && ran > 0)
		at[n++] = cpu_advice(r, j, ran);
	return (struct advice_list){ at, n };
}
