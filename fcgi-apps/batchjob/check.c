/* check: what can be known before the submit, in words. Errors stop it, warnings do not. */
#include "batchjob.h"

#include <string.h>
#include <time.h>

enum { LITTLE_SPACE = 200 << 20 };

static void error(struct check *c, const char *says) { find_add(c->r->ctx, c->found, true, 0, says); }
static void warning(struct check *c, const char *says) { find_add(c->r->ctx, c->found, false, 0, says); }

/* ---- the partition ---- */

/* Tasks that stand on one node; what is not said is left to the batch system: one. */
static int64_t ask_tasks(const struct ask *a)
{
	int64_t nodes = number_of(a, ASK_NODES_MOST, number_of(a, ASK_NODES, 0)), all = number_of(a, ASK_NTASKS, 0);
	return a->value[ASK_TASKS] ? number_of(a, ASK_TASKS, 1) : all > 0 && nodes > 0 ? (all + nodes - 1) / nodes : 1;
}

static int64_t ask_cpus(const struct ask *a) { return ask_tasks(a) * number_of(a, ASK_CPUS, 1); }

static int64_t all_cpus(const struct ask *a)
{
	int64_t all = number_of(a, ASK_NTASKS, 0);
	return all > 0 ? all * number_of(a, ASK_CPUS, 1) : number_of(a, ASK_NODES, 1) * ask_cpus(a);
}

static void check_time(struct check *c, const struct partition *p)
{
	int64_t minutes = c->ask->value[ASK_TIME] ? minutes_of(c->ask->value[ASK_TIME]) : 0;
	if (p->max_minutes > 0 && minutes > p->max_minutes)
		error(c, say(c->r->ctx, "Wall time %s: partition %s allows at most %s. Ask for less time or choose another partition.",
			c->ask->value[ASK_TIME], p->name, minutes_text(c->r->ctx->arena, p->max_minutes)));
}

static void check_limits(struct check *c, const struct partition *p)
{
	struct ctx *ctx = c->r->ctx;
	int64_t nodes = number_of(c->ask, ASK_NODES, 1), range = number_of(c->ask, ASK_NODES_MOST, 0);
	int64_t most = p->max_nodes > 0 && p->max_nodes < p->nodes ? p->max_nodes : p->nodes;
	if (most > 0 && nodes > most)
		error(c, say(ctx, "%lld nodes: a job in partition %s may have at most %lld. Ask for fewer nodes or choose another partition.",
			(long long)nodes, p->name, (long long)most));
	else if (p->max_nodes > 0 && range > p->max_nodes)
		error(c, say(ctx, "%lld nodes: a job in partition %s may have at most %lld. Ask for fewer nodes or choose another partition.",
			(long long)range, p->name, (long long)p->max_nodes));
	else if (most > 0 && range > most)
		warning(c, say(ctx, "Up to %lld nodes: partition %s has %lld, so the job gets no more than these.", (long long)range, p->name, (long long)most));
	if (p->node_cpus > 0 && ask_cpus(c->ask) > p->node_cpus)
		error(c, say(ctx, "%lld CPUs on each node: the nodes of partition %s have at most %lld. Ask for fewer tasks or CPUs.",
			(long long)ask_cpus(c->ask), p->name, (long long)p->node_cpus));
	else if (p->cpus > 0 && all_cpus(c->ask) > p->cpus)
		error(c, say(ctx, "%lld CPUs in all: partition %s has %lld. Ask for fewer tasks or CPUs.", (long long)all_cpus(c->ask), p->name,
			(long long)p->cpus));
}

static void check_memory(struct check *c, const struct partition *p)
{
	struct ctx *ctx = c->r->ctx;
	int64_t memory = c->ask->value[ASK_MEMORY] ? megabytes_of(c->ask->value[ASK_MEMORY]) : 0, cpus = ask_cpus(c->ask);
	int64_t each = c->ask->value[ASK_MEMORY_CPU] ? megabytes_of(c->ask->value[ASK_MEMORY_CPU]) : 0;
	if (p->node_memory_mb > 0 && memory > p->node_memory_mb)
		error(c, say(ctx, "Memory %s: the nodes of partition %s have at most %s. Ask for less memory.", c->ask->value[ASK_MEMORY], p->name,
			megabytes_text(ctx->arena, p->node_memory_mb)));
	if (p->node_memory_mb > 0 && each > p->node_memory_mb / (cpus > 0 ? cpus : 1))
		error(c, say(ctx, "Memory %s for each CPU with %lld CPUs on each node: the nodes of partition %s have at most %s. Ask for less memory or fewer CPUs.",
			c->ask->value[ASK_MEMORY_CPU], (long long)cpus, p->name, megabytes_text(ctx->arena, p->node_memory_mb)));
}

static void check_node(struct check *c, const struct partition *p)
{
	struct ctx *ctx = c->r->ctx;
	int64_t gpus = gpus_of(c->ask);
	if (gpus > 0 && p->node_gpus == 0)
		error(c, say(ctx, "GPUs: partition %s has none. Choose another partition.", p->name));
	else if (gpus > p->node_gpus)
		error(c, say(ctx, "%lld GPUs on each node: the nodes of partition %s have at most %lld.", (long long)gpus, p->name, (long long)p->node_gpus));
	if (!p->up)
		warning(c, say(ctx, "Partition %s is closed now: the job waits until it opens.", p->name));
	if (p->nodes > 0 && p->nodes_down >= p->nodes)
		warning(c, say(ctx, "No node of partition %s is in service now: the job waits until one is.", p->name));
}

static const struct partition *find_partition(struct check *c, const struct partition *all, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (c->ask->value[ASK_PARTITION] ? same(all[i].name, c->ask->value[ASK_PARTITION]) : all[i].is_default)
			return &all[i];
	return NULL;
}

/* "2 nodes are free": whole idle nodes, or for a part of one node, CPUs. */
static bool fits_now(const struct check *c, const struct partition *p)
{
	int64_t nodes = number_of(c->ask, ASK_NODES, 1), gpus = gpus_of(c->ask) * nodes;
	if (!p->up || gpus > p->gpus_free || all_cpus(c->ask) > p->cpus_free)
		return false;
	return p->nodes_free >= nodes || (nodes == 1 && !c->ask->value[ASK_EXCLUSIVE]);
}

static bool starts_soon(const char *begin) { return same(begin, "now") || same(begin, "today"); }

/* "Free in normal now: 2 of 3 nodes, 8 of 12 CPUs." with the GPUs when some are asked for. */
static const char *free_now(struct check *c, const struct partition *p)
{
	const char *says = say(c->r->ctx, "Free in %s now: nodes %lld of %lld, CPUs %lld of %lld.", p->name, (long long)p->nodes_free, (long long)p->nodes,
		(long long)p->cpus_free, (long long)p->cpus);
	if (gpus_of(c->ask) == 0)
		return says;
	return text(c->r->ctx->arena, "%s %s", says, say(c->r->ctx, "GPUs: %lld of %lld.", (long long)p->gpus_free, (long long)p->gpus));
}

static const char *when(struct check *c, const struct partition *p)
{
	struct ctx *ctx = c->r->ctx;
	if (fits_now(c, p) && p->waiting == 0)
		return tr(ctx, "It can start at once.");
	if (fits_now(c, p))
		return say(ctx, "It may start soon; jobs that wait there already: %lld.", (long long)p->waiting);
	if (p->waiting == 0)
		return tr(ctx, "That is not enough now: it waits until other jobs end.");
	return say(ctx, "That is not enough now: it waits until other jobs end; jobs that wait there already: %lld.", (long long)p->waiting);
}

static void estimate(struct check *c, const struct partition *p)
{
	struct ctx *ctx = c->r->ctx;
	if (c->ask->value[ASK_HOLD])
		c->estimate = tr(ctx, "It is held: it waits until you release it.");
	else if (c->ask->value[ASK_BEGIN] && !starts_soon(c->ask->value[ASK_BEGIN]))
		c->estimate = say(ctx, "It does not start before the time that you give: %s, by the cluster's clock.", c->ask->value[ASK_BEGIN]);
	else if (c->ask->value[ASK_DEPENDENCY])
		c->estimate = tr(ctx, "It waits for the jobs that it depends on.");
	else
		c->estimate = text(ctx->arena, "%s %s", free_now(c, p), when(c, p));
}

static void check_partition(struct check *c, struct db *db)
{
	const struct partition *all = NULL, *p;
	size_t n = 0;
	if (!sched_partitions(c->r->ctx, db, c->cluster, &all, &n) || n == 0) {
		forget(c->r->ctx);
		warning(c, tr(c->r->ctx, "The partitions of this cluster are not known now: their limits could not be checked."));
		return;
	}
	if (!(p = find_partition(c, all, n))) {
		error(c, c->ask->value[ASK_PARTITION] ? say(c->r->ctx, "There is no partition %s. Choose another one.", c->ask->value[ASK_PARTITION])
			: tr(c->r->ctx, "Choose a partition: this cluster has none of its own choice."));
		return;
	}
	check_time(c, p);
	check_limits(c, p);
	check_memory(c, p);
	check_node(c, p);
	estimate(c, p);
}

/* ---- who pays ---- */

static void check_account(struct check *c, struct db *db)
{
	struct usage u;
	if (!sched_usage(c->r->ctx, db, c->r->who.user, &u)) {
		forget(c->r->ctx);
		return;
	}
	if (u.accounts.n == 0 || !c->ask->value[ASK_ACCOUNT])
		return;
	for (size_t i = 0; i < u.accounts.n; i++)
		if (same(u.accounts.at[i], c->ask->value[ASK_ACCOUNT]))
			return;
	error(c, say(c->r->ctx, "Account %s is not one of yours. Choose one of the list.", c->ask->value[ASK_ACCOUNT]));
}

static void check_health(struct check *c, struct db *db)
{
	struct cluster state;
	bool found, array = c->ask->value[ASK_ARRAY] != NULL;
	int64_t last = 0;
	if (!sched_cluster(c->r->ctx, db, c->cluster, &found, &state) || !found) {
		forget(c->r->ctx);
		return;
	}
	if (!empty(state.error)) {
		c->estimate = NULL; /* nobody knows */
		warning(c, say(c->r->ctx, "The cluster does not answer since %s. It may not take the job now; this form stays as it is then.",
			clock_text(c->r->ctx->arena, state.error_since)));
	}
	if (array && array_size(c->ask->value[ASK_ARRAY], &last) > 0 && state.max_array > 0 && last >= state.max_array)
		error(c, say(c->r->ctx, "Array range: the largest number may be %lld.", (long long)state.max_array - 1));
	if (array && c->ask->value[ASK_OUTPUT] && !strstr(c->ask->value[ASK_OUTPUT], "%a"))
		warning(c, tr(c->r->ctx, "All tasks of the array write to the same output file. Put %A and %a into its name."));
}

/* ---- folders and files, as the user ---- */

const char *home_of(struct req *r)
{
	const struct place *places;
	size_t n;
	store_places(r->ctx->arena, r->who.user, &places, &n);
	return n > 0 ? places[0].path : "/";
}

const char *absolute_folder(struct req *r, const char *typed)
{
	if (typed[0] == '~' && (typed[1] == '/' || typed[1] == '\0'))
		return text(r->ctx->arena, "%s%s", home_of(r), typed + 1);
	return typed;
}

static void check_space(struct check *c, struct store *s, const char *title)
{
	struct store_space space;
	if (!store_space(c->r->ctx, s, 0, &space)) {
		forget(c->r->ctx);
		return;
	}
	if (space.total > 0 && (space.free == 0 || space.files_free == 0))
		error(c, say(c->r->ctx, "%s is full: the job could not write its output. Delete something first.", title));
	else if (space.total > 0 && space.free < LITTLE_SPACE)
		warning(c, say(c->r->ctx, "%s is nearly full: %s are left.", title, human_size(c->r->ctx->arena, space.free)));
}

/* A store that does not answer is no reason to refuse a job. */
static bool not_checked(struct check *c, const char *path)
{
	enum kind k = c->r->ctx->error.kind;
	forget(c->r->ctx);
	if (k == KIND_NOT_FOUND)
		return false;
	warning(c, say(c->r->ctx, "%s could not be checked now.", path));
	return true;
}

static void folder_in(struct check *c, struct store *s, const char *shown, const char *path)
{
	struct entry e;
	bool writable = false;
	if (!store_stat(c->r->ctx, s, path, &e)) {
		if (!not_checked(c, shown))
			error(c, say(c->r->ctx, "The folder %s does not exist. Make it first, or choose another one.", shown));
		return;
	}
	if (e.kind != ENTRY_FOLDER && e.kind != ENTRY_LINK)
		error(c, say(c->r->ctx, "%s is not a folder.", shown));
	else if (!store_writable(c->r->ctx, s, path, &writable))
		not_checked(c, shown);
	else if (!writable)
		error(c, say(c->r->ctx, "You may not write into the folder %s. Choose another one.", shown));
}

/* Opens the place that an absolute path is in; NULL, after a warning, if it cannot be looked at. */
static struct store *store_at(struct check *c, const char *absolute, const char **path, const char **place)
{
	struct store *s;
	if (!store_locate(c->r->ctx->arena, c->r->who.user, absolute, place, path)) {
		warning(c, say(c->r->ctx, "%s is outside the places that are known here: it could not be checked.", absolute));
		return NULL;
	}
	if (!store_open(c->r->ctx, c->r->who.proof, *place, &s)) {
		forget(c->r->ctx);
		warning(c, say(c->r->ctx, "%s could not be checked now.", absolute));
		return NULL;
	}
	return s;
}

static void check_folder(struct check *c)
{
	const char *path, *place;
	struct store *s;
	if (!c->ask->value[ASK_FOLDER]) {
		error(c, tr(c->r->ctx, "The job needs a working folder: a line such as #SBATCH --chdir=/home/me"));
		return;
	}
	if (!(s = store_at(c, c->ask->value[ASK_FOLDER], &path, &place)))
		return;
	folder_in(c, s, c->ask->value[ASK_FOLDER], path);
	check_space(c, s, place);
}

static const char *folder_of(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash && slash > path ? arena_copy(a, path, (size_t)(slash - path)) : "/";
}

/* Would the file be overwritten, and is its folder there? Names with % are known only when the job runs. */
static void check_file(struct check *c, const char *name)
{
	const char *folder = c->ask->value[ASK_FOLDER], *path, *place;
	struct store *s;
	struct entry e;
	if (!name || !folder)
		return;
	const char *absolute = name[0] == '/' ? name : text(c->r->ctx->arena, "%s/%s", folder, name);
	const char *parent = folder_of(c->r->ctx->arena, absolute);
	if (!strchr(parent, '%') && !same(parent, folder) && (s = store_at(c, parent, &path, &place)))
		folder_in(c, s, parent, path);
	if (strchr(absolute, '%') || same(name, "/dev/null") || !(s = store_at(c, absolute, &path, &place)))
		return;
	if (!store_stat(c->r->ctx, s, path, &e))
		forget(c->r->ctx);
	else if (e.kind == ENTRY_FOLDER)
		error(c, say(c->r->ctx, "Output file: %s is a folder.", absolute));
	else if (!same(c->ask->value[ASK_OPEN_MODE], "append"))
		warning(c, say(c->r->ctx, "%s exists: the job will overwrite it.", absolute));
}

/* --ntasks with --nodes and --ntasks-per-node: sbatch takes the last as a limit. */
static void check_tasks(struct check *c)
{
	const struct ask *a = c->ask;
	int64_t all = number_of(a, ASK_NTASKS, 0), least = number_of(a, ASK_NODES, 1), most = number_of(a, ASK_NODES_MOST, least), each = number_of(a, ASK_TASKS, 0);
	if (all > 0 && all < least)
		error(c, say(c->r->ctx, "--ntasks=%lld are fewer tasks than the %lld nodes. Ask for fewer nodes.", (long long)all, (long long)least));
	if (all > 0 && each > 0 && a->value[ASK_NODES] && all > most * each)
		error(c, say(c->r->ctx, "--ntasks=%lld do not fit on %lld nodes with %lld tasks each. Remove --ntasks-per-node or ask for more nodes.",
			(long long)all, (long long)most, (long long)each));
}

static bool is_past(struct arena *a, const char *begin)
{
	char today[32];
	struct tm tm;
	time_t t = (time_t)now();
	if (strlen(begin) < 10 || begin[4] != '-' || !localtime_r(&t, &tm))
		return false;
	size_t n = strftime(today, sizeof today, "%Y-%m-%dT%H:%M:%S", &tm);
	return strcmp(begin, arena_copy(a, today, n < strlen(begin) ? n : strlen(begin))) < 0;
}

static void check_rare(struct check *c)
{
	const char *export = c->ask->value[ASK_EXPORT], *begin = c->ask->value[ASK_BEGIN];
	if (export && starts_with(export, "ALL"))
		warning(c, tr(c->r->ctx, "--export=ALL: there is no terminal here whose variables could be taken along. The job gets PATH, HOME, USER, LOGNAME, SHELL and LANG, and those that stand in the line."));
	if (begin && is_past(c->r->ctx->arena, begin))
		warning(c, say(c->r->ctx, "--begin=%s is past: it does not delay the job.", begin));
}

static void check_sense(struct check *c)
{
	check_tasks(c);
	check_rare(c);
	if (!c->ask->value[ASK_TIME])
		warning(c, tr(c->r->ctx, "No wall time: the partition's preset counts. A short time of your own lets it start sooner."));
	if (c->ask->value[ASK_MAIL_TYPE] && !same(c->ask->value[ASK_MAIL_TYPE], "NONE") && !c->ask->value[ASK_MAIL_USER])
		warning(c, tr(c->r->ctx, "Mail is asked for, but there is no mail address: it goes to your local mailbox on the cluster."));
	if (!c->ask->value[ASK_NAME])
		error(c, tr(c->r->ctx, "The job has no name: a line such as #SBATCH --job-name=test"));
}

void check_ask(struct check *c)
{
	struct db *db = snapshot(c->r->ctx);
	check_sense(c);
	if (db) {
		check_partition(c, db);
		check_account(c, db);
		check_health(c, db);
	} else {
		warning(c, tr(c->r->ctx, "The partitions of this cluster are not known now: their limits could not be checked."));
	}
	check_folder(c);
	check_file(c, c->ask->value[ASK_OUTPUT]);
	check_file(c, c->ask->value[ASK_ERROR]);
}
