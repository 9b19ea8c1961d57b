/*
 * The front of sched.h: clusters of naru.conf, their drivers, checks of what a user asks for before it reaches the wire. What can only come from a
 * mistake of a page is refused here too, so that no driver has to think of it.
 */
#include "sched.h"

#include "conf.h"
#include "sched/driver.h"

#include <string.h>

static const struct sched_driver *const drivers[] = { &slurm_driver };

enum { CALL_MS = 4500 /* so that the page is there within five seconds */, LONGEST_NAME = 200, LONGEST_PATH = 4000, LONGEST_SCRIPT = 4000000, MOST = 1000000 };

struct texts sched_clusters(void)
{
	return conf_names("cluster");
}

const char *sched_setting(const struct sched_driver *driver, const char *cluster, const char *key)
{
	char section[160];
	size_t n = strlen(cluster);

	if (n + sizeof "cluster " > sizeof section)
		return "";
	memcpy(section, "cluster ", 8);
	memcpy(section + 8, cluster, n + 1);
	for (size_t i = 0; i < driver->n_settings; i++)
		if (same(driver->settings[i].key, key))
			return conf_get(section, key, driver->settings[i].preset);
	return "";
}

bool sched_driver_of(struct ctx *ctx, const char *cluster, const struct sched_driver **out)
{
	struct texts names = sched_clusters();
	const char *kind;

	for (size_t i = 0; i < names.n; i++) {
		if (!same(names.at[i], cluster))
			continue;
		kind = conf_get(text(ctx->arena, "cluster %s", cluster), "driver", "slurm");
		for (size_t j = 0; j < COUNT(drivers); j++)
			if (same(drivers[j]->name, kind)) {
				*out = drivers[j];
				return true;
			}
		return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The cluster is not set up correctly. Tell the administrators."), "sched: no driver %s", kind);
	}
	return fail(ctx, KIND_NOT_FOUND, tr(ctx, "There is no such cluster."), NULL);
}

/* ---- checks ---- */

/* A text for the scheduler: one line of UTF-8 without control bytes. */
static bool plain(const char *value, size_t most)
{
	size_t n = value != NULL ? strlen(value) : 0;

	if (n > most || (value != NULL && !utf8_valid(value, n)))
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)value[i] < 0x20 || value[i] == 0x7f)
			return false;
	return true;
}

static bool invalid(struct ctx *ctx, const char *message)
{
	return fail(ctx, KIND_INVALID, message, NULL);
}

static bool check_script(struct ctx *ctx, const char *script)
{
	size_t n = script != NULL ? strlen(script) : 0;

	if (n == 0)
		return invalid(ctx, tr(ctx, "The job has no script. Write what it should run."));
	if (n > LONGEST_SCRIPT)
		return invalid(ctx, tr(ctx, "The script is longer than 4 MB. Put its data into files and read them from there."));
	if (!utf8_valid(script, n))
		return invalid(ctx, tr(ctx, "The script is not UTF-8 text. Save it as UTF-8."));
	if (!starts_with(script, "#!"))
		return invalid(ctx, tr(ctx, "The script must begin with #! and its interpreter, for example #!/bin/bash."));
	if (strchr(script, '\r') != NULL)
		return invalid(ctx, tr(ctx, "The script has line ends of Windows, which the nodes do not understand. Save it with line ends of Unix."));
	return true;
}

static bool check_texts(struct ctx *ctx, const struct sched_ask *ask)
{
	const char *const names[] = { ask->name, ask->partition, ask->account, ask->array, ask->dependency, ask->mail_type, ask->mail_user,
		ask->comment, ask->user, ask->qos, ask->constraint, ask->gres, ask->exclusive, ask->begin, ask->signal, ask->open_mode, ask->licenses,
		ask->reservation };
	const char *const paths[] = { ask->folder, ask->output, ask->error_file, ask->home };

	for (size_t i = 0; i < COUNT(names); i++)
		if (!plain(names[i], LONGEST_NAME))
			return invalid(ctx, tr(ctx, "A text is longer than 200 bytes or holds a line break. Correct it."));
	for (size_t i = 0; i < COUNT(paths); i++)
		if (!plain(paths[i], LONGEST_PATH))
			return invalid(ctx, tr(ctx, "A path is longer than 4,000 bytes or holds a line break. Correct it."));
	for (size_t i = 0; i < ask->variables.n; i++)
		if (!plain(ask->variables.at[i], LONGEST_PATH) || strchr(ask->variables.at[i], '=') == NULL)
			return invalid(ctx, tr(ctx, "An environment variable is not NAME=VALUE or holds a line break. Correct it."));
	if (empty(ask->folder) || ask->folder[0] != '/')
		return invalid(ctx, tr(ctx, "The job needs a folder to work in, as a path that begins with /."));
	return true;
}

static bool check_numbers(struct ctx *ctx, const struct sched_ask *ask)
{
	const int64_t numbers[] = { ask->nodes, ask->tasks_per_node, ask->cpus_per_task, ask->gpus, ask->nodes_most, ask->tasks };

	for (size_t i = 0; i < COUNT(numbers); i++)
		if (numbers[i] < 0 || numbers[i] > MOST)
			return invalid(ctx, tr(ctx, "A number is negative or larger than 1,000,000. Correct it."));
	if (ask->minutes < 0 || ask->minutes > 60LL * 24 * 3660 || ask->memory_mb < 0 || ask->memory_mb > 1LL << 40 ||
		ask->memory_cpu_mb < 0 || ask->memory_cpu_mb > 1LL << 40 || ask->nice < 0 || ask->nice > INT32_MAX)
		return invalid(ctx, tr(ctx, "The time or the memory is out of range. Correct it."));
	return true;
}

static bool asks_rare(const struct sched_ask *ask)
{
	return !empty(ask->qos) || !empty(ask->constraint) || !empty(ask->gres) || !empty(ask->exclusive) || !empty(ask->begin) || !empty(ask->signal) ||
		!empty(ask->open_mode) || !empty(ask->licenses) || !empty(ask->reservation) || ask->variables.n > 0 || ask->nodes_most > 0 ||
		ask->tasks > 0 || ask->memory_cpu_mb > 0 || ask->nice > 0 || ask->requeue;
}

/* Words of features that the cluster's driver must have. */
static bool check_can(struct ctx *ctx, const struct sched_driver *driver, const struct sched_ask *ask)
{
	if (!empty(ask->array) && !(driver->can & SCHED_CAN_ARRAY))
		return invalid(ctx, tr(ctx, "This cluster has no job arrays."));
	if (!empty(ask->dependency) && !(driver->can & SCHED_CAN_DEPEND))
		return invalid(ctx, tr(ctx, "This cluster has no dependencies between jobs."));
	if (ask->gpus > 0 && !(driver->can & SCHED_CAN_GPU))
		return invalid(ctx, tr(ctx, "This cluster has no GPUs."));
	if (asks_rare(ask) && !(driver->can & SCHED_CAN_RARE))
		return invalid(ctx, tr(ctx, "This cluster knows only the options of the form. Remove the others from the script."));
	return true;
}

/* Root's jobs are never ours to send, whatever the token says. */
static bool check_user(struct ctx *ctx, const char *user)
{
	if (!empty(user) && plain(user, 100) && !same(user, "root"))
		return true;
	return fail(ctx, KIND_FORBIDDEN, tr(ctx, "This user may not use the batch system."), "sched: user");
}

/* ---- calls with the user's token ---- */

/* Calls give up in time for the page to be shown. */
static int64_t begin(struct ctx *ctx)
{
	int64_t before = ctx->deadline, ours = clock_ms() + CALL_MS;

	if (before == 0 || before > ours)
		ctx->deadline = ours;
	return before;
}

bool sched_submit(struct ctx *ctx, const char *cluster, const char *user, const char *token, const struct sched_ask *ask, int64_t *job_id,
	const char **warning)
{
	struct sched_login login = { cluster, user, token };
	const struct sched_driver *driver;
	int64_t deadline;
	bool good;

	*job_id = 0;
	*warning = NULL;
	if (!sched_driver_of(ctx, cluster, &driver) || !check_user(ctx, user) || !check_script(ctx, ask->script) || !check_texts(ctx, ask) ||
		!check_numbers(ctx, ask) || !check_can(ctx, driver, ask))
		return false;
	deadline = begin(ctx);
	good = driver->submit(ctx, &login, ask, job_id, warning);
	ctx->deadline = deadline;
	return good;
}

bool sched_control(struct ctx *ctx, const char *cluster, const char *user, const char *token, const char *id, enum sched_verb verb)
{
	struct sched_login login = { cluster, user, token };
	const struct sched_driver *driver;
	int64_t deadline;
	bool good;

	if (!sched_driver_of(ctx, cluster, &driver) || !check_user(ctx, user))
		return false;
	if (verb != SCHED_CANCEL && !(driver->can & SCHED_CAN_HOLD))
		return invalid(ctx, tr(ctx, "This cluster cannot hold jobs back."));
	deadline = begin(ctx);
	good = driver->control(ctx, &login, id != NULL ? id : "", verb);
	ctx->deadline = deadline;
	return good;
}

/* ---- counting ---- */

static bool is_in(const struct sched_node *node, const char *partition)
{
	for (size_t i = 0; i < node->partitions.n; i++)
		if (same(node->partitions.at[i], partition))
			return true;
	return false;
}

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

static void count_node(struct partition *partition, const struct sched_node *node)
{
	partition->node_cpus = larger(partition->node_cpus, node->cpus);
	partition->node_memory_mb = larger(partition->node_memory_mb, node->memory_mb);
	partition->node_gpus = larger(partition->node_gpus, node->gpus);
	partition->gpus += node->gpus;
	if (!node->usable) {
		partition->nodes_down++;
		return;
	}
	partition->nodes_free += node->cpus_free >= node->cpus;
	partition->cpus_free += node->cpus_free;
	partition->gpus_free += node->gpus_free;
}

void sched_count_nodes(struct sched_partitions_seen *partitions, const struct sched_nodes_seen *nodes)
{
	for (size_t i = 0; i < partitions->n; i++) {
		struct partition *partition = &partitions->at[i];

		partition->gpus = 0;
		for (size_t j = 0; j < nodes->n; j++)
			if (is_in(&nodes->at[j], partition->name))
				count_node(partition, &nodes->at[j]);
	}
}
