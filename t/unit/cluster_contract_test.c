/*
 * The contract of cluster.h against a real engine: cluster_contract_test ENGINE HOME [IMAGE], with NARU_CONF. The same cases for every driver; only its
 * capability bits change what is asked. HOME is a folder of uid 20001 and gid 30000 with mode 0700, beside it lies HOME.other, which no app may see; the
 * image has sh and perl. t/cluster_podman.t and t/cluster_kubernetes.t start it.
 * link: t/unit/cluster_cases.c
 */
#include "cluster_cases.h"

#include "conf.h"

#include <sodium.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void case_engine(struct site *site)
{
	struct cluster_health health;
	const char *digest;
	bool found;

	ok(cluster_health(fresh(site), site->engine, &health), "health: %s", why(site));
	ok(health.cpu_milli >= 1000 && health.memory_mb > 100 && !empty(health.version), "CPUs, memory and version of the engine: %s", health.version);
	ok(cluster_image(fresh(site), site->engine, site->image, &found, &digest) && found, "the image is there: %s", why(site));
	ok(digest == NULL || starts_with(digest, "sha256:"), "its digest: %s", digest != NULL ? digest : "-");
	ok(cluster_image(fresh(site), site->engine, "localhost/naru-none:1", &found, &digest), "an image that is missing: %s", why(site));
	ok(!found || (site->can & CLUSTER_CAN_PULL), "is not found");
	for (int i = 0; i < 2; i++)
		ok(prepare(site, &alice), "prepare alice: %s", why(site));
	ok(prepare(site, &bob), "prepare bob: %s", why(site));
}

static void refuse(struct site *site, const struct cluster_app *app, const char *what)
{
	ok(!cluster_run(fresh(site), site->engine, app) && site->ctx.error.kind == KIND_INTERNAL, "refused before the wire: %s", what);
}

static void case_checks(struct site *site)
{
	static const int64_t roots[] = { 0 };
	struct cluster_app app = new_app(site, &alice, 1, "sleep 60");
	struct cluster_mount proc = { "/", "/proc/x", false, false }, up = { "/home/../etc", "/data", false, false };
	struct cluster_app one = app;

	one.who.uid = 0, refuse(site, &one, "uid 0");
	one = app, one.who.gid = 0, refuse(site, &one, "gid 0");
	one = app, one.who.groups = roots, one.who.n_groups = 1, refuse(site, &one, "group 0");
	one = app, one.id = "../../pods", refuse(site, &one, "an id that is a path");
	one = app, one.mounts = &proc, one.n_mounts = 1, refuse(site, &one, "a mount over /proc");
	one = app, one.mounts = &up, one.n_mounts = 1, refuse(site, &one, "a source with ..");
	one = app, one.memory_mb = 0, refuse(site, &one, "no memory");
	one = app, one.who.user = "root", refuse(site, &one, "root");
	one = app, one.image = "a b", refuse(site, &one, "an image with a blank");
	if (!(site->can & CLUSTER_CAN_GPU)) {
		one = app, one.gpus = 1;
		ok(!cluster_run(fresh(site), site->engine, &one) && site->ctx.error.kind == KIND_INVALID, "no GPUs here");
	}
}

/* ---- what a container is like ------------------------------------------------------------------------------------------ */

static void fact(struct site *site, struct bytes log, const char *name, const char *want)
{
	is(fact_of(site, log, name), want, "in the app: %s", name);
}

static void check_facts(struct site *site, struct bytes log, const char *secret)
{
	unsigned char hash[crypto_hash_sha256_BYTES];

	fact(site, log, "ids", "20001:30000");
	ok(strstr(fact_of(site, log, "groups"), "30001") != NULL, "in the app: groups %s", fact_of(site, log, "groups"));
	fact(site, log, "home", site->home);
	fact(site, log, "pwd", site->home);
	fact(site, log, "odd", "242858292024245820240a2d2d2d0a227b7d5c2720c3a9"); /* ODD, byte for byte */
	fact(site, log, "argument", "$(HOME) \"$$\" {x}");
	fact(site, log, "cap", "0000000000000000 0000000000000000 1");
	fact(site, log, "root", "read-only");
	fact(site, log, "tmp", "written");
	fact(site, log, "wrote", "20001:30000");
	fact(site, log, "other", "absent");
	fact(site, log, "token", "absent");
	fact(site, log, "memory", "134217728");
	fact(site, log, "cpu", "50");
	crypto_hash_sha256(hash, (const unsigned char *)secret, strlen(secret));
	fact(site, log, "secret", hex(site->ctx.arena, hash, sizeof hash));
	for (size_t i = 0; i < COUNT(namespaces); i++) {
		char own[64] = "";

		ok(readlink(text(site->ctx.arena, "/proc/self/ns/%s", namespaces[i]), own, sizeof own - 1) > 0 &&
			!same(fact_of(site, log, namespaces[i]), own) && !empty(fact_of(site, log, namespaces[i])), "its own name space: %s", namespaces[i]);
	}
}

static size_t count(struct site *site, const char *id)
{
	struct cluster_list list;
	size_t n = 0;

	if (!cluster_list(fresh(site), site->engine, &list))
		diag("list: %s", why(site));
	for (size_t i = 0; i < list.n; i++)
		n += same(list.at[i].id, id);
	return n;
}

static void check_again(struct site *site, struct cluster_app *app, const struct cluster_seen *first)
{
	struct cluster_seen seen = { 0 };

	ok(cluster_run(fresh(site), site->engine, app), "run again, same generation: %s", why(site));
	ok(until(site, app, CLUSTER_UP, &seen) && seen.started == first->started && seen.generation == 1, "is the same as before");
	is_int(count(site, app->id), 1, "and only one");
	app->generation = 2;
	ok(cluster_run(fresh(site), site->engine, app), "run again, next generation: %s", why(site));
	ok(until(site, app, CLUSTER_UP, &seen) && seen.generation == 2, "replaces the one before: generation %lld, %s", (long long)seen.generation, words(&seen));
	is_int(count(site, app->id), 1, "and is only one");
}

/* Somebody else's id is nobody's. */
static void check_others(struct site *site, const struct cluster_app *app)
{
	struct cluster_seen seen = { 0 };
	struct bytes log = { 0 };

	ok(cluster_look(fresh(site), site->engine, "bob", app->id, &seen) && seen.phase == CLUSTER_ABSENT, "bob does not see it");
	ok(cluster_log(fresh(site), site->engine, "bob", app->id, 1000, &log) && log.n == 0, "nor its log");
	ok(cluster_stop(fresh(site), site->engine, "bob", app->id, 0), "bob stops it: %s", why(site));
	ok(until(site, app, CLUSTER_UP, &seen), "it runs on");
}

static void check_usage(struct site *site, const struct cluster_app *app)
{
	struct cluster_seen seen = { .used_memory_mb = -1 };
	int64_t begun = clock_ms();

	if (!(site->can & CLUSTER_CAN_USAGE))
		return;
	/* A node measures each ten or fifteen seconds, when it is not busy, and CPUs from the second time on. */
	for (int i = 0; i < 300 && (seen.used_memory_mb <= 0 || seen.used_cpu_milli <= 0); i++) {
		struct timespec ms200 = { .tv_nsec = 200000000 };

		nanosleep(&ms200, NULL);
		if (!cluster_look(fresh(site), site->engine, app->who.user, app->id, &seen))
			break;
	}
	ok(seen.used_memory_mb > 0 && seen.used_memory_mb <= 128 && seen.used_cpu_milli > 0 && seen.used_cpu_milli < 800, "uses %lld MiB and %lld of 1000",
		(long long)seen.used_memory_mb, (long long)seen.used_cpu_milli);
	diag("its use was told after %lld ms", (long long)(clock_ms() - begun));
}

static void case_app(struct site *site)
{
	static const char *const environment[] = { ODD, "A=" };
	static const char *const tmpfs[] = { "/tmp", "/run" };
	int64_t begun;
	char *secret = hex(site->keep, "0123456789abcdefghijklmnopqrstuv", 32);
	struct cluster_app app = new_app(site, &alice, 1, facts_script(site));
	struct cluster_seen seen = { 0 };
	struct bytes log = { 0 };

	app.environment = (struct texts){ environment, COUNT(environment) };
	app.tmpfs = (struct texts){ tmpfs, COUNT(tmpfs) };
	app.secret_env = "NARU_SECRET";
	app.secret = secret;
	begun = clock_ms();
	ok(cluster_run(fresh(site), site->engine, &app), "run: %s", why(site));
	ok(until(site, &app, CLUSTER_UP, &seen), "runs: %s", words(&seen));
	diag("up after %lld ms", (long long)(clock_ms() - begun));
	is(seen.user, "alice", "whose it is");
	ok(seen.address != NULL && cluster_address_ok(site->engine, seen.address), "address inside the networks: %s", seen.address != NULL ? seen.address : "-");
	ok(seen.started > now() - 60 && seen.started <= now() + 5, "when it started");
	ok(answers(site, seen.address, "naru"), "it answers at its address");
	ok(cluster_log(fresh(site), site->engine, "alice", app.id, 60000, &log), "its log: %s", why(site));
	check_facts(site, log, secret);
	check_usage(site, &app);
	check_again(site, &app, &seen);
	check_others(site, &app);
	gone(site, &app);
	is_int(count(site, app.id), 0, "and not in the list");
	ok(cluster_stop(fresh(site), site->engine, "alice", app.id, 0), "stop what is not there: %s", why(site));
	ok(cluster_log(fresh(site), site->engine, "alice", app.id, 1000, &log) && log.n == 0, "no log of what is not there: %s", why(site));
}

/* ---- how they end ------------------------------------------------------------------------------------------------------ */

static void case_ends(struct site *site)
{
	struct cluster_app three = new_app(site, &alice, 1, "echo bye; exit 3"), fine = new_app(site, &alice, 1, "exit 0");
	struct cluster_app hungry = new_app(site, &alice, 1, "exec perl -e '$x = \"a\" x 400_000_000; sleep 60'"), late = new_app(site, &alice, 1, "sleep 300");
	struct cluster_seen seen = { 0 };

	hungry.memory_mb = 48;
	ok(cluster_run(fresh(site), site->engine, &three) && cluster_run(fresh(site), site->engine, &fine) && cluster_run(fresh(site), site->engine, &hungry),
		"three that end: %s", why(site));
	ok(until(site, &three, CLUSTER_ENDED, &seen) && seen.exit_code == 3 && seen.message != NULL && !seen.out_of_memory, "exit code %lld: %s",
		(long long)seen.exit_code, words(&seen));
	ok(until(site, &fine, CLUSTER_ENDED, &seen) && seen.exit_code == 0 && seen.message == NULL, "exit code 0: %s", words(&seen));
	ok(until(site, &hungry, CLUSTER_ENDED, &seen) && seen.exit_code == 137 && seen.out_of_memory, "too little memory: %lld, %s", (long long)seen.exit_code,
		words(&seen));
	ok(seen.address == NULL, "no address any more");
	gone(site, &three);
	gone(site, &fine);
	gone(site, &hungry);
	late.ends = now() - 10;
	ok(!cluster_run(fresh(site), site->engine, &late) && site->ctx.error.kind == KIND_INVALID, "one whose time is over");
	late.ends = now() + 4;
	if (!(site->can & CLUSTER_CAN_DEADLINE))
		return;
	ok(cluster_run(fresh(site), site->engine, &late), "one that has 4 seconds: %s", why(site));
	ok(until(site, &late, CLUSTER_ENDED, &seen) && !seen.out_of_memory && same(seen.message, "The app's time is over. Start it with a new end."), "is ended by the engine: %s", words(&seen));
	gone(site, &late);
}

/* Refused at once, or broken with a message soon after. */
static void impossible(struct site *site, const struct cluster_app *app, const char *what)
{
	struct cluster_seen seen = { 0 };
	bool taken = cluster_run(fresh(site), site->engine, app);

	if (!taken)
		ok(site->ctx.error.kind == KIND_INVALID && !empty(site->ctx.error.message), "%s: %s", what, why(site));
	else
		ok(until_told(site, app, &seen), "%s: %s", what, words(&seen));
	gone(site, app);
}

static void case_impossible(struct site *site)
{
	struct cluster_mount nowhere = { "/nonexistent/home/alice", "/nonexistent/home/alice", false, false }, none = { "never-made", "/data", true, false };
	struct cluster_app app = new_app(site, &alice, 1, "sleep 60");
	static const char *const command[] = { "/nonexistent/program" };

	app.image = "localhost/naru-none:1";
	impossible(site, &app, "no such image");
	app = new_app(site, &alice, 1, "sleep 60");
	app.mounts = &nowhere;
	impossible(site, &app, "no such folder");
	app = new_app(site, &alice, 1, "sleep 60");
	app.command = (struct texts){ command, 1 };
	impossible(site, &app, "no such program");
	if (!(site->can & CLUSTER_CAN_VOLUME))
		return;
	app = new_app(site, &alice, 1, "sleep 60");
	app.mounts = &none;
	impossible(site, &app, "no such volume");
}

/* ---- logs -------------------------------------------------------------------------------------------------------------- */

static void case_logs(struct site *site)
{
	struct cluster_app flood = new_app(site, &alice, 1, "yes naru naru naru naru | head -c 20000000; echo last; sleep 60");
	struct cluster_app junk = new_app(site, &alice, 1, "head -c 100000 /dev/urandom; echo; echo last; sleep 60");
	struct cluster_seen seen = { 0 };
	struct bytes log = { 0 };
	int i = 0;

	ok(cluster_run(fresh(site), site->engine, &flood) && cluster_run(fresh(site), site->engine, &junk), "two that write much: %s", why(site));
	ok(until(site, &flood, CLUSTER_UP, &seen) && until(site, &junk, CLUSTER_UP, &seen), "run");
	for (; i < 100 && !ends_with(log, "last\n"); i++) {
		struct timespec ms200 = { .tv_nsec = 200000000 };

		nanosleep(&ms200, NULL);
		if (!cluster_log(fresh(site), site->engine, "alice", flood.id, 4096, &log))
			break;
	}
	ok(ends_with(log, "last\n") && log.n <= 4096 && log.n > 4, "the last of a log: %zu bytes, %s", log.n, why(site));
	ok(log.n < 30 || starts_with((const char *)log.at, "naru naru naru naru\n"), "in whole lines");
	ok(cluster_log(fresh(site), site->engine, "alice", junk.id, 1000000, &log) && ends_with(log, "last\n"), "a log that is no text: %zu bytes, %s", log.n,
		why(site));
	gone(site, &flood);
	gone(site, &junk);
}

/* ---- changes ------------------------------------------------------------------------------------------------------------- */

static void case_changes(struct site *site)
{
	struct arena *keep = arena_new(0);
	const char *cursor = NULL;
	bool changed = true, good = true;
	struct cluster_app app = new_app(site, &alice, 1, "sleep 60");
	int64_t begun;
	pid_t pid;

	if (!(site->can & CLUSTER_CAN_WATCH))
		return;
	for (int i = 0; i < 50 && changed && good; i++)
		good = cluster_wait(fresh(site), site->engine, 1, keep, &cursor, &changed);
	ok(good && !changed, "nothing changes: %s", why(site));
	pid = fork();
	if (pid == 0) {
		struct timespec ms300 = { .tv_nsec = 300000000 };

		nanosleep(&ms300, NULL);
		_exit(cluster_run(fresh(site), site->engine, &app) ? 0 : 1);
	}
	begun = clock_ms();
	ok(cluster_wait(fresh(site), site->engine, 20, keep, &cursor, &changed) && changed && clock_ms() - begun < 8000, "a start is told after %lld ms: %s",
		(long long)(clock_ms() - begun), why(site));
	waitpid(pid, NULL, 0);
	for (int i = 0; i < 50 && changed && good; i++)
		good = cluster_wait(fresh(site), site->engine, 1, keep, &cursor, &changed);
	ok(good && !changed, "and once only: %s", why(site));
	gone(site, &app);
	begun = clock_ms();
	ok(cluster_wait(fresh(site), site->engine, 20, keep, &cursor, &changed) && changed && clock_ms() - begun < 3000, "what happened meanwhile is told, too");
	arena_free(keep);
}

/* ---- volumes -------------------------------------------------------------------------------------------------------------- */

static size_t volumes_of(struct site *site, const char *user)
{
	struct cluster_volumes volumes;

	if (!cluster_volumes(fresh(site), site->engine, user, &volumes))
		diag("volumes: %s", why(site));
	return volumes.n;
}

static void case_volumes(struct site *site)
{
	struct cluster_mount mounts[] = { { "contract", "/data", true, false } };
	struct cluster_app first = new_app(site, &alice, 1, "echo kept > /data/file && echo wrote; exit 0"), second;
	struct cluster_seen seen = { 0 };
	struct bytes log = { 0 };

	if (!(site->can & CLUSTER_CAN_VOLUME))
		return;
	for (int i = 0; i < 2; i++)
		ok(cluster_volume_make(fresh(site), site->engine, &alice, "contract", 64), "make a volume: %s", why(site));
	is_int(volumes_of(site, "alice"), 1, "alice has a volume");
	is_int(volumes_of(site, "bob"), 0, "bob has none");
	first.mounts = mounts;
	first.n_mounts = 1;
	first.home = first.folder = NULL;
	second = first;
	second.id = "contractv2";
	second.command = shell(site, "cat /data/file; stat -c %u /data/file; exit 0");
	ok(cluster_run(fresh(site), site->engine, &first) && until(site, &first, CLUSTER_ENDED, &seen) && seen.exit_code == 0, "an app writes to it: %s", why(site));
	gone(site, &first);
	ok(cluster_run(fresh(site), site->engine, &second) && until(site, &second, CLUSTER_ENDED, &seen), "another reads it: %s", why(site));
	ok(cluster_log(fresh(site), site->engine, "alice", second.id, 1000, &log) && ends_with(log, "kept\n20001\n"), "the same, as the user: %.*s", (int)log.n,
		(const char *)log.at);
	gone(site, &second);
	ok(cluster_volume_remove(fresh(site), site->engine, "bob", "contract") && volumes_of(site, "alice") == 1, "bob does not remove it");
	ok(cluster_volume_remove(fresh(site), site->engine, "alice", "contract"), "remove it: %s", why(site));
	for (int i = 0; i < 50 && volumes_of(site, "alice") > 0; i++)
		usleep(200000);
	is_int(volumes_of(site, "alice"), 0, "it is gone");
	ok(cluster_volume_remove(fresh(site), site->engine, "alice", "contract"), "remove what is not there: %s", why(site));
	ok(!cluster_volume_make(fresh(site), site->engine, &alice, "../x", 64) && site->ctx.error.kind == KIND_INVALID, "a name that is a path");
}

/* ---- secrets in files, and others' ports ------------------------------------------------------------------------------------ */

static void case_secret_file(struct site *site)
{
	struct cluster_app app = new_app(site, &alice, 1, "cat /tmp/given/secret; echo; env | grep -c 00112233; sleep 60");
	struct cluster_seen seen = { 0 };
	struct bytes log = { 0 };

	app.secret_file = "/tmp/given/secret";
	app.secret = "00112233445566778899aabbccddeeff";
	ok(cluster_run(fresh(site), site->engine, &app) && until(site, &app, CLUSTER_UP, &seen), "an app with its secret in a file: %s", why(site));
	for (int i = 0; i < 25 && !ends_with(log, "0\n"); i++) {
		usleep(200000);
		if (!cluster_log(fresh(site), site->engine, "alice", app.id, 1000, &log))
			break;
	}
	ok(ends_with(log, "00112233445566778899aabbccddeeff\n0\n"), "it reads it there, and it is in no variable: %.*s", (int)log.n, (const char *)log.at);
	gone(site, &app);
}

static const char *try_script(struct site *site, const char *address)
{
	return text(site->keep, "perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(PeerAddr => q(%s), Timeout => 3); print $s ? qq(open\\n) : qq(shut\\n)'; exit 0",
		address);
}

static void reaches(struct site *site, const struct cluster_user *who, const char *address, const char *want)
{
	struct cluster_app app = new_app(site, who, 1, try_script(site, address));
	struct cluster_seen seen = { 0 };
	struct bytes log = { 0 };

	app.home = app.folder = NULL;
	app.n_mounts = 0;
	ok(cluster_run(fresh(site), site->engine, &app) && until(site, &app, CLUSTER_ENDED, &seen), "%s's app tries it: %s", who->user, why(site));
	ok(cluster_log(fresh(site), site->engine, who->user, app.id, 1000, &log) && ends_with(log, want), "and finds it %.*s", (int)log.n, (const char *)log.at);
	gone(site, &app);
}

/* Alice's other apps may use her port, bob's may not; also after somebody's last app went, when an engine might tidy up too much. */
static void case_isolated(struct site *site)
{
	struct cluster_app hers = new_app(site, &alice, 1, server_script);
	struct cluster_seen seen = { 0 };
	const char *address;

	ok(cluster_run(fresh(site), site->engine, &hers) && until(site, &hers, CLUSTER_UP, &seen) && answers(site, seen.address, "naru"), "alice's app answers: %s",
		why(site));
	address = text(site->keep, "%s", seen.address != NULL ? seen.address : "");
	reaches(site, &alice, address, "open\n");
	if (site->can & CLUSTER_CAN_ISOLATE) {
		struct cluster_app his = new_app(site, &bob, 1, text(site->keep, "sleep 4; %s", try_script(site, address)));
		struct bytes log = { 0 };

		his.home = his.folder = NULL;
		his.n_mounts = 0;
		reaches(site, &bob, address, "shut\n");
		ok(cluster_run(fresh(site), site->engine, &his) && until(site, &his, CLUSTER_UP, &seen), "another of bob's waits: %s", why(site));
		ok(prepare(site, &carol), "carol comes: %s", why(site));
		reaches(site, &carol, address, "shut\n");
		ok(until(site, &his, CLUSTER_ENDED, &seen), "and goes before it tries: %s", why(site));
		ok(cluster_log(fresh(site), site->engine, "bob", his.id, 1000, &log) && ends_with(log, "shut\n"), "it finds it %.*s", (int)log.n, (const char *)log.at);
		gone(site, &his);
	}
	gone(site, &hers);
}

int main(int argc, char **argv)
{
	struct site site = { .ctx.arena = arena_new(0), .keep = arena_new(0) };

	if (argc < 3) {
		printf("1..0 # SKIP no engine given\n");
		return 0;
	}
	program = "cluster_contract";
	conf_start();
	site.engine = argv[1];
	site.home = argv[2];
	site.image = argc > 3 ? argv[3] : "localhost/naru-base:12";
	if (!ok(cluster_can(&site.ctx, site.engine, &site.can), "an engine: %s", why(&site)))
		return done_testing();
	case_engine(&site);
	case_checks(&site);
	case_app(&site);
	case_ends(&site);
	case_impossible(&site);
	case_logs(&site);
	case_changes(&site);
	case_volumes(&site);
	case_secret_file(&site);
	case_isolated(&site);
	arena_free(site.ctx.arena);
	arena_free(site.keep);
	return done_testing();
}
