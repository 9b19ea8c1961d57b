/* dashboard: the first page after sign-in, and the notices. */
#include "dashboard.h"
#include "views.h"

#include <time.h>

static handler home;

static const struct route routes[] = {
	{ GET,  "/",                   home,           .role = ROLE_USER,  .help = "What the signed-in user has and runs" },
	{ GET,  "/notices",            notices_list,   .role = ROLE_USER,  .help = "Notices of the administrators" },
	{ GET,  "/notices/new",        notices_new,    .role = ROLE_ADMIN, .help = "Form for a notice" },
	{ POST, "/notices",            notices_add,    .role = ROLE_ADMIN, .scope = "admin", .help = "Publish a notice" },
	{ POST, "/notices/:id/remove", notices_remove, .role = ROLE_ADMIN, .scope = "admin", .help = "Remove a notice" },
};

enum { CARDS = 8, DAY = 86400 };

struct db *portal;
static struct db *sched_db;

struct db *sched_or_null(struct ctx *ctx)
{
	if (!sched_db && !sched_open(ctx, &sched_db))
		forget(ctx);
	return sched_db;
}

/* ---- troubles: one line for each back end that does not answer ---- */

static const char *day_text(struct arena *arena, int64_t t)
{
	time_t when = (time_t)t;
	struct tm tm;
	char at[32] = "";
	if (localtime_r(&when, &tm))
		strftime(at, sizeof at, "%Y-%m-%d", &tm);
	return text(arena, "%s", at);
}

static const char *clock_text(struct arena *arena, int64_t t)
{
	time_t when = (time_t)t;
	struct tm tm;
	char at[32] = "";
	if (localtime_r(&when, &tm))
		strftime(at, sizeof at, t + DAY > now() ? "%H:%M" : "%Y-%m-%d %H:%M", &tm);
	return text(arena, "%s", at);
}

static void add_trouble(struct ctx *ctx, struct home *page, const char *what)
{
	struct trouble *rows = NEW_ARRAY(ctx->arena, struct trouble, page->troubles.n + 1);
	for (size_t i = 0; i < page->troubles.n; i++)
		rows[i] = page->troubles.at[i];
	rows[page->troubles.n].what = what;
	page->troubles = (struct trouble_list){ rows, page->troubles.n + 1 };
}

static void cluster_health(struct req *r, struct home *page, struct db *db, const char *name)
{
	struct cluster cluster = {0};
	bool found = false;
	if (!db || !sched_cluster(r->ctx, db, name, &found, &cluster) || !found) {
		forget(r->ctx);
		add_trouble(r->ctx, page, say(r->ctx, "The batch cluster %s has not been heard of yet.", name));
		return;
	}
	if (!empty(cluster.error))
		add_trouble(r->ctx, page, say(r->ctx, "The batch cluster %s has not answered since %s. Its jobs and nodes are shown as they were then; files work.",
			name, clock_text(r->ctx->arena, cluster.error_since)));
	if (r->as_of == 0 || cluster.as_of < r->as_of)
		r->as_of = cluster.as_of;
}

/* ---- parts of the page ---- */

static void contract(struct req *r, struct home *page)
{
	page->name = empty(r->who.name) ? r->who.user : r->who.name;
	if (r->who.contract_end == 0)
		return;
	int64_t days = (r->who.contract_end - now()) / DAY;
	page->contract = r->who.contract_start
		? say(r->ctx, "%s to %s, %lld days left", day_text(r->ctx->arena, r->who.contract_start), day_text(r->ctx->arena, r->who.contract_end), (long long)days)
		: say(r->ctx, "until %s, %lld days left", day_text(r->ctx->arena, r->who.contract_end), (long long)days);
	page->contract_css = days < 8 ? "bad" : days < 31 ? "warn" : "";
}

static const char *hours(struct ctx *ctx, int64_t seconds)
{
	return text(ctx->arena, "%lld.%lld", (long long)(seconds / 3600), (long long)(seconds % 3600 / 360));
}

static void usage(struct req *r, struct home *page, struct db *db)
{
	struct usage u = {0};
	if (!db || !sched_usage(r->ctx, db, r->who.user, &u))
		forget(r->ctx);
	page->running = u.running;
	page->waiting = u.waiting;
	page->finished = u.finished;
	page->cpus_running = u.cpus_running;
	page->gpus_running = u.gpus_running;
	page->cpu_hours = hours(r->ctx, u.cpu_seconds);
	page->gpu_hours = hours(r->ctx, u.gpu_seconds);
	if (u.cpu_seconds_limit) {
		page->cpu_hours_limit = hours(r->ctx, u.cpu_seconds_limit);
		page->cpu_bar = bar_svg(r->ctx->arena, u.cpu_seconds, u.cpu_seconds_limit,
			say(r->ctx, "%s of %s CPU hours used", page->cpu_hours, page->cpu_hours_limit));
	}
	if (u.gpu_seconds_limit) {
		page->gpu_hours_limit = hours(r->ctx, u.gpu_seconds_limit);
		page->gpu_bar = bar_svg(r->ctx->arena, u.gpu_seconds, u.gpu_seconds_limit,
			say(r->ctx, "%s of %s GPU hours used", page->gpu_hours, page->gpu_hours_limit));
	}
	struct buf names;
	buf_in(&names, r->ctx->arena);
	for (size_t i = 0; i < u.accounts.n; i++)
		buf_printf(&names, "%s%s", i ? ", " : "", u.accounts.at[i]);
	page->accounts = buf_cstr(&names);
}

static bool held(const struct job *job)
{
	return same(job->reason, "JobHeldUser") || same(job->reason, "JobHeldAdmin");
}

static struct job_card card(struct req *r, struct db *db, const struct job *job)
{
	struct arena *arena = r->ctx->arena;
	bool running = job_group(job) == JOBS_RUNNING;
	struct job_card c = { .id = job->id, .path = text(arena, "/jobs/%s/%s", job->cluster, job->id), .name = job->name,
		.css = running ? "running" : held(job) ? "held" : "waiting", .state = sched_state(r->ctx, job), .why = sched_why(r->ctx, db, job),
		.partition = job->partition, .nodes = job->nodes, .since = running ? job->started : job->submitted };
	int64_t ran = now() - job->started, limit = job->limit_minutes * 60;
	if (running && limit > 0) {
		c.used = say(r->ctx, "%s of %s", human_time(arena, ran), human_time(arena, limit));
		c.bar = bar_svg(arena, ran, limit, c.used);
	}
	return c;
}

static size_t add_cards(struct req *r, struct db *db, enum job_group group, struct job_card *cards, size_t have)
{
	struct job_page jobs = {0};
	struct job_query query = { .user = r->who.user, .group = group, .per_page = CARDS - (int64_t)have };
	if (query.per_page <= 0)
		return have;
	if (!sched_jobs(r->ctx, db, &query, &jobs)) {
		forget(r->ctx);
		return have;
	}
	for (size_t i = 0; i < jobs.n && have < CARDS; i++)
		cards[have++] = card(r, db, &jobs.at[i]);
	return have;
}

static void cards(struct req *r, struct home *page, struct db *db)
{
	struct job_card *at = NEW_ARRAY(r->ctx->arena, struct job_card, CARDS);
	size_t n = 0;
	if (db && page->running + page->waiting > 0) {
		n = add_cards(r, db, JOBS_RUNNING, at, n);
		n = add_cards(r, db, JOBS_WAITING, at, n);
	}
	page->jobs = (struct job_card_list){ at, n };
	page->more_jobs = page->running + page->waiting > (int64_t)n;
}

static struct partition_row partition_row(struct req *r, const char *cluster, const struct partition *p)
{
	return (struct partition_row){ .cluster = cluster, .name = p->name, .state = p->up ? tr(r->ctx, "up") : tr(r->ctx, "down"),
		.nodes_free = p->nodes_free, .nodes = p->nodes, .cpus_free = p->cpus_free, .cpus = p->cpus, .gpus_free = p->gpus_free,
		.gpus = p->gpus, .waiting = p->waiting, .bar = bar_svg(r->ctx->arena, p->cpus - p->cpus_free, p->cpus,
			say(r->ctx, "%lld of %lld cores are free", (long long)p->cpus_free, (long long)p->cpus)) };
}

static void partitions(struct req *r, struct home *page, struct db *db, const char *cluster)
{
	const struct partition *found = NULL;
	size_t n = 0, have = page->partitions.n;
	if (!db || !sched_partitions(r->ctx, db, cluster, &found, &n)) {
		forget(r->ctx);
		return;
	}
	struct partition_row *rows = NEW_ARRAY(r->ctx->arena, struct partition_row, have + n + 1);
	for (size_t i = 0; i < have; i++)
		rows[i] = page->partitions.at[i];
	for (size_t i = 0; i < n; i++)
		rows[have + i] = partition_row(r, cluster, &found[i]);
	page->partitions = (struct partition_row_list){ rows, have + n };
}

static struct reply home(struct req *r)
{
	struct home *page = NEW(r->ctx->arena, struct home);
	struct db *db = sched_or_null(r->ctx);
	struct texts clusters = sched_clusters();
	contract(r, page);
	for (size_t i = 0; i < clusters.n; i++) {
		cluster_health(r, page, db, clusters.at[i]);
		partitions(r, page, db, clusters.at[i]);
	}
	usage(r, page, db);
	cards(r, page, db);
	page->places = places_of(r->ctx, &r->who);
	page->notices = notices_now(r->ctx);
	page->admin = r->who.role >= ROLE_ADMIN;
	r->title = tr(r->ctx, "Dashboard");
	if (page->jobs.n > 0)
		r->refresh = 30;
	home_apps(r, page);
	home_transfers(r, page);
	return reply_page(r, &home_view, page);
}

static bool start(struct ctx *ctx)
{
	return db_open(ctx, "portal", DB_READ_WRITE, &portal);
}

int main(int argc, char **argv)
{
	static const struct app app = { .name = "dashboard", .routes = routes, .n = COUNT(routes), .start = start };
	return app_main(&app, argc, argv);
}
