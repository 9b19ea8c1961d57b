/*
 * The body of a submit. Traps of 22.05: the script stands beside "job"; the environment is all that the job gets; without
 * current_working_directory the job runs where slurmrestd stands; without standard_output its name is not reported; `argv` crashes
 * slurmrestd and is never sent; gpus_per_node is a text; a list in `nodes` is left out in silence, a text "2-4" is not; `exclusive` wants
 * the word "exclusive" for whole nodes and refuses the "true" that its own description names; false in `oversubscribe` and `requeue` is taken
 * for true, so neither is ever sent as false; memory_per_node wins silently over memory_per_cpu; an empty qos is an error; a begin_time is a
 * text; required_nodes and excluded_nodes are disabled.
 */
#include "sched/slurm.h"

#include <string.h>

static void add_text(struct json_object *object, const char *key, const char *value)
{
	if (!empty(value))
		json_object_object_add(object, key, json_object_new_string(value));
}

static void add_int(struct json_object *object, const char *key, int64_t value)
{
	if (value > 0)
		json_object_object_add(object, key, json_object_new_int64(value));
}

/* An empty value is one, too. */
static void add_variable(struct ctx *ctx, struct json_object *object, const char *variable)
{
	const char *equals = strchr(variable, '=');

	if (equals != NULL)
		json_object_object_add(object, arena_copy(ctx->arena, variable, (size_t)(equals - variable)), json_object_new_string(equals + 1));
}

static struct json_object *environment(struct ctx *ctx, const struct sched_login *login, const struct sched_ask *ask)
{
	struct json_object *object = json_object_new_object();
	const char *user = empty(ask->user) ? login->user : ask->user;

	add_text(object, "PATH", sched_setting(&slurm_driver, login->cluster, "job-path"));
	add_text(object, "HOME", ask->home);
	add_text(object, "USER", user);
	add_text(object, "LOGNAME", user);
	add_text(object, "SHELL", sched_setting(&slurm_driver, login->cluster, "job-shell"));
	add_text(object, "LANG", sched_setting(&slurm_driver, login->cluster, "job-lang"));
	for (size_t i = 0; i < ask->variables.n; i++)
		add_variable(ctx, object, ask->variables.at[i]);
	return object;
}

/* Always absolute, so that the portal knows later where to look. */
static const char *output_path(struct ctx *ctx, const struct sched_ask *ask, const char *given)
{
	const char *name = !empty(given) ? given : !empty(ask->array) ? "slurm-%A_%a.out" : "slurm-%j.out";

	return name[0] == '/' ? name : text(ctx->arena, "%s/%s", ask->folder, name);
}

static void add_nodes(struct ctx *ctx, struct json_object *job, const struct sched_ask *ask)
{
	int64_t least = ask->nodes > 0 ? ask->nodes : 1, most = ask->nodes_most > least ? ask->nodes_most : least;

	if (ask->nodes > 0 || ask->tasks <= 0) /* else as many as the tasks need */
		add_text(job, "nodes", text(ctx->arena, "%lld-%lld", (long long)least, (long long)most));
}

static void add_size(struct ctx *ctx, struct json_object *job, const struct sched_ask *ask)
{
	int64_t nodes = ask->nodes > 0 ? ask->nodes : 1, each = ask->tasks_per_node > 0 || ask->tasks > 0 ? ask->tasks_per_node : 1;

	add_nodes(ctx, job, ask);
	add_int(job, "tasks_per_node", each);
	add_int(job, "tasks", ask->tasks > 0 ? ask->tasks : nodes * each);
	add_int(job, "cpus_per_task", ask->cpus_per_task > 0 ? ask->cpus_per_task : 1);
	add_int(job, "memory_per_node", ask->memory_mb);
	if (ask->memory_mb <= 0)
		add_int(job, "memory_per_cpu", ask->memory_cpu_mb);
	add_int(job, "time_limit", ask->minutes);
	if (!empty(ask->gres))
		add_text(job, "gres", ask->gres);
	else if (ask->gpus > 0)
		add_text(job, "gpus_per_node", text(ctx->arena, "%lld", (long long)ask->gpus));
}

static void add_rare(struct json_object *job, const struct sched_ask *ask)
{
	add_text(job, "qos", ask->qos);
	add_text(job, "constraints", ask->constraint);
	add_text(job, "exclusive", same(ask->exclusive, "yes") ? "exclusive" : ask->exclusive);
	add_text(job, "begin_time", ask->begin);
	add_text(job, "signal", ask->signal);
	add_text(job, "open_mode", ask->open_mode);
	add_text(job, "licenses", ask->licenses);
	add_text(job, "reservation", ask->reservation);
	add_int(job, "nice", ask->nice);
	if (ask->requeue)
		json_object_object_add(job, "requeue", json_object_new_boolean(1));
}

static struct json_object *make_job(struct ctx *ctx, const struct sched_login *login, const struct sched_ask *ask)
{
	struct json_object *job = json_object_new_object();

	add_text(job, "name", ask->name);
	add_text(job, "partition", ask->partition);
	add_text(job, "account", ask->account);
	add_text(job, "current_working_directory", ask->folder);
	add_text(job, "standard_output", output_path(ctx, ask, ask->output));
	if (!empty(ask->error_file))
		add_text(job, "standard_error", output_path(ctx, ask, ask->error_file));
	add_text(job, "array", ask->array);
	add_text(job, "dependency", ask->dependency);
	add_text(job, "mail_type", ask->mail_type);
	add_text(job, "mail_user", ask->mail_user);
	add_text(job, "comment", ask->comment);
	if (ask->hold)
		json_object_object_add(job, "hold", json_object_new_boolean(1));
	add_size(ctx, job, ask);
	add_rare(job, ask);
	json_object_object_add(job, "environment", environment(ctx, login, ask));
	return job;
}

static void free_json(void *object) { json_object_put(object); }

bool slurm_submit_body(struct ctx *ctx, const struct sched_login *login, const struct sched_ask *ask, struct bytes *out)
{
	struct json_object *body = json_object_new_object();
	size_t n = 0;
	const char *json;

	arena_defer(ctx->arena, free_json, body);
	json_object_object_add(body, "script", json_object_new_string(ask->script));
	json_object_object_add(body, "job", make_job(ctx, login, ask));
	json = json_object_to_json_string_length(body, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &n);
	if (json == NULL)
		return fail(ctx, KIND_INTERNAL, tr(ctx, "The job could not be written down for the batch system. Tell the administrators."), "slurm: json");
	*out = (struct bytes){ (const unsigned char *)json, n };
	return true;
}
