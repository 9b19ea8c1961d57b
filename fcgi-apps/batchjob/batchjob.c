/* batchjob: jobs of the signed-in user on the batch clusters: list, new, review, submit, one job. */
#include "batchjob.h"

#include <string.h>
#include <time.h>

#include "conf.h"

static const struct route routes[] = {
	{ GET,  "/jobs",                                jobs_list,       .role = ROLE_USER, .help = "Jobs of the signed-in user" },
	{ GET,  "/jobs/new",                            new_show,        .role = ROLE_USER, .help = "Form of a new job (?template=, ?again=cluster/id)" },
	{ POST, "/jobs/review",                         review_do,       .role = ROLE_USER, .scope = "jobs", .help = "Script of a form, with checks; changes nothing" },
	{ POST, "/jobs/change",                         new_change,      .role = ROLE_USER, .scope = "jobs", .help = "Back from the review to the form; changes nothing" },
	{ POST, "/jobs",                                submit_do,       .role = ROLE_USER, .scope = "jobs", .limit = 8 << 20, .help = "Submit a script (?cluster=)" },
	{ POST, "/jobs/do",                             jobs_do,         .role = ROLE_USER, .scope = "jobs", .help = "Cancel, hold or release several jobs" },
	{ GET,  "/jobs/submissions/:submission",        submission_show, .role = ROLE_USER, .help = "What became of a submit" },
	{ GET,  "/jobs/submissions/:submission/review", review_again,    .role = ROLE_USER, .help = "Review of a script that was sent before" },
	{ GET,  "/jobs/:cluster/:id",                   job_show,        .role = ROLE_USER, .help = "One job: state, output, figures" },
	{ GET,  "/jobs/:cluster/:id/script",            job_script,      .role = ROLE_USER, .help = "Its script, byte for byte" },
	{ POST, "/jobs/:cluster/:id/cancel",            job_cancel,      .role = ROLE_USER, .scope = "jobs", .help = "Cancel it" },
	{ POST, "/jobs/:cluster/:id/hold",              job_hold,        .role = ROLE_USER, .scope = "jobs", .help = "Hold it back" },
	{ POST, "/jobs/:cluster/:id/release",           job_release,     .role = ROLE_USER, .scope = "jobs", .help = "Let a held one start" },
};

enum { DAY = 86400, TICK = 5 };

struct db *portal;
static struct db *sched_db;

struct db *snapshot(struct ctx *ctx)
{
	if (!sched_db && !sched_open(ctx, &sched_db))
		forget(ctx);
	return sched_db;
}

bool cluster_asked(struct req *r, const char **out)
{
	struct texts names = sched_clusters();
	const char *asked = req_query(r, "cluster");
	for (size_t i = 0; i < names.n; i++)
		if (empty(asked) || same(asked, names.at[i])) {
			*out = names.at[i];
			return true;
		}
	return fail(r->ctx, KIND_NOT_FOUND, tr(r->ctx, "There is no such cluster."), NULL);
}

const char *cluster_title(struct ctx *ctx, const char *cluster)
{
	return tr(ctx, conf_get(text(ctx->arena, "cluster %s", cluster), "title", cluster));
}

const char *clock_text(struct arena *a, int64_t t)
{
	time_t when = (time_t)t;
	struct tm tm;
	char at[32] = "";
	if (localtime_r(&when, &tm))
		strftime(at, sizeof at, t + DAY > now() ? "%H:%M" : "%Y-%m-%d %H:%M", &tm);
	return text(a, "%s", at);
}

static const char *trouble_of(struct req *r, struct db *db, const char *name)
{
	struct cluster c;
	bool found = false;
	if (!db || !sched_cluster(r->ctx, db, name, &found, &c) || !found) {
		forget(r->ctx);
		return say(r->ctx, "The cluster %s has not been heard of yet. Jobs can be sent; what becomes of them shows when it answers.", cluster_title(r->ctx, name));
	}
	if (r->as_of == 0 || c.as_of < r->as_of)
		r->as_of = c.as_of;
	if (empty(c.error))
		return NULL;
	return say(r->ctx, "%s has not answered since %s. What is shown is from before; jobs that run go on. (%s)", cluster_title(r->ctx, name),
		clock_text(r->ctx->arena, c.error_since), tr(r->ctx, c.error));
}

struct trouble_list troubles(struct req *r)
{
	struct texts names = sched_clusters();
	struct trouble *at = NEW_ARRAY(r->ctx->arena, struct trouble, names.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < names.n; i++)
		if ((at[n].what = trouble_of(r, snapshot(r->ctx), names.at[i])))
			n++;
	return (struct trouble_list){ at, n };
}

static bool start(struct ctx *ctx)
{
	return db_open(ctx, "portal", DB_READ_WRITE, &portal);
}

int main(int argc, char **argv)
{
	static const struct app app = { .name = "batchjob", .routes = routes, .n = COUNT(routes), .start = start, .every = TICK, .tick = submissions_resolve };
	return app_main(&app, argc, argv);
}
