/* What the poller reads: jobs, nodes, partitions, accounting. See driver.h. */
#include "sched/slurm.h"

#include <stdlib.h>
#include <string.h>

/* ---- jobs and history ---- */

struct job_list { struct job *at; size_t n, cap; };

static bool add_job(struct ctx *ctx, const struct json_object *object, void *arg)
{
	struct job_list *list = arg;

	list->at = sched_room(ctx->arena, list->at, list->n, &list->cap, sizeof *list->at);
	list->n += slurm_job_read(ctx->arena, object, &list->at[list->n]);
	return true;
}

bool slurm_jobs(struct ctx *ctx, const struct sched_login *login, int64_t since, struct sched_jobs_seen *seen)
{
	struct job_list list = { 0 };
	struct slurm_call call = { .method = "GET", .path = text(ctx->arena, "/jobs?update_time=%lld", (long long)since) };
	struct slurm_answer answer;

	*seen = (struct sched_jobs_seen){ 0 };
	if (!slurm_list(ctx, login, &call, "jobs", add_job, &list, &answer, &seen->unchanged))
		return false;
	seen->at = list.at;
	seen->n = list.n;
	seen->complete = !seen->unchanged && answer.skipped == 0;
	seen->version = answer.version;
	return true;
}

static bool add_history(struct ctx *ctx, const struct json_object *object, void *arg)
{
	struct job_list *list = arg;

	list->at = sched_room(ctx->arena, list->at, list->n, &list->cap, sizeof *list->at);
	list->n += slurm_history_read(ctx->arena, object, &list->at[list->n]);
	return true;
}

/* 22.05 wants its own time texts ("uts" and seconds) and one comma list of states, which makes the window one of end times. */
bool slurm_history(struct ctx *ctx, const struct sched_login *login, struct sched_window window, struct sched_jobs_seen *seen)
{
	const char *name = sched_setting(&slurm_driver, login->cluster, "slurm-cluster");
	struct job_list list = { 0 };
	struct slurm_call call = { .method = "GET", .accounting = true, .path = text(ctx->arena,
		"/jobs?start_time=uts%lld&end_time=uts%lld&state=CD%%2CF%%2CCA%%2CTO%%2CNF%%2COOM%%2CPR%%2CBF%%2CDL%s%s",
		(long long)window.from, (long long)window.until, empty(name) ? "" : "&cluster=", name) };
	struct slurm_answer answer;

	*seen = (struct sched_jobs_seen){ 0 };
	if (!slurm_list(ctx, login, &call, "jobs", add_history, &list, &answer, &seen->unchanged))
		return false;
	seen->at = list.at;
	seen->n = list.n;
	seen->version = answer.version;
	return true;
}

/* ---- nodes and partitions ---- */

struct node_list { struct sched_node *at; size_t n, cap; };

static bool add_node(struct ctx *ctx, const struct json_object *object, void *arg)
{
	struct node_list *list = arg;

	list->at = sched_room(ctx->arena, list->at, list->n, &list->cap, sizeof *list->at);
	slurm_node_read(ctx->arena, object, &list->at[list->n++]);
	return true;
}

bool slurm_nodes(struct ctx *ctx, const struct sched_login *login, struct sched_nodes_seen *seen)
{
	struct node_list list = { 0 };
	struct slurm_call call = { .method = "GET", .path = "/nodes" };
	struct slurm_answer answer;
	bool unchanged;

	*seen = (struct sched_nodes_seen){ 0 };
	if (!slurm_list(ctx, login, &call, "nodes", add_node, &list, &answer, &unchanged))
		return false;
	seen->at = list.at;
	seen->n = list.n;
	return true;
}

struct partition_list { struct partition *at; size_t n, cap; };

static bool add_partition(struct ctx *ctx, const struct json_object *object, void *arg)
{
	struct partition_list *list = arg;

	list->at = sched_room(ctx->arena, list->at, list->n, &list->cap, sizeof *list->at);
	slurm_partition_read(ctx->arena, object, &list->at[list->n]);
	list->n += !empty(list->at[list->n].name);
	return true;
}

bool slurm_partitions(struct ctx *ctx, const struct sched_login *login, struct sched_partitions_seen *seen)
{
	struct partition_list list = { 0 };
	struct slurm_call call = { .method = "GET", .path = "/partitions" };
	struct slurm_answer answer;
	bool unchanged;

	*seen = (struct sched_partitions_seen){ 0 };
	if (!slurm_list(ctx, login, &call, "partitions", add_partition, &list, &answer, &unchanged))
		return false;
	seen->at = list.at;
	seen->n = list.n;
	return true;
}

/* ---- accounts and limits ---- */

/* One association: of a user with an account, or (user NULL) of the account itself. Limits in seconds, -1: none. */
struct bond { const char *user, *account; int64_t cpu, gpu; };
struct bond_list { struct bond *at; size_t n, cap; };

static int64_t group_seconds(const struct json_object *minutes, struct arena *arena, const char *type, const char *name)
{
	for (size_t i = 0; i < slurm_length(minutes); i++) {
		const struct json_object *item = slurm_at(minutes, i);
		int64_t count = slurm_int(item, "count", -1);

		if (same(slurm_text(arena, item, "type"), type) && same(slurm_text(arena, item, "name"), name))
			return count >= 0 && count < INT64_MAX / 60 ? count * 60 : -1;
	}
	return -1;
}

static bool add_bond(struct ctx *ctx, const struct json_object *object, void *arg)
{
	struct bond_list *list = arg;
	const struct json_object *minutes = slurm_member(slurm_member(slurm_member(slurm_member(object, "max"), "tres"), "group"), "minutes");
	struct bond bond = { .user = slurm_text(ctx->arena, object, "user"), .account = slurm_text(ctx->arena, object, "account") };

	bond.cpu = group_seconds(minutes, ctx->arena, "cpu", NULL);
	bond.gpu = group_seconds(minutes, ctx->arena, "gres", "gpu");
	if (bond.account == NULL)
		return true;
	list->at = sched_room(ctx->arena, list->at, list->n, &list->cap, sizeof *list->at);
	list->at[list->n++] = bond;
	return true;
}

static int by_user(const void *left, const void *right)
{
	const struct bond *a = left, *b = right;
	int order;

	if (a->user == NULL || b->user == NULL)
		return (a->user != NULL) - (b->user != NULL);
	order = strcmp(a->user, b->user);
	return order != 0 ? order : strcmp(a->account, b->account);
}

/* Limits of the account itself; bonds of accounts stand first. */
static const struct bond *account_bond(const struct bond_list *list, const char *account)
{
	for (size_t i = 0; i < list->n && list->at[i].user == NULL; i++)
		if (same(list->at[i].account, account))
			return &list->at[i];
	return NULL;
}

static int64_t limit_of(int64_t own, int64_t shared)
{
	int64_t limit = own >= 0 ? own : shared;

	return limit > 0 ? limit : 0;
}

/* A user's bonds stand side by side: from list->at[*i] on. */
static struct sched_person one_person(struct arena *arena, const struct bond_list *list, size_t *i)
{
	struct sched_person person = { .user = list->at[*i].user };
	size_t from = *i;
	const char **names;

	while (*i < list->n && same(list->at[*i].user, person.user))
		(*i)++;
	names = NEW_ARRAY(arena, const char *, *i - from);
	for (size_t j = from; j < *i; j++) {
		const struct bond *bond = &list->at[j], *shared = account_bond(list, bond->account);

		if (j > from && same(bond->account, list->at[j - 1].account)) /* one for each partition */
			continue;
		names[person.limits.accounts.n++] = bond->account;
		person.limits.cpu_seconds_limit += limit_of(bond->cpu, shared != NULL ? shared->cpu : -1);
		person.limits.gpu_seconds_limit += limit_of(bond->gpu, shared != NULL ? shared->gpu : -1);
	}
	person.limits.accounts.at = names;
	return person;
}

bool slurm_people(struct ctx *ctx, const struct sched_login *login, struct sched_people_seen *seen)
{
	const char *name = sched_setting(&slurm_driver, login->cluster, "slurm-cluster");
	struct bond_list list = { 0 };
	struct slurm_call call = { .method = "GET", .accounting = true,
		.path = text(ctx->arena, "/associations%s%s", empty(name) ? "" : "?cluster=", name) };
	struct slurm_answer answer;
	struct sched_person *people;
	bool unchanged;

	*seen = (struct sched_people_seen){ 0 };
	if (!slurm_list(ctx, login, &call, "associations", add_bond, &list, &answer, &unchanged))
		return false;
	if (list.n > 1)
		qsort(list.at, list.n, sizeof *list.at, by_user);
	people = NEW_ARRAY(ctx->arena, struct sched_person, list.n + 1);
	for (size_t i = 0; i < list.n;) {
		if (list.at[i].user == NULL) {
			i++;
			continue;
		}
		people[seen->n++] = one_person(ctx->arena, &list, &i);
	}
	seen->at = people;
	return true;
}
