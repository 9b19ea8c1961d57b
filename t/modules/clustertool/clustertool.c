/*
 * clustertool: cluster.h from the command line, for t/kubernetes_wire.t. Settings are in $NARU_CONF.
 *
 *   clustertool ENGINE health | list | follow SECONDS TIMES [cursor=]
 *   clustertool ENGINE prepare USER [cpu= memory= gpus= apps=]
 *   clustertool ENGINE run USER ID GENERATION [image= port= cpu= memory= gpus= place= volume= secret= ends=] [-- COMMAND…]
 *   clustertool ENGINE stop USER ID GRACE     look USER ID     log USER ID MOST     image REFERENCE
 *   clustertool ENGINE volume-make USER NAME MB     volume-resize USER NAME MB     volume-remove USER NAME     volumes USER
 *
 * seconds=N (last words) is the deadline. Prints key=value lines; "error=KIND message" and exit status 1 on failure.
 */
#include "cluster.h"
#include "conf.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int argc_;
static char **argv_;
static struct ctx ctx;
static const char *engine;

static const char *argument(int i)
{
	if (i >= argc_)
		die("too few arguments");
	return argv_[i];
}

static int64_t number_at(int i)
{
	int64_t out;

	if (!parse_int(argument(i), INT64_MIN, INT64_MAX, &out))
		die("%s is not a number", argv_[i]);
	return out;
}

static const char *option(const char *key, const char *preset)
{
	size_t n = strlen(key);

	for (int i = 2; i < argc_ && !same(argv_[i], "--"); i++)
		if (strncmp(argv_[i], key, n) == 0 && argv_[i][n] == '=')
			return argv_[i] + n + 1;
	return preset;
}

static int64_t number(const char *key, int64_t preset)
{
	const char *value = option(key, NULL);
	int64_t out = preset;

	if (value != NULL && !parse_int(value, INT64_MIN, INT64_MAX, &out))
		die("%s is not a number", key);
	return out;
}

static void show(const char *key, const char *value)
{
	if (value != NULL)
		printf("%s=%s\n", key, value);
}

static struct cluster_user user_of(const char *name)
{
	static const int64_t groups[] = { 30000 };

	return (struct cluster_user){ .user = name, .uid = number("uid", 20001), .gid = number("gid", 20001), .groups = groups, .n_groups = COUNT(groups) };
}

static bool run(void)
{
	struct cluster_mount mounts[2] = { { 0 } };
	struct cluster_app app = { .who = user_of(argument(3)), .id = argument(4), .generation = number_at(5), .name = option("name", "test"), .offer = "test",
		.image = option("image", "localhost/naru-jupyter:12"), .cpu_milli = number("cpu", 100), .memory_mb = number("memory", 64), .gpus = number("gpus", 0),
		.port = number("port", 8888), .ends = number("ends", 0), .home = option("home", "/tmp"), .mounts = mounts };
	int i = 6;

	if (option("secret", NULL) != NULL) {
		app.secret = option("secret", NULL);
		app.secret_env = "NARU_SECRET";
	}
	if (option("place", NULL) != NULL)
		mounts[app.n_mounts++] = (struct cluster_mount){ .source = option("place", NULL), .target = option("place", NULL) };
	if (option("volume", NULL) != NULL)
		mounts[app.n_mounts++] = (struct cluster_mount){ .source = option("volume", NULL), .target = "/volumes/one", .volume = true };
	while (i < argc_ && !same(argv_[i], "--"))
		i++;
	if (i < argc_)
		app.command = (struct texts){ (const char *const *)&argv_[i + 1], (size_t)(argc_ - i - 1) };
	return cluster_run(&ctx, engine, &app);
}

static void show_seen(const struct cluster_seen *seen)
{
	static const char *const phases[] = { "absent", "waiting", "starting", "up", "stopping", "ended", "broken" };

	printf("id=%s\nuser=%s\nphase=%s\ngeneration=%lld\nexit=%lld\nstarted=%lld\ncpu=%lld\nmemory=%lld\noom=%d\n", seen->id, seen->user, phases[seen->phase],
		(long long)seen->generation, (long long)seen->exit_code, (long long)seen->started, (long long)seen->used_cpu_milli,
		(long long)seen->used_memory_mb, seen->out_of_memory);
	show("address", seen->address);
	show("node", seen->node);
	show("digest", seen->digest);
	show("message", seen->message);
	show("detail", seen->detail);
}

static bool look(void)
{
	struct cluster_seen seen;

	if (!cluster_look(&ctx, engine, argument(3), argument(4), &seen))
		return false;
	show_seen(&seen);
	return true;
}

static bool list(void)
{
	struct cluster_list all;

	if (!cluster_list(&ctx, engine, &all))
		return false;
	for (size_t i = 0; i < all.n; i++)
		show_seen(&all.at[i]);
	printf("n=%zu\n", all.n);
	return true;
}

/* Waits again and again in one process, as the observer does, and tells each time. */
static bool follow(void)
{
	const char *cursor = option("cursor", NULL);

	for (int64_t i = 0; i < number_at(4); i++) {
		int64_t before = clock_ms();
		bool changed;

		if (!cluster_wait(&ctx, engine, (int)number_at(3), ctx.arena, &cursor, &changed)) {
			printf("row=failed %d %s\n", ctx.error.kind, ctx.error.message);
			if (ctx.error.kind == KIND_CONFLICT)
				cursor = NULL;
			forget(&ctx);
			nanosleep(&(struct timespec){ .tv_nsec = 300000000 }, NULL);
		} else {
			printf("row=%s %lld\n", changed ? "changed" : "quiet", (long long)(clock_ms() - before));
		}
		fflush(stdout);
	}
	return true;
}

static bool log_of(void)
{
	struct bytes out;

	if (!cluster_log(&ctx, engine, argument(3), argument(4), (size_t)number_at(5), &out))
		return false;
	printf("bytes=%zu\ntext=%.*s\n", out.n, (int)out.n, (const char *)out.at);
	return true;
}

static bool health(void)
{
	struct cluster_health out;

	if (!cluster_health(&ctx, engine, &out))
		return false;
	printf("version=%s\ncpu=%lld\nmemory=%lld\ngpus=%lld\n", out.version, (long long)out.cpu_milli, (long long)out.memory_mb, (long long)out.gpus);
	return true;
}

static bool prepare(void)
{
	struct cluster_user who = user_of(argument(3));
	struct cluster_limits limits = { number("cpu", 2000), number("memory", 4096), number("gpus", 0), number("apps", 5), number("storage", 10240) };

	return cluster_prepare(&ctx, engine, &who, &limits);
}

static bool image(void)
{
	const char *digest;
	bool found;

	if (!cluster_image(&ctx, engine, argument(3), &found, &digest))
		return false;
	printf("found=%d\n", found);
	show("digest", digest);
	return true;
}

static bool volumes(void)
{
	struct cluster_volumes all;

	if (!cluster_volumes(&ctx, engine, argument(3), &all))
		return false;
	for (size_t i = 0; i < all.n; i++)
		printf("row=%s %lld %d %s\n", all.at[i].name, (long long)all.at[i].size_mb, all.at[i].ready, all.at[i].message != NULL ? all.at[i].message : "");
	return true;
}

static bool call(const char *verb)
{
	struct cluster_user who;

	if (same(verb, "volume-make")) {
		who = user_of(argument(3));
		return cluster_volume_make(&ctx, engine, &who, argument(4), number_at(5));
	}
	if (same(verb, "volume-resize"))
		return cluster_volume_resize(&ctx, engine, argument(3), argument(4), number_at(5));
	if (same(verb, "volume-remove"))
		return cluster_volume_remove(&ctx, engine, argument(3), argument(4));
	if (same(verb, "stop"))
		return cluster_stop(&ctx, engine, argument(3), argument(4), (int)number_at(5));
	return same(verb, "health") ? health() : same(verb, "prepare") ? prepare() : same(verb, "run") ? run() : same(verb, "look") ? look() :
		same(verb, "list") ? list() : same(verb, "follow") ? follow() : same(verb, "log") ? log_of() : same(verb, "image") ? image() :
		same(verb, "volumes") ? volumes() : fail(&ctx, KIND_BAD_REQUEST, "no such word", NULL);
}

int main(int argc, char **argv)
{
	argc_ = argc;
	argv_ = argv;
	program = "clustertool";
	conf_start();
	ctx = (struct ctx){ .arena = arena_new(0) };
	engine = argument(1);
	if (number("seconds", 0) > 0)
		ctx.deadline = clock_ms() + number("seconds", 0) * 1000;
	if (call(argument(2))) {
		printf("done=1\n");
		return 0;
	}
	printf("error=%d %s\n", ctx.error.kind, ctx.error.message);
	show("detail", ctx.error.detail);
	return 1;
}
