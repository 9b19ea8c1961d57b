/* Elements of slurmrestd's lists as records (job, node, partition). The traps are those of Slurm 22.05's v0.0.38, named where they matter. */
#include "sched/slurm.h"

/* ---- jobs ---- */

/* Keyed by array and task, because the record of the array itself becomes its last task when that starts. */
static const char *job_id(struct arena *arena, int64_t array, int64_t task, int64_t raw)
{
	if (array > 0 && task >= 0)
		return text(arena, "%lld_%lld", (long long)array, (long long)task);
	return text(arena, "%lld", (long long)(array > 0 ? array : raw));
}

/* 22.05 gives the raw wait status (7 is 1792); later versions { "return_code", "signal": { "id" } }. */
static void read_exit(const struct json_object *object, struct job *job)
{
	const struct json_object *code = slurm_member(object, "exit_code");
	int64_t raw;

	if (json_object_is_type(code, json_type_object)) {
		job->exit_code = slurm_int(code, "return_code", 0);
		job->signal = slurm_int(slurm_member(code, "signal"), "id", slurm_int(slurm_member(code, "signal"), "signal_id", 0));
		return;
	}
	raw = slurm_int(object, "exit_code", 0);
	job->exit_code = raw >> 8 & 0xff;
	job->signal = raw & 0x7f;
}

static void read_size(struct arena *arena, const struct json_object *object, struct job *job)
{
	const char *tres = slurm_text(arena, object, "tres_alloc_str");

	if (tres == NULL)
		tres = slurm_text(arena, object, "tres_req_str");
	job->node_count = slurm_int(object, "node_count", 0);
	job->cpus = slurm_int(object, "cpus", 0);
	job->tasks = slurm_int(object, "tasks", 0);
	job->gpus = slurm_tres(tres, "gres/gpu");
	job->memory_mb = slurm_tres_mb(tres, "mem");
}

static void read_times(const struct json_object *object, struct job *job)
{
	job->submitted = slurm_int(object, "submit_time", 0);
	job->started = slurm_int(object, "start_time", 0);
	job->limit_minutes = slurm_int(object, "time_limit", 0);
	if (job_finished(job)) /* of a running job it is the end that the limit allows */
		job->ended = slurm_int(object, "end_time", 0);
}

static void read_array(struct arena *arena, const struct json_object *object, struct job *job)
{
	int64_t task = slurm_int(object, "array_task_id", -1);

	job->raw_id = slurm_int(object, "job_id", 0);
	job->array_job = slurm_int(object, "array_job_id", 0);
	job->id = job_id(arena, job->array_job, task, job->raw_id);
	job->array_tasks = task >= 0 && job->array_job > 0 ? text(arena, "%lld", (long long)task) : slurm_text(arena, object, "array_task_string");
}

bool slurm_job_read(struct arena *arena, const struct json_object *object, struct job *job)
{
	*job = (struct job){ 0 };
	read_array(arena, object, job);
	if (job->raw_id <= 0 && job->array_job <= 0)
		return false;
	job->user = slurm_text(arena, object, "user_name");
	job->uid = slurm_int(object, "user_id", 0);
	job->name = slurm_text(arena, object, "name");
	job->account = slurm_text(arena, object, "account");
	job->partition = slurm_text(arena, object, "partition");
	job->state = slurm_text(arena, object, "job_state");
	job->reason = slurm_text(arena, object, "state_reason");
	if (same(job->reason, "None"))
		job->reason = NULL;
	job->nodes = slurm_text(arena, object, "nodes");
	job->batch_host = slurm_text(arena, object, "batch_host");
	job->folder = slurm_text(arena, object, "current_working_directory");
	job->output = slurm_text(arena, object, "standard_output");
	job->error_file = slurm_text(arena, object, "standard_error");
	job->comment = slurm_text(arena, object, "comment");
	job->dependency = slurm_text(arena, object, "dependency");
	job->restarts = slurm_int(object, "restart_cnt", 0);
	read_size(arena, object, job);
	read_times(object, job);
	if (job_finished(job))
		read_exit(object, job);
	return true;
}

/* ---- nodes ---- */

static struct texts read_names(struct arena *arena, const struct json_object *list)
{
	size_t n = slurm_length(list);
	const char **names = NEW_ARRAY(arena, const char *, n + 1);
	struct texts out = { names, 0 };

	for (size_t i = 0; i < n; i++) {
		const char *name = slurm_as_text(arena, slurm_at(list, i));

		if (name != NULL)
			names[out.n++] = name;
	}
	return out;
}

/* Flags of a node that takes no new job, as far as their beginning tells ("DRAIN", "MAINTENANCE", "NOT_RESPONDING", …). */
static bool is_shut(struct arena *arena, const struct json_object *flags)
{
	static const char *const shut[] = { "DRAIN", "FAIL", "MAINT", "NOT_RESPONDING", "REBOOT_ISSUED", "POWERING_DOWN", "INVALID" };

	for (size_t i = 0; i < slurm_length(flags); i++) {
		const char *flag = slurm_as_text(arena, slurm_at(flags, i));

		for (size_t j = 0; flag != NULL && j < COUNT(shut); j++)
			if (starts_with(flag, shut[j]))
				return true;
	}
	return false;
}

static bool is_up(const char *state)
{
	static const char *const up[] = { "idle", "mixed", "allocated", "IDLE", "MIXED", "ALLOCATED" };

	for (size_t i = 0; i < COUNT(up); i++)
		if (same(state, up[i]))
			return true;
	return false;
}

void slurm_node_read(struct arena *arena, const struct json_object *object, struct sched_node *node)
{
	int64_t gpus_used = slurm_gpus(slurm_text(arena, object, "gres_used"));

	*node = (struct sched_node){ 0 };
	node->name = slurm_text(arena, object, "name");
	node->partitions = read_names(arena, slurm_member(object, "partitions"));
	node->usable = is_up(slurm_text(arena, object, "state")) && !is_shut(arena, slurm_member(object, "state_flags"));
	node->cpus = slurm_int(object, "cpus", 0);
	node->cpus_free = slurm_int(object, "idle_cpus", node->cpus - slurm_int(object, "alloc_cpus", 0));
	node->memory_mb = slurm_int(object, "real_memory", 0);
	node->gpus = slurm_gpus(slurm_text(arena, object, "gres"));
	node->gpus_free = node->gpus > gpus_used ? node->gpus - gpus_used : 0;
}

/* ---- partitions ---- */

static bool has_flag(struct arena *arena, const struct json_object *flags, const char *name)
{
	for (size_t i = 0; i < slurm_length(flags); i++)
		if (same(slurm_as_text(arena, slurm_at(flags, i)), name))
			return true;
	return false;
}

static int64_t at_least_0(int64_t number) { return number > 0 ? number : 0; }

void slurm_partition_read(struct arena *arena, const struct json_object *object, struct partition *partition)
{
	*partition = (struct partition){ 0 };
	partition->name = slurm_text(arena, object, "name");
	partition->is_default = has_flag(arena, slurm_member(object, "flags"), "default");
	partition->up = same(slurm_text(arena, object, "state"), "UP");
	partition->max_minutes = at_least_0(slurm_int(object, "max_time_limit", 0));
	partition->default_minutes = at_least_0(slurm_int(object, "default_time_limit", 0));
	partition->max_nodes = at_least_0(slurm_int(object, "maximum_nodes_per_job", 0));
	partition->nodes = slurm_int(object, "total_nodes", 0);
	partition->cpus = slurm_int(object, "total_cpus", 0);
	partition->gpus = slurm_tres(slurm_text(arena, object, "tres"), "gres/gpu");
	partition->accounts = slurm_text(arena, object, "allowed_accounts");
}

/* ---- accounting ---- */

/* The count of a resource in a list of { "type", "name", "count" }. */
static int64_t tres_count(const struct json_object *list, const char *type, const char *name)
{
	for (size_t i = 0; i < slurm_length(list); i++) {
		const struct json_object *item = slurm_at(list, i);
		const char *its_type = json_object_get_string((struct json_object *)(uintptr_t)slurm_member(item, "type"));
		const char *its_name = json_object_get_string((struct json_object *)(uintptr_t)slurm_member(item, "name"));

		if (same(its_type, type) && (name == NULL || same(its_name, name)))
			return at_least_0(slurm_int(item, "count", 0));
	}
	return 0;
}

/* The whole of the steps: CPU time used, and the largest memory that a task was seen with (bytes). */
static void read_steps(const struct json_object *steps, struct job *job)
{
	int64_t microseconds = 0;

	for (size_t i = 0; i < slurm_length(steps); i++) {
		const struct json_object *step = slurm_at(steps, i);
		const struct json_object *total = slurm_member(slurm_member(step, "time"), "total");
		const struct json_object *most = slurm_member(slurm_member(slurm_member(step, "tres"), "requested"), "max");
		int64_t kb = tres_count(most, "mem", NULL) / 1024;

		microseconds += at_least_0(slurm_int(total, "microseconds", 0)) % 1000000000;
		job->cpu_seconds += at_least_0(slurm_int(total, "seconds", 0)) % INT32_MAX;
		job->max_rss_kb = kb > job->max_rss_kb ? kb : job->max_rss_kb;
	}
	job->cpu_seconds += microseconds / 1000000;
}

static void read_allocated(const struct json_object *tres, struct job *job)
{
	const struct json_object *list = slurm_member(tres, "allocated");

	if (slurm_length(list) == 0)
		list = slurm_member(tres, "requested");
	job->cpus = tres_count(list, "cpu", NULL);
	job->memory_mb = tres_count(list, "mem", NULL);
	job->node_count = tres_count(list, "node", NULL);
	job->gpus = tres_count(list, "gres", "gpu");
}

/* The exit code is always 0 in 22.05 and is left alone; the signal is right. */
static void read_state(struct arena *arena, const struct json_object *object, struct job *job)
{
	const struct json_object *time = slurm_member(object, "time");
	const struct json_object *signal = slurm_member(slurm_member(object, "exit_code"), "signal");

	job->state = slurm_text(arena, slurm_member(object, "state"), "current");
	job->submitted = slurm_int(time, "submission", 0);
	job->started = slurm_int(time, "start", 0);
	job->ended = job_finished(job) ? slurm_int(time, "end", 0) : 0;
	job->limit_minutes = slurm_int(time, "limit", 0);
	job->signal = slurm_int(signal, "signal_id", slurm_int(signal, "id", 0)) & 0x7f;
}

bool slurm_history_read(struct arena *arena, const struct json_object *object, struct job *job)
{
	const struct json_object *array = slurm_member(object, "array");
	int64_t task = slurm_int(array, "task_id", -1);

	*job = (struct job){ 0 };
	job->raw_id = slurm_int(object, "job_id", 0);
	job->array_job = slurm_int(array, "job_id", 0);
	job->id = job_id(arena, job->array_job, task, job->raw_id);
	if (job->raw_id <= 0)
		return false;
	job->array_tasks = task >= 0 && job->array_job > 0 ? text(arena, "%lld", (long long)task) : slurm_text(arena, array, "task");
	job->user = slurm_text(arena, object, "user");
	job->name = slurm_text(arena, object, "name");
	job->account = slurm_text(arena, object, "account");
	job->partition = slurm_text(arena, object, "partition");
	job->nodes = slurm_text(arena, object, "nodes");
	if (same(job->nodes, "None assigned"))
		job->nodes = NULL;
	job->folder = slurm_text(arena, object, "working_directory");
	job->comment = slurm_text(arena, slurm_member(object, "comment"), "job");
	read_state(arena, object, job);
	read_allocated(slurm_member(object, "tres"), job);
	read_steps(slurm_member(object, "steps"), job);
	return true;
}
