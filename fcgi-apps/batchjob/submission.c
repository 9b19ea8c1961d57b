/*
 * Records of what was sent, in the environment "portal":
 *
 *   'B'  user NUL id             record submission
 *   'K'  user NUL form key       id: a form makes one submission however often it is sent
 *   'L'  user NUL cluster/job    id
 *   'W'  user NUL id             nothing: its job is not known well enough yet
 *
 * The record is there, in state "sending", before the batch system is called, and the job carries "naru:ID" as its comment. So whatever
 * happens in between, the poller's snapshot tells later whether there is a job. One that was accepted ("sent") is looked for as well: a
 * batch system that is killed forgets its youngest jobs and gives their numbers to others.
 */
#include "batchjob.h"

#include "conf.h"

#include <string.h>

enum { RECORDS = 'B', KEYS = 'K', JOBS = 'L', WAITING = 'W', LOST_SECONDS = 60, REUSE_SECONDS = 3600, RESOLVE_MOST = 100, KEY_MOST = 120 };

static const char *number_text(struct arena *a, int64_t n) { return text(a, "%lld", (long long)n); }

static const char *job_text(struct arena *a, const char *cluster, const char *id) { return text(a, "%s/%s", cluster, id); }

static struct bytes bytes_of(const char *s) { return (struct bytes){ (const unsigned char *)s, strlen(s) }; }

const char *submission_comment(struct arena *a, const struct submission *s)
{
	return text(a, "naru:%s", s->id);
}

static bool too_long(const char *s) { return empty(s) || strlen(s) > KEY_MOST; }

/* ---- reading ---- */

struct lookup { char table; const char *user, *what; bool found; struct submission *out; };

static bool get_record(struct ctx *ctx, const struct db_read *db, const char *user, const char *id, bool *found, struct submission *out)
{
	struct db_key key = db_key2(RECORDS, user, id);
	struct bytes value;
	return db_get(ctx, db, &key, found, &value) && (!*found || record_unpack(ctx, &submission_record, value, out));
}

static bool get_by(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct lookup *l = arg;
	struct db_key key = db_key2(l->table, l->user, l->what);
	struct bytes value;
	if (l->table == RECORDS)
		return get_record(ctx, db, l->user, l->what, &l->found, l->out);
	if (!db_get(ctx, db, &key, &l->found, &value) || !l->found)
		return ctx->error.kind == KIND_NONE;
	return get_record(ctx, db, l->user, arena_copy(ctx->arena, value.at, value.n), &l->found, l->out);
}

static bool look_up(struct ctx *ctx, struct lookup *l, bool *found)
{
	*found = false;
	if (too_long(l->user) || too_long(l->what))
		return true;
	if (!db_view(ctx, portal, get_by, l))
		return false;
	*found = l->found;
	return true;
}

bool submission_get(struct ctx *ctx, const char *user, const char *id, bool *found, struct submission *out)
{
	struct lookup l = { RECORDS, user, id, false, out };
	return look_up(ctx, &l, found);
}

/* What the job itself says counts before its number, which may have been another job's. */
static bool by_comment(struct ctx *ctx, const char *user, const char *cluster, const struct job *job, bool *found, struct submission *out)
{
	if (!submission_get(ctx, user, job->comment + 5, found, out))
		return false;
	*found = *found && same(out->cluster, cluster);
	return true;
}

/* Accounting may not know comments: then the times must fit. */
static bool times_fit(const struct submission *s, const struct job *job)
{
	return !job || job->submitted <= 0 || job->submitted < s->created + REUSE_SECONDS;
}

bool submission_of_job(struct ctx *ctx, const char *user, const char *cluster, const char *id, const struct job *job, bool *found, struct submission *out)
{
	size_t digits = strspn(id, "0123456789");
	struct lookup l = { JOBS, user, job_text(ctx->arena, cluster, arena_copy(ctx->arena, id, digits)), false, out };
	if (job && job->comment && starts_with(job->comment, "naru:"))
		return by_comment(ctx, user, cluster, job, found, out);
	if (!look_up(ctx, &l, found))
		return false;
	if (!*found && job && job->array_job > 0) {
		l.what = job_text(ctx->arena, cluster, number_text(ctx->arena, job->array_job));
		if (!look_up(ctx, &l, found))
			return false;
	}
	*found = *found && times_fit(out, job);
	return true;
}

/* ---- writing ---- */

struct begin { struct submission *s; const char *key; bool again; };

static bool put_record(struct ctx *ctx, struct db_write *db, const struct submission *s)
{
	struct db_key key = db_key2(RECORDS, s->user, s->id);
	return db_put(ctx, db, &key, record_pack(ctx->arena, &submission_record, s));
}

static bool begin(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct begin *b = arg;
	struct db_key key = db_key2(KEYS, b->s->user, b->key), waiting = db_key2(WAITING, b->s->user, b->s->id);
	struct bytes value;
	bool added, found;
	if (!db_add(ctx, db, &key, bytes_of(b->s->id), &added))
		return false;
	if (added)
		return put_record(ctx, db, b->s) && db_put(ctx, db, &waiting, (struct bytes){ 0 });
	b->again = true;
	if (!db_get(ctx, db_as_read(db), &key, &found, &value))
		return false;
	if (!get_record(ctx, db_as_read(db), b->s->user, arena_copy(ctx->arena, value.at, value.n), &found, b->s))
		return false;
	return found || fail(ctx, KIND_INTERNAL, tr(ctx, "The record of this submission is missing. Look at your jobs before you send it again."), "submission: key without record");
}

bool submission_begin(struct req *r, struct submission *s, const char *key, bool *again)
{
	struct begin b = { s, too_long(key) ? random_token(r->ctx->arena, 128) : key, false };
	s->id = random_token(r->ctx->arena, 96);
	s->user = r->who.user;
	s->state = "sending";
	s->created = now();
	if (!app_change(r, portal, begin, &b))
		return false;
	*again = b.again;
	return true;
}

/* Writes what became of it. What has no job is off the list of those that are looked for. */
static bool answered(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct submission *s = arg, before;
	struct db_key waiting = db_key2(WAITING, s->user, s->id);
	bool found;
	if (!get_record(ctx, db_as_read(db), s->user, s->id, &found, &before))
		return false;
	if (found && same(before.state, "sent")) { /* the other one of the worker and the tick was first */
		*s = before;
		return true;
	}
	s->answered = now();
	if (!put_record(ctx, db, s))
		return false;
	if (s->job_id <= 0)
		return db_del(ctx, db, &waiting);
	struct db_key job = db_key2(JOBS, s->user, job_text(ctx->arena, s->cluster, number_text(ctx->arena, s->job_id)));
	return db_put(ctx, db, &job, bytes_of(s->id));
}

bool submission_answered(struct req *r, struct submission *s, const char *state, int64_t job_id, const char *message)
{
	s->state = state;
	s->job_id = job_id;
	*(same(state, "sent") ? &s->warning : &s->message) = message;
	return app_change(r, portal, answered, s);
}

/* ---- those that were cut ---- */

struct pending { struct submission *at; size_t n; };

static bool collect(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct pending *p = arg;
	struct db_key prefix = { .at = { WAITING }, .n = 1 }, key;
	struct db_walk *walk = db_walk(ctx, db, &prefix, NULL, false);
	struct bytes value;
	bool more, found;
	while (p->n < RESOLVE_MOST) {
		if (!db_next(ctx, walk, &more, &key, &value))
			return false;
		if (!more)
			break;
		const char *user = arena_copy(ctx->arena, key.at + 1, key.n - 1), *id = user + strlen(user) + 1;
		if (!get_record(ctx, db, user, id, &found, &p->at[p->n]))
			return false;
		p->n += found;
	}
	return true;
}

static int64_t last_word(const struct submission *s) { return s->answered > s->created ? s->answered : s->created; }

/* The poller has looked at the cluster well after the submit: what it did not see then is not there. For a job that was accepted the past
 * must have been read as well, because it may have ended while nobody looked. */
static bool well_looked(struct ctx *ctx, struct db *db, const struct submission *s)
{
	int64_t after = last_word(s) + conf_int("batch", "lost-seconds", LOST_SECONDS);
	struct cluster c;
	bool found, past = conf_bool(text(ctx->arena, "cluster %s", s->cluster), "accounting", false) && same(s->state, "sent");
	if (!sched_cluster(ctx, db, s->cluster, &found, &c)) {
		forget(ctx);
		return false;
	}
	return found && empty(c.error) && c.as_of > after && c.as_of <= now() + 1 && (!past || c.accounting_as_of > after);
}

/* A clock that was set back would keep it waiting for as long: time is counted from now. */
static bool set_back(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct submission *s = arg, before;
	bool found;
	if (!get_record(ctx, db_as_read(db), s->user, s->id, &found, &before) || !found || !same(before.state, s->state))
		return ctx->error.kind == KIND_NONE;
	s->created = before.created < now() ? before.created : now();
	s->answered = before.answered < now() ? before.answered : now();
	return put_record(ctx, db, s);
}

/* The poller has seen its job: nothing more to look for. */
static bool settled(struct ctx *ctx, struct db_write *db, void *arg)
{
	const struct submission *s = arg;
	struct db_key waiting = db_key2(WAITING, s->user, s->id);
	return db_del(ctx, db, &waiting);
}

/* Accepted, and then unknown: the number is given up, since the next job may have it. */
static bool forgotten(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct submission *s = arg;
	s->state = "forgotten";
	s->job_id = 0;
	return put_record(ctx, db, s) && settled(ctx, db, s);
}

/* A job of accounting has no comment where the cluster does not store it. */
static bool in_the_past(struct ctx *ctx, struct db *db, const struct submission *s, bool *found)
{
	struct job job;
	*found = false;
	if (s->job_id <= 0)
		return true;
	if (!sched_job(ctx, db, s->user, s->cluster, number_text(ctx->arena, s->job_id), found, &job))
		return false;
	*found = *found && empty(job.comment) && times_fit(s, &job);
	return true;
}

static bool accepted(struct ctx *ctx, struct submission *s, const struct job *job)
{
	s->state = "sent";
	s->job_id = job->array_job > 0 ? job->array_job : job->raw_id;
	log_line(ctx, "submission %s of %s is job %lld", s->id, s->user, (long long)s->job_id);
	return db_change(ctx, portal, answered, s);
}

static bool not_there(struct ctx *ctx, struct submission *s)
{
	log_line(ctx, "submission %s of %s: %s, no job of it is known (%lld)", s->id, s->user, s->state, (long long)s->job_id);
	if (same(s->state, "sent"))
		return db_change(ctx, portal, forgotten, s);
	s->state = "lost";
	return db_change(ctx, portal, answered, s);
}

/* A batch system that is killed forgets jobs that the poller has seen already: a job counts when it is still there after a while. */
static bool resolve(struct ctx *ctx, struct db *db, struct submission *s)
{
	struct job job;
	bool found, gone = false, past;
	if (!sched_by_comment(ctx, db, s->user, submission_comment(ctx->arena, s), &found, &job) || (found && !sched_gone(ctx, db, &job, &gone)))
		return false;
	if (found && same(s->state, "sending"))
		return accepted(ctx, s, &job);
	if (last_word(s) > now())
		return db_change(ctx, portal, set_back, s);
	if (!well_looked(ctx, db, s))
		return true;
	if (found && !gone)
		return db_change(ctx, portal, settled, s);
	if (!in_the_past(ctx, db, s, &past))
		return false;
	return past ? db_change(ctx, portal, settled, s) : not_there(ctx, s);
}

bool submissions_resolve(struct ctx *ctx)
{
	struct pending p = { NEW_ARRAY(ctx->arena, struct submission, RESOLVE_MOST + 1), 0 };
	struct db *db = snapshot(ctx);
	if (!db)
		return true;
	if (!db_view(ctx, portal, collect, &p))
		return false;
	for (size_t i = 0; i < p.n; i++)
		if (!resolve(ctx, db, &p.at[i]))
			return false;
	return true;
}
