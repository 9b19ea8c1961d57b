/*
 * Every reason for which Slurm 22.05 lets a job wait (enum job_state_reason of slurm.h), as what it means and what to do. Limits of accounts and
 * QOS are more than a hundred names made of parts: those are put together from the parts.
 */
#include "sched/sched_why.h"

#include <string.h>

static const char held_by_staff[] = MSG("It is held by the administrators. Ask them to release it.");
static const char too_long[] = MSG("It asks for more time than the partition allows, so it will never start. Cancel it and ask for less time, or "
	"choose another partition.");
static const char too_wide[] = MSG("It asks for more nodes than the partition allows or has, so it will never start. Cancel it and ask for fewer "
	"nodes, or choose another partition.");
static const char closed[] = MSG("The partition does not start jobs now. It starts when the administrators open it; another partition may be "
	"faster.");
static const char impossible[] = MSG("No node can ever give what it asks for. Cancel it and ask for less memory, fewer CPUs or fewer GPUs on a node.");
static const char no_account[] = MSG("It may not run under this account. Cancel it and choose another account, or ask the administrators.");
static const char no_qos[] = MSG("It may not use this quality of service (QOS). Cancel it and choose another, or ask the administrators.");
static const char account_jobs[] = MSG("Your account runs as many jobs as it may at the same time. It starts when one of them ends.");
static const char account_time[] = MSG("Your account has used up its time. Ask the administrators for more, or choose another account.");
static const char account_share[] = MSG("Your account uses all that it may have at the same time. It starts when other jobs of the account end.");
static const char qos_jobs[] = MSG("As many jobs of this quality of service (QOS) run as may at the same time. It starts when one of them ends.");
static const char qos_time[] = MSG("The time of this quality of service (QOS) is used up. Ask the administrators for more, or choose another.");
static const char qos_share[] = MSG("All that jobs of this quality of service (QOS) may have at the same time is in use. It starts when some of them end.");
static const char own_jobs[] = MSG("You run as many jobs as one user may at the same time. It starts when one of your jobs ends.");
static const char own_waiting[] = MSG("You have as many jobs waiting and running as one user may. It is taken up when some of your jobs end.");
static const char longer_than_job[] = MSG("It asks for more time than one job may have here, so it will never start. Cancel it and ask for less time.");
static const char burst_buffer[] = MSG("It waits for space or data in the fast storage (burst buffer) that it asks for. Nothing needs to be done.");
static const char power[] = MSG("There is not enough electric power for it now. It starts when other jobs end.");
static const char starting[] = MSG("Its nodes are being prepared. It starts in a moment.");
static const char cleaning[] = MSG("It is still being cleaned up after its last run. It starts again in a moment.");
static const char node_away[] = MSG("Nodes that it needs are down, drained or reserved. It starts when they are back; if you asked for certain nodes, "
	"ask for others.");

static const struct why table[] = {
	{ "Resources", WHY_FREE, MSG("It is next in line and waits until enough is free.") },
	{ "Priority", WHY_QUEUE, MSG("Other jobs are before it in the line. Short jobs that ask for little often start sooner.") },
	{ "Dependency", WHY_DEPENDENCY, MSG("It waits for another job, as you asked.") },
	{ "DependencyNeverSatisfied", WHY_DEPENDENCY, MSG("The job that it waits for did not end as it should, so it will never start. Cancel it.") },
	{ "JobHeldUser", WHY_PLAIN, MSG("It is held. Release it to let it start.") },
	{ "JobHeldAdmin", WHY_PLAIN, held_by_staff },
	{ "JobHoldMaxRequeue", WHY_PLAIN, MSG("It failed to start too often and is held now. Look at its output, then release it or ask the administrators.") },
	{ "BeginTime", WHY_PLAIN, MSG("It may not start before a certain time, or starts again shortly after a node failed. Nothing needs to be done.") },
	{ "PartitionTimeLimit", WHY_TIME, too_long },
	{ "PartitionNodeLimit", WHY_NODES, too_wide },
	{ "PartitionConfig", WHY_NODES, MSG("It does not fit the rules of the partition (time, nodes, account). Cancel it and ask for less, or choose "
		"another partition.") },
	{ "PartitionDown", WHY_PLAIN, closed },
	{ "PartitionInactive", WHY_PLAIN, closed },
	{ "ReqNodeNotAvail", WHY_PLAIN, node_away },
	{ "NodeDown", WHY_PLAIN, node_away },
	{ "FrontEndDown", WHY_PLAIN, node_away },
	{ "BadConstraints", WHY_PLAIN, impossible },
	{ "MaxMemPerLimit", WHY_PLAIN, MSG("It asks for more memory than the partition allows. Cancel it and ask for less memory.") },
	{ "Licenses", WHY_PLAIN, MSG("It waits for a licence that other jobs use now. It starts when one is free.") },
	{ "Reservation", WHY_PLAIN, MSG("It waits for its reservation to begin.") },
	{ "ReservationDeleted", WHY_PLAIN, MSG("Its reservation was removed. Cancel it and send it again without the reservation.") },
	{ "JobArrayTaskLimit", WHY_TASKS, MSG("As many tasks of this array run as you allowed at the same time. The next starts when one ends.") },
	{ "Cleaning", WHY_PLAIN, cleaning },
	{ "Prolog", WHY_PLAIN, starting },
	{ "BlockFreeAction", WHY_PLAIN, starting },
	{ "BlockMaxError", WHY_PLAIN, node_away },
	{ "SchedDefer", WHY_PLAIN, MSG("The batch system has not looked at it yet. It does so within a minute.") },
	{ "SystemFailure", WHY_PLAIN, MSG("The batch system had a failure. Tell the administrators if it lasts.") },
	{ "JobLaunchFailure", WHY_PLAIN, MSG("It could not be started. See that the folder of its output is there and that you may write in it.") },
	{ "NonZeroExitCode", WHY_PLAIN, MSG("It ended with an error and waits to run again. Look at its output.") },
	{ "TimeLimit", WHY_PLAIN, MSG("Its wall time was over and it waits to run again. Ask for more time.") },
	{ "InactiveLimit", WHY_PLAIN, MSG("It did nothing for too long and was stopped.") },
	{ "OutOfMemory", WHY_PLAIN, MSG("It used more memory than it asked for and waits to run again. Ask for more memory.") },
	{ "DeadLine", WHY_PLAIN, MSG("It cannot end before its deadline any more, so it will never start. Cancel it and send it with a later one.") },
	{ "InvalidAccount", WHY_PLAIN, no_account },
	{ "AccountNotAllowed", WHY_PLAIN, no_account },
	{ "AccountingPolicy", WHY_PLAIN, MSG("A rule of your account or quality of service (QOS) holds it back. Ask for less, or ask the administrators.") },
	{ "InvalidQOS", WHY_PLAIN, no_qos },
	{ "QOSNotAllowed", WHY_PLAIN, no_qos },
	{ "QOSUsageThreshold", WHY_PLAIN, MSG("Your account has used more than its share, and this quality of service (QOS) asks it to wait.") },
	{ "AssociationJobLimit", WHY_PLAIN, account_jobs },
	{ "AssociationResourceLimit", WHY_PLAIN, account_share },
	{ "AssociationTimeLimit", WHY_PLAIN, account_time },
	{ "AssocGrpJobsLimit", WHY_PLAIN, account_jobs },
	{ "AssocMaxJobsLimit", WHY_PLAIN, own_jobs },
	{ "AssocGrpSubmitJobsLimit", WHY_PLAIN, MSG("Your account has as many jobs waiting and running as it may. It is taken up when some of them end.") },
	{ "AssocMaxSubmitJobLimit", WHY_PLAIN, own_waiting },
	{ "AssocGrpWallLimit", WHY_PLAIN, account_time },
	{ "AssocMaxWallDurationPerJobLimit", WHY_PLAIN, longer_than_job },
	{ "QOSJobLimit", WHY_PLAIN, qos_jobs },
	{ "QOSResourceLimit", WHY_PLAIN, qos_share },
	{ "QOSTimeLimit", WHY_PLAIN, qos_time },
	{ "QOSGrpJobsLimit", WHY_PLAIN, qos_jobs },
	{ "QOSGrpSubmitJobsLimit", WHY_PLAIN, qos_jobs },
	{ "QOSGrpWallLimit", WHY_PLAIN, qos_time },
	{ "QOSMaxWallDurationPerJobLimit", WHY_PLAIN, longer_than_job },
	{ "QOSMaxJobsPerUserLimit", WHY_PLAIN, own_jobs },
	{ "QOSMaxSubmitJobPerUserLimit", WHY_PLAIN, own_waiting },
	{ "MaxJobsPerAccount", WHY_PLAIN, account_jobs },
	{ "MaxSubmitJobsPerAccount", WHY_PLAIN, account_jobs },
	{ "BurstBufferResources", WHY_PLAIN, burst_buffer },
	{ "BurstBufferStageIn", WHY_PLAIN, burst_buffer },
	{ "BurstBufferOperation", WHY_PLAIN, MSG("Its fast storage (burst buffer) failed. Cancel it and ask the administrators.") },
	{ "PowerNotAvail", WHY_PLAIN, power },
	{ "PowerReserved", WHY_PLAIN, power },
	{ "FedJobLock", WHY_PLAIN, MSG("The clusters agree which of them runs it. Nothing needs to be done.") },
};

const struct why *why_find(const char *reason)
{
	for (size_t i = 0; i < COUNT(table); i++)
		if (same(table[i].reason, reason))
			return &table[i];
	return NULL;
}

/* ---- limits by the parts of their names ---- */

static const struct { const char *part, *says; } resources[] = {
	{ "Cpu", MSG("CPUs") }, { "CPU", MSG("CPUs") }, { "Memory", MSG("memory") }, { "Mem", MSG("memory") }, { "Node", MSG("nodes") },
	{ "Energy", MSG("energy") }, { "GRES", MSG("GPUs") }, { "License", MSG("licences") }, { "BB", MSG("fast storage") },
	{ "Billing", MSG("billing units") }, { "Unknown", MSG("a resource") },
};

/* kind is "Grp", "Max" or "Min" with what follows the resource; the first sentence is the account's, the second the QOS's. */
static const struct { const char *kind, *tail, *account, *qos; } limits[] = {
	{ "Grp", "", MSG("Your account uses all that it may have of %s at the same time. It starts when other jobs of the account end."),
		MSG("All that jobs of this quality of service (QOS) may have of %s at the same time is in use. It starts when some of them end.") },
	{ "Grp", "Minutes", MSG("Your account has used up its time of %s. Ask the administrators for more, or choose another account."),
		MSG("The time of %s of this quality of service (QOS) is used up. Ask the administrators for more, or choose another.") },
	{ "Grp", "RunMinutes", MSG("The running jobs of your account already claim all of its time of %s. It starts as they end; less wall time helps."),
		MSG("The running jobs of this quality of service (QOS) already claim all of its time of %s. It starts as they end; less wall time helps.") },
	{ "Max", "PerJob", MSG("It asks for more of %s than your account allows for one job, so it will never start. Cancel it and ask for less."),
		MSG("It asks for more of %s than its quality of service (QOS) allows for one job, so it will never start. Cancel it and ask for less.") },
	{ "Max", "PerNode", MSG("It asks for more of %s on one node than your account allows, so it will never start. Cancel it and ask for less."),
		MSG("It asks for more of %s on one node than its quality of service (QOS) allows, so it will never start. Cancel it and ask for less.") },
	{ "Max", "MinutesPerJob", MSG("Wall time and %s together are more than your account allows for one job. Cancel it and ask for less of one of them."),
		MSG("Wall time and %s together are more than its quality of service (QOS) allows for one job. Cancel it and ask for less of one of them.") },
	{ "Max", "PerUser", MSG("You use all that one user may have of %s. It starts when other jobs of yours end."),
		MSG("You use all that one user may have of %s. It starts when other jobs of yours end.") },
	{ "Max", "PerAccount", MSG("Your account uses all that it may have of %s at the same time. It starts when other jobs of the account end."),
		MSG("Your account uses all that it may have of %s at the same time. It starts when other jobs of the account end.") },
	{ "Min", "", MSG("It asks for too little of %s for its quality of service (QOS), so it will never start. Cancel it and ask for more."),
		MSG("It asks for too little of %s for its quality of service (QOS), so it will never start. Cancel it and ask for more.") },
};

/* The tail of a name without what says nothing: "MinutesLimit" is "Minutes", "NotSatisfied" nothing. */
static bool same_tail(const char *rest, const char *tail)
{
	size_t n = strlen(tail);

	return strncmp(rest, tail, n) == 0 && (rest[n] == '\0' || same(rest + n, "Limit") || same(rest + n, "NotSatisfied"));
}

/* `rest` begins after the kind. */
static const char *limit_sentence(struct ctx *ctx, const char *kind, const char *rest, bool qos)
{
	for (size_t i = 0; i < COUNT(resources); i++) {
		if (!starts_with(rest, resources[i].part))
			continue;
		for (size_t j = 0; j < COUNT(limits); j++)
			if (same(limits[j].kind, kind) && same_tail(rest + strlen(resources[i].part), limits[j].tail)) {
				const char *format = tr(ctx, qos ? limits[j].qos : limits[j].account), *at = strstr(format, "%s");

				if (at == NULL)
					return format;
				return text(ctx->arena, "%.*s%s%s", (int)(at - format), format, tr(ctx, resources[i].says), at + 2);
			}
	}
	return NULL;
}

const char *why_limit(struct ctx *ctx, const char *reason)
{
	static const char *const kinds[] = { "Grp", "Max", "Min" };
	bool qos = starts_with(reason, "QOS"), account = starts_with(reason, "Assoc");
	const char *name = reason + (qos ? 3 : account ? 5 : 0);

	for (size_t i = 0; i < COUNT(kinds); i++)
		if (starts_with(name, kinds[i]))
			return limit_sentence(ctx, kinds[i], name + 3, qos);
	return NULL;
}
