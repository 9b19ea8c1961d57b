/*
 * Every reason of Slurm 22.05 has a sentence that says what to do; numbers come from the snapshot.
 * flags: -It
 */
#include "sched/keep.h"
#include "sched_site.h"
#include "tap.h"

#include <string.h>

/* job_reason_string() of 22.05.8 */
static const char *const reasons[] = {
	"Resources", "Priority", "Dependency", "Licenses", "Reservation", "Prolog", "TimeLimit", "InactiveLimit",
	"AssocMaxWallDurationPerJobLimit", "PartitionNodeLimit", "PartitionTimeLimit", "PartitionDown", "PartitionInactive",
	"JobHeldAdmin", "JobHeldUser", "BeginTime", "AssociationJobLimit", "AssociationResourceLimit", "AssociationTimeLimit",
	"ReqNodeNotAvail", "FrontEndDown", "SchedDefer", "NodeDown", "BadConstraints", "SystemFailure", "JobLaunchFailure",
	"NonZeroExitCode", "InvalidAccount", "InvalidQOS", "QOSUsageThreshold", "QOSJobLimit", "QOSResourceLimit", "QOSTimeLimit",
	"BlockMaxError", "BlockFreeAction", "Cleaning", "QOSNotAllowed", "AccountNotAllowed", "DependencyNeverSatisfied",
	"QOSGrpCpuLimit", "QOSGrpCPUMinutesLimit", "QOSGrpCPURunMinutesLimit", "QOSGrpJobsLimit", "QOSGrpMemLimit", "QOSGrpNodeLimit",
	"QOSGrpSubmitJobsLimit", "QOSGrpWallLimit", "QOSMaxCpuPerJobLimit", "QOSMaxCpuMinutesPerJobLimit", "QOSMaxNodePerJobLimit",
	"QOSMaxWallDurationPerJobLimit", "QOSMaxCpuPerUserLimit", "QOSMaxJobsPerUserLimit", "QOSMaxNodePerUserLimit",
	"QOSMaxSubmitJobPerUserLimit", "QOSMinCpuNotSatisfied", "AssocGrpCpuLimit", "AssocGrpCPUMinutesLimit",
	"AssocGrpCPURunMinutesLimit", "AssocGrpJobsLimit", "AssocGrpMemLimit", "AssocGrpNodeLimit", "AssocGrpSubmitJobsLimit",
	"AssocGrpWallLimit", "AssocMaxJobsLimit", "AssocMaxCpuPerJobLimit", "AssocMaxCpuMinutesPerJobLimit", "AssocMaxNodePerJobLimit",
	"AssocMaxSubmitJobLimit", "JobHoldMaxRequeue", "JobArrayTaskLimit", "BurstBufferResources", "BurstBufferStageIn",
	"BurstBufferOperation", "PowerNotAvail", "PowerReserved", "AssocGrpUnknown", "AssocGrpUnknownMinutes",
	"AssocGrpUnknownRunMinutes", "AssocMaxUnknownPerJob", "AssocMaxUnknownPerNode", "AssocMaxUnknownMinutesPerJob",
	"AssocMaxCpuPerNode", "AssocGrpMemMinutes", "AssocGrpMemRunMinutes", "AssocMaxMemPerJob", "AssocMaxMemPerNode",
	"AssocMaxMemMinutesPerJob", "AssocGrpNodeMinutes", "AssocGrpNodeRunMinutes", "AssocMaxNodeMinutesPerJob", "AssocGrpEnergy",
	"AssocGrpEnergyMinutes", "AssocGrpEnergyRunMinutes", "AssocMaxEnergyPerJob", "AssocMaxEnergyPerNode",
	"AssocMaxEnergyMinutesPerJob", "AssocGrpGRES", "AssocGrpGRESMinutes", "AssocGrpGRESRunMinutes", "AssocMaxGRESPerJob",
	"AssocMaxGRESPerNode", "AssocMaxGRESMinutesPerJob", "AssocGrpLicense", "AssocGrpLicenseMinutes", "AssocGrpLicenseRunMinutes",
	"AssocMaxLicensePerJob", "AssocMaxLicenseMinutesPerJob", "AssocGrpBB", "AssocGrpBBMinutes", "AssocGrpBBRunMinutes",
	"AssocMaxBBPerJob", "AssocMaxBBPerNode", "AssocMaxBBMinutesPerJob", "QOSGrpUnknown", "QOSGrpUnknownMinutes",
	"QOSGrpUnknownRunMinutes", "QOSMaxUnknownPerJob", "QOSMaxUnknownPerNode", "QOSMaxUnknownPerUser", "QOSMaxUnknownMinutesPerJob",
	"QOSMinUnknown", "QOSMaxCpuPerNode", "QOSGrpMemoryMinutes", "QOSGrpMemoryRunMinutes", "QOSMaxMemoryPerJob",
	"QOSMaxMemoryPerNode", "QOSMaxMemoryPerUser", "QOSMaxMemoryMinutesPerJob", "QOSMinMemory", "QOSGrpNodeMinutes",
	"QOSGrpNodeRunMinutes", "QOSMaxNodeMinutesPerJob", "QOSMinNode", "QOSGrpEnergy", "QOSGrpEnergyMinutes",
	"QOSGrpEnergyRunMinutes", "QOSMaxEnergyPerJob", "QOSMaxEnergyPerNode", "QOSMaxEnergyPerUser", "QOSMaxEnergyMinutesPerJob",
	"QOSMinEnergy", "QOSGrpGRES", "QOSGrpGRESMinutes", "QOSGrpGRESRunMinutes", "QOSMaxGRESPerJob", "QOSMaxGRESPerNode",
	"QOSMaxGRESPerUser", "QOSMaxGRESMinutesPerJob", "QOSMinGRES", "QOSGrpLicense", "QOSGrpLicenseMinutes",
	"QOSGrpLicenseRunMinutes", "QOSMaxLicensePerJob", "QOSMaxLicensePerUser", "QOSMaxLicenseMinutesPerJob", "QOSMinLicense",
	"QOSGrpBB", "QOSGrpBBMinutes", "QOSGrpBBRunMinutes", "QOSMaxBBPerJob", "QOSMaxBBPerNode", "QOSMaxBBPerUser",
	"ReservationDeleted", "QOSMinBB", "DeadLine", "MaxBBPerAccount", "MaxCpuPerAccount", "MaxEnergyPerAccount", "MaxGRESPerAccount",
	"MaxNodePerAccount", "MaxLicensePerAccount", "MaxMemoryPerAccount", "MaxUnknownPerAccount", "MaxJobsPerAccount",
	"MaxSubmitJobsPerAccount", "PartitionConfig", "AccountingPolicy", "FedJobLock", "OutOfMemory", "MaxMemPerLimit",
	"AssocGrpBilling", "AssocGrpBillingMinutes", "AssocGrpBillingRunMinutes", "AssocMaxBillingPerJob", "AssocMaxBillingPerNode",
	"AssocMaxBillingMinutesPerJob", "QOSGrpBilling", "QOSGrpBillingMinutes", "QOSGrpBillingRunMinutes", "QOSMaxBillingPerJob",
	"QOSMaxBillingPerNode", "QOSMaxBillingPerUser", "QOSMaxBillingMinutesPerJob", "MaxBillingPerAccount", "QOSMinBilling",
};

static void test_all(struct ctx *ctx)
{
	size_t unknown = 0, short_ones = 0;

	for (size_t i = 0; i < COUNT(reasons); i++) {
		struct job job = { .state = "PENDING", .reason = reasons[i], .partition = "normal", .cluster = "demo" };
		const char *why = sched_why(ctx, NULL, &job);

		if (why == NULL || strstr(why, reasons[i]) != NULL || strstr(why, "%s") != NULL) {
			if (!same(reasons[i], "Dependency")) {
				diag("%s: %s", reasons[i], why != NULL ? why : "nothing");
				unknown++;
			}
		} else if (strlen(why) < 30 || why[strlen(why) - 1] != '.') {
			diag("%s: %s", reasons[i], why);
			short_ones++;
		}
	}
	ok(COUNT(reasons) > 190, "%zu reasons", COUNT(reasons));
	is_int(unknown, 0, "each has its own sentence");
	is_int(short_ones, 0, "and each is a whole one");
}

static const char *ask(struct ctx *ctx, struct db *db, const char *reason)
{
	struct job job = { .state = "PENDING", .reason = reason, .partition = "debug", .cluster = "demo", .cpus = 8, .node_count = 2,
		.limit_minutes = 90, .dependency = "afterok:18(unfulfilled)", .array_tasks = "4-9%2" };

	return sched_why(ctx, db, &job);
}

static void test_numbers(struct ctx *ctx, struct db *db)
{
	struct job job = { .state = "PENDING", .reason = "Resources", .partition = "debug,normal", .cluster = "demo", .gpus = 4, .cpus = 1, .node_count = 1 };

	is(ask(ctx, db, "Resources"), "It is next in line and waits until enough is free. Partition debug has 1 of 3 nodes entirely free; you asked for 2.",
		"nodes");
	ok(strstr(sched_why(ctx, db, &job), "debug has 1 of 2 GPUs free; you asked for 4.") != NULL, "GPUs come first");
	job.gpus = 0;
	ok(strstr(sched_why(ctx, db, &job), "debug has 5 of 12 CPUs free; you asked for 1.") != NULL, "CPUs otherwise");
	ok(strstr(ask(ctx, db, "Priority"), "7 jobs wait in partition debug.") != NULL, "the line");
	ok(strstr(ask(ctx, db, "PartitionTimeLimit"), "Partition debug allows 00:10:00; you asked for 01:30:00.") != NULL, "time");
	ok(strstr(ask(ctx, db, "PartitionNodeLimit"), "partition debug: 1; you asked for 2.") != NULL, "nodes of a job");
	ok(strstr(ask(ctx, db, "DependencyNeverSatisfied"), "Dependency: afterok:18(unfulfilled).") != NULL, "dependency");
	ok(strstr(ask(ctx, db, "JobArrayTaskLimit"), "At most 2 run at once.") != NULL, "tasks of an array");
	ok(strstr(ask(ctx, db, "AssocGrpCPUMinutesLimit"), "used up its time of CPUs") != NULL, "a limit of the account");
	ok(strstr(ask(ctx, db, "QOSMaxGRESPerUser"), "one user may have of GPUs") != NULL, "a limit of a user");
	ok(strstr(ask(ctx, db, "ReqNodeNotAvail, UnavailableNodes:n1"), "down, drained or reserved") != NULL, "names of nodes behind a comma do no harm");
	ok(strstr(ask(ctx, db, "SomethingNew"), "\"SomethingNew\"") != NULL, "a reason of a later version is shown");
	ok(ask(ctx, db, NULL) != NULL, "no reason yet");
}

static void test_states(struct ctx *ctx, struct db *db)
{
	struct job job = { .state = "RUNNING", .reason = "Priority", .cluster = "demo" };

	ok(sched_why(ctx, db, &job) == NULL, "what runs does not wait");
	job.state = "REQUEUE_HOLD";
	ok(strstr(sched_why(ctx, db, &job), "release it") != NULL, "held after its last run");
	job = (struct job){ .state = "PENDING", .reason = "Priority", .cluster = "demo", .started = 4102444800 };
	ok(strstr(sched_why(ctx, db, &job), "Expected to start about 2100-01-01 00:00.") != NULL, "the expected start");
	job.started = 1000;
	ok(strstr(sched_why(ctx, db, &job), "Expected") == NULL, "unless it has passed");
}

int main(void)
{
	struct ctx ctx = { .arena = arena_new(0) };
	struct db *db = sched_site_open(&ctx);
	struct partition debug = { .name = "debug", .up = true, .max_minutes = 10, .max_nodes = 1, .nodes = 3, .nodes_free = 1, .cpus = 12, .cpus_free = 5,
		.gpus = 2, .gpus_free = 1, .waiting = 7 };
	struct sched_partitions_seen seen = { &debug, 1 };

	ok(keep_partitions(&ctx, db, "demo", &seen), "a partition");
	test_all(&ctx);
	test_numbers(&ctx, db);
	test_states(&ctx, db);
	sched_site_close(&ctx, db);
	return done_testing();
}
