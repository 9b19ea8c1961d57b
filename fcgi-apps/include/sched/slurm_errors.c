/* Slurm's refusals in the user's words: what happened, what it means, what to do. Codes: slurm_errno.h of 22.05, and what slurmrestd was seen to send. */
#include "sched/slurm.h"

static const char no_controller[] = MSG("The batch system's controller does not answer now. Try again in a moment.");
static const char not_yours[] = MSG("There is no such job, or it is not yours.");
static const char too_late[] = MSG("The job is not in a state in which this can be done. Load the page again to see its state.");
static const char not_open[] = MSG("The partition takes no new jobs now. Choose another partition or try later.");
static const char no_gpus[] = MSG("There are no GPUs of this kind or number. Correct the number of GPUs or choose another partition.");
static const char too_few_cpus[] = MSG("The partition does not have as many CPUs as you ask for. Ask for fewer CPUs or choose another partition.");
static const char wrong_qos[] = MSG("The quality of service (QOS) cannot be used with this account. Choose another.");
static const char no_reservation[] = MSG("The reservation does not exist or you may not use it. Leave it out or correct it.");
static const char no_accounting[] = MSG("The batch system's accounting does not answer now. Try again in a moment.");
static const char wrong_time[] = MSG("The wall time is missing or longer than the partition allows. Ask for less time or choose another partition.");

static const struct refusal { int64_t code; enum kind kind; const char *sentence; } refusals[] = {
	{ 1001, KIND_UNAVAILABLE, no_controller }, { 1002, KIND_UNAVAILABLE, no_controller },
	{ 1003, KIND_UNAVAILABLE, no_controller }, { 1004, KIND_UNAVAILABLE, no_controller },
	{ 1800, KIND_UNAVAILABLE, no_controller }, { 1801, KIND_UNAVAILABLE, no_controller },
	{ 1802, KIND_UNAVAILABLE, no_controller }, { 1803, KIND_UNAVAILABLE, no_controller },
	{ 2000, KIND_INVALID, MSG("There is no such partition. Choose another partition.") },
	{ 2001, KIND_INVALID, MSG("The batch system has no partition of its own choice. Choose a partition.") },
	{ 2002, KIND_NOT_FOUND, not_yours },
	{ 2003, KIND_INVALID, MSG("Your group may not use this partition. Choose another partition or ask the administrators.") },
	{ 2005, KIND_INVALID, too_few_cpus },
	{ 2006, KIND_INVALID, MSG("The partition does not have as many nodes as you ask for. Ask for fewer nodes or choose another partition.") },
	{ 2009, KIND_INVALID, MSG("The job has no script. Write what it should run.") },
	{ 2010, KIND_NOT_FOUND, not_yours },
	{ 2012, KIND_INVALID, MSG("The script, a path or another text is too long for the batch system. Shorten it.") },
	{ 2014, KIND_INVALID, MSG("No node of this partition has what you ask for. Ask for less memory, fewer CPUs or fewer GPUs on a node, or choose another partition.") },
	{ 2015, KIND_INVALID, MSG("The partition does not allow a job of this size or length. Ask for fewer nodes or less time, or choose another partition.") },
	{ 2016, KIND_INVALID, MSG("The nodes are busy. Try again later or ask for others.") },
	{ 2017, KIND_NOT_FOUND, not_yours },
	{ 2020, KIND_CONFLICT, too_late },
	{ 2021, KIND_CONFLICT, MSG("The job has ended already.") },
	{ 2025, KIND_INVALID, MSG("The numbers of tasks, nodes and CPUs do not fit together. Correct them.") },
	{ 2027, KIND_UNAVAILABLE, no_controller },
	{ 2029, KIND_INVALID, MSG("The feature that you ask of the nodes does not exist here. Correct it.") },
	{ 2037, KIND_CONFLICT, too_late },
	{ 2038, KIND_INVALID, MSG("The dependency is not understood. Write for example afterok:1234.") },
	{ 2042, KIND_CONFLICT, MSG("The job is held. Release it to let it start.") },
	{ 2044, KIND_INVALID, MSG("The memory that you ask for is more than the partition allows. Ask for less memory.") },
	{ 2045, KIND_INVALID, MSG("Your user may not use this account on this cluster. Choose another account or ask the administrators for one.") },
	{ 2048, KIND_INVALID, MSG("The licences that you ask for do not exist here. Correct them.") },
	{ 2050, KIND_INVALID, MSG("Your account has reached its limit of jobs or resources. Wait for jobs to end, or ask for less.") },
	{ 2051, KIND_INVALID, wrong_time },
	{ 2052, KIND_INVALID, no_reservation }, { 2053, KIND_INVALID, no_reservation }, { 2056, KIND_INVALID, no_reservation },
	{ 2054, KIND_INVALID, MSG("A time is not understood. Correct it.") },
	{ 2066, KIND_INVALID, wrong_qos },
	{ 2068, KIND_INVALID, MSG("A node that you ask for is not available. Ask for others.") },
	{ 2069, KIND_INVALID, too_few_cpus },
	{ 2070, KIND_INVALID, not_open },
	{ 2071, KIND_INVALID, MSG("The dependency leads back to the job itself. Correct it.") },
	{ 2072, KIND_INVALID, no_gpus },
	{ 2073, KIND_CONFLICT, too_late },
	{ 2074, KIND_INVALID, wrong_qos },
	{ 2077, KIND_CONFLICT, too_late },
	{ 2081, KIND_INVALID, MSG("The array range is not understood or goes too far. Write for example 0-9 or 1-100 with a step.") },
	{ 2083, KIND_CONFLICT, too_late },
	{ 2084, KIND_CONFLICT, MSG("The job has ended already.") },
	{ 2085, KIND_CONFLICT, too_late }, { 2086, KIND_CONFLICT, too_late },
	{ 2101, KIND_INVALID, not_open },
	{ 2102, KIND_INVALID, no_gpus },
	{ 2105, KIND_UNAVAILABLE, MSG("The batch system takes no new jobs now. The administrators closed it; try later.") },
	{ 2115, KIND_INVALID, no_gpus }, { 2119, KIND_INVALID, no_gpus }, { 2122, KIND_INVALID, no_gpus }, { 2134, KIND_INVALID, no_gpus },
	{ 2127, KIND_INTERNAL, MSG("Naru sent the job without its environment. Tell the administrators.") },
	{ 2130, KIND_INVALID, MSG("Your account may not use this partition. Choose another partition or another account.") },
	{ 2131, KIND_UNAVAILABLE, no_controller },
	{ 7000, KIND_UNAVAILABLE, no_accounting }, { 7008, KIND_UNAVAILABLE, no_accounting },
	{ 8000, KIND_INVALID, wrong_time },
	{ 9002, KIND_NOT_FOUND, not_yours },
	{ 9003, KIND_NOT_FOUND, MSG("The batch system has nothing of this kind.") },
};

static const char auth_sentence[] = MSG("The batch system did not accept your sign-in. Load the page again and try once more.");

/* A refused token is HTTP 500 with one of two vague errors (or, without the headers, 401). */
static bool is_auth(const struct slurm_answer *answer, int status)
{
	return status == 401 || (status == 500 && answer->code == 5005) || (status == 500 && answer->code == -1);
}

static const struct refusal *find(int64_t code)
{
	for (size_t i = 0; i < COUNT(refusals); i++)
		if (refusals[i].code == code)
			return &refusals[i];
	return NULL;
}

static bool refused_reading(struct ctx *ctx, const struct slurm_answer *answer, int status)
{
	return fail(ctx, KIND_UNAVAILABLE, is_auth(answer, status) ?
		tr(ctx, "The batch system's controller does not answer, or does not accept Naru's key. Tell the administrators if it lasts.") :
		tr(ctx, "The batch system refuses to tell its state. Tell the administrators if it lasts."),
		"slurm: status %d, code %lld, %s", status, (long long)answer->code, answer->text != NULL ? answer->text : "no text");
}

bool slurm_refused(struct ctx *ctx, const struct slurm_answer *answer, int status, bool reading)
{
	const struct refusal *refusal = find(answer->code);
	const char *what = answer->text != NULL ? answer->text : "no text";

	if (reading && (refusal == NULL || refusal->kind != KIND_UNAVAILABLE))
		return refused_reading(ctx, answer, status);
	if (refusal != NULL)
		return fail(ctx, refusal->kind, tr(ctx, refusal->sentence), "slurm: status %d, code %lld, %s", status, (long long)answer->code, what);
	if (is_auth(answer, status))
		return fail(ctx, KIND_UNAVAILABLE, tr(ctx, auth_sentence), "slurm: status %d, code %lld, %s", status, (long long)answer->code, what);
	if (answer->text == NULL)
		return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The batch system refused without a reason. Try again in a moment."), "slurm: status %d", status);
	return fail(ctx, KIND_INVALID, say(ctx, "The batch system refused this: %s", what), "slurm: status %d, code %lld", status,
		(long long)answer->code);
}
