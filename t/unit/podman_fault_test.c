/* Faults of podman that a real one does not make on demand: a stand-in at its socket, the real driver. Whatever comes, there is a sentence and an end. */
#include "cluster.h"
#include "conf.h"
#include "tap.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Shared with the stand-in: how it answers, and the first lines of what it was asked. */
struct shared { char mode[32]; size_t n; char asked[1 << 16]; };
static struct shared *shared;

/* ---- the stand-in ------------------------------------------------------------------------------------------------------ */

static void say_bytes(int fd, const char *at, size_t n)
{
	while (n > 0) {
		ssize_t sent = write(fd, at, n);

		if (sent <= 0)
			return;
		at += sent;
		n -= (size_t)sent;
	}
}

static void answer(int fd, int status, const char *body)
{
	char head[200];
	int n = snprintf(head, sizeof head, "HTTP/1.1 %d Answer\r\nContent-Type: application/json\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", status, strlen(body));

	say_bytes(fd, head, (size_t)n);
	say_bytes(fd, body, strlen(body));
}

#define REFUSAL "{\"cause\":\"<b>bad\",\"message\":\"something <i>new</i> \\u0000 \\ud800\",\"response\":500}"
#define JUNK "[1,\"x\",null,{},[],{\"Names\":5},{\"Names\":[\"naru-abcdefgh23\"],\"State\":7,\"Labels\":[]},{\"Name\":{},\"Labels\":{\"naru.volume\":[1]}}]"
#define TYPES "{\"Id\":5,\"State\":[1],\"Config\":\"x\",\"host\":3,\"version\":[],\"NetworkSettings\":{\"Networks\":[]},\"Digest\":{},\"cause\":[]}"

static void endless(int fd)
{
	static char block[65536];

	memset(block, 'a', sizeof block);
	say_bytes(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[\"", 40);
	for (int i = 0; i < 16384; i++) /* 1 GB */
		if (write(fd, block, sizeof block) <= 0)
			return;
}

static void deep(int fd)
{
	static char body[200001];

	memset(body, '[', 100000);
	memset(body + 100000, ']', 100000);
	answer(fd, 200, body);
}

/* A podman that has nothing and takes all, but for what the mode names. */
static void like_podman(int fd, const char *line, const char *mode)
{
	bool create = strstr(line, "containers/create") != NULL, start = strstr(line, "/start") != NULL;
	bool pull = strstr(line, "images/pull") != NULL;

	if ((create && same(mode, "create-cut")) || (pull && same(mode, "pull-cut")))
		return;
	if (pull && same(mode, "pull-slow"))
		usleep(4000000);
	if (create && same(mode, "create-taken"))
		answer(fd, 500, "{\"cause\":\"that name is already in use\",\"message\":\"in use\"}");
	else if (create && same(mode, "create-full"))
		answer(fd, 500, "{\"cause\":\"no space left on device\",\"message\":\"no space left on device\"}");
	else if (pull && same(mode, "pull-none"))
		answer(fd, 200, "{\"error\":\"reading manifest 1 in far.example/x: manifest unknown\"}");
	else if (pull && same(mode, "pull-down"))
		answer(fd, 200, "{\"error\":\"dial tcp: connection refused\"}");
	else if (strstr(line, "/exists") != NULL && same(mode, "pull-there"))
		answer(fd, 204, "");
	else if (start && same(mode, "start-refused"))
		answer(fd, 500, "{\"cause\":\"IPAM error\",\"message\":\"failed to find free IP in range\"}");
	else if (start && same(mode, "start-cut"))
		return;
	else if (strstr(line, "volumes/json") != NULL)
		answer(fd, 200, "[]");
	else if (starts_with(line, "GET"))
		answer(fd, 404, "{\"cause\":\"no such container\",\"message\":\"no such container\"}");
	else
		answer(fd, create ? 201 : 200, "{}");
}

static void serve(int fd, const char *line)
{
	const char *mode = shared->mode;

	if (same(mode, "500"))
		answer(fd, 500, REFUSAL);
	else if (same(mode, "text"))
		answer(fd, 500, "Internal <html>");
	else if (same(mode, "no-http"))
		say_bytes(fd, "\0\xff<html>garbage\r\n\r\n", 20);
	else if (same(mode, "no-json"))
		answer(fd, 200, "hello \xff");
	else if (same(mode, "cut"))
		say_bytes(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n[{\"Id\":", 49);
	else if (same(mode, "endless"))
		endless(fd);
	else if (same(mode, "slow"))
		usleep(1500000);
	else if (same(mode, "deep"))
		deep(fd);
	else if (same(mode, "junk"))
		answer(fd, 200, JUNK);
	else if (same(mode, "types"))
		answer(fd, 200, TYPES);
	else if (!same(mode, "closed"))
		like_podman(fd, line, mode);
}

static void one_request(int fd)
{
	static char got[1 << 20];
	size_t n = 0;
	ssize_t more;
	const char *end, *length;

	while ((more = read(fd, got + n, sizeof got - 1 - n)) > 0) {
		n += (size_t)more;
		got[n] = '\0';
		end = strstr(got, "\r\n\r\n");
		length = strstr(got, "Content-Length: ");
		if (end != NULL && n >= (size_t)(end + 4 - got) + (length != NULL && length < end ? (size_t)strtol(length + 16, NULL, 10) : 0))
			break;
	}
	if (n == 0)
		return;
	got[strcspn(got, "\r")] = '\0';
	shared->n += (size_t)snprintf(shared->asked + shared->n, sizeof shared->asked / 2 - shared->n % (sizeof shared->asked / 2), "%.300s\n", got);
	if (shared->n > sizeof shared->asked / 2)
		shared->n = 0;
	serve(fd, got);
}

static pid_t stand_in(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	if (bind(listener, (const struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 32) != 0)
		exit(1);
	pid = fork();
	if (pid == 0) {
		signal(SIGPIPE, SIG_IGN);
		signal(SIGCHLD, SIG_IGN);
		for (;;) {
			int fd = accept(listener, NULL, NULL);

			if (fork() == 0) {
				one_request(fd);
				_exit(0);
			}
			close(fd);
		}
	}
	close(listener);
	return pid;
}

/* ---- what the driver makes of it ------------------------------------------------------------------------------------------- */

static const char *const command[] = { "sleep", "60" }, *const tmpfs[] = { "/tmp" };

static struct cluster_app an_app(void)
{
	return (struct cluster_app){
		.id = "abcdefgh23", .name = "a", .offer = "b", .who = { "alice", 20001, 30000, NULL, 0 }, .generation = 1, .image = "localhost/x:1",
		.command = { command, 2 }, .tmpfs = { tmpfs, 1 }, .secret_env = "S", .secret = "00ff", .cpu_milli = 100, .memory_mb = 64, .port = 80, .ends = now() + 100,
	};
}

static bool op_health(struct ctx *ctx) { struct cluster_health out; return cluster_health(ctx, "pod", &out); }
static bool op_look(struct ctx *ctx) { struct cluster_seen out; return cluster_look(ctx, "pod", "alice", "abcdefgh23", &out) && out.phase == CLUSTER_ABSENT; }
static bool op_stop(struct ctx *ctx) { return cluster_stop(ctx, "pod", "alice", "abcdefgh23", 0); }
static bool op_list(struct ctx *ctx) { struct cluster_list out; return cluster_list(ctx, "pod", &out) && out.n == 0; }
static bool op_log(struct ctx *ctx) { struct bytes out; return cluster_log(ctx, "pod", "alice", "abcdefgh23", 1000, &out) && out.n == 0; }
static bool op_image(struct ctx *ctx) { bool found; const char *digest; return cluster_image(ctx, "pod", "localhost/x:1", &found, &digest); }
static bool op_volumes(struct ctx *ctx) { struct cluster_volumes out; return cluster_volumes(ctx, "pod", "alice", &out) && out.n == 0; }
static bool op_remove(struct ctx *ctx) { return cluster_volume_remove(ctx, "pod", "alice", "v"); }
static bool op_run(struct ctx *ctx) { struct cluster_app app = an_app(); return cluster_run(ctx, "pod", &app); }

static bool op_prepare(struct ctx *ctx)
{
	static const struct cluster_limits limits = { 1, 1, 1, 1, 1 };
	struct cluster_app app = an_app();

	return cluster_prepare(ctx, "pod", &app.who, &limits);
}

static bool op_make(struct ctx *ctx)
{
	struct cluster_app app = an_app();

	return cluster_volume_make(ctx, "pod", &app.who, "v", 10);
}

static bool op_wait(struct ctx *ctx)
{
	const char *cursor = NULL;
	bool changed;

	return cluster_wait(ctx, "pod", 1, ctx->arena, &cursor, &changed);
}

static const struct { const char *name; bool (*call)(struct ctx *); } ops[] = {
	{ "health", op_health }, { "look", op_look }, { "stop", op_stop }, { "list", op_list }, { "log", op_log }, { "image", op_image }, { "volumes", op_volumes },
	{ "volume_remove", op_remove }, { "volume_make", op_make }, { "run", op_run }, { "prepare", op_prepare }, { "wait", op_wait },
};

static void set_mode(const char *mode)
{
	shared->n = 0;
	memset(shared->asked, 0, sizeof shared->asked);
	snprintf(shared->mode, sizeof shared->mode, "%s", mode);
}

/* False always has a kind and a sentence that is translated; a success is one without anything that is not there. */
static void test_op(const char *mode, size_t i, bool may_succeed)
{
	struct ctx ctx = { .arena = arena_new(0) };
	int64_t begun = clock_ms();
	bool good;

	ctx.deadline = begun + 800;
	good = ops[i].call(&ctx);
	ok(good ? may_succeed : ctx.error.kind != KIND_NONE && !empty(ctx.error.message) && !same(tr_lang(LANG_KO, ctx.error.message), ctx.error.message) &&
		strchr(ctx.error.message, '<') == NULL, "%s, %s: %s (%.100s)", mode, ops[i].name, good ? "fine" : ctx.error.message,
		ctx.error.detail != NULL ? ctx.error.detail : "");
	ok(clock_ms() - begun < 3000, "after %lld ms", (long long)(clock_ms() - begun));
	arena_free(ctx.arena);
}

static void test_faults(void)
{
	static const char *const modes[] = { "500", "text", "no-http", "no-json", "cut", "endless", "slow", "closed", "deep" };

	for (size_t m = 0; m < COUNT(modes); m++)
		for (size_t i = 0; i < COUNT(ops); i++) {
			set_mode(modes[m]);
			/* Where no word of the answer is needed any 2xx is one; events that cannot be read are a change. */
			test_op(modes[m], i, same(modes[m], "slow") ? false : starts_with(modes[m], "no-json") || same(modes[m], "deep") || same(modes[m], "endless") ||
				same(modes[m], "cut"));
		}
	for (size_t i = 0; i < COUNT(ops); i++) {
		/* Nothing that is there may seem to be gone. */
		bool reads = ops[i].call == op_list || ops[i].call == op_look || ops[i].call == op_run || ops[i].call == op_stop;

		set_mode("junk");
		test_op("junk", i, !reads);
		set_mode("types");
		test_op("types", i, !reads && ops[i].call != op_volumes);
	}
}

static enum kind run_kind(const char *mode)
{
	struct ctx ctx = { .arena = arena_new(0) };
	enum kind kind;

	set_mode(mode);
	ctx.deadline = clock_ms() + 3000;
	kind = op_run(&ctx) ? KIND_NONE : ctx.error.kind;
	arena_free(ctx.arena);
	return kind;
}

static bool asked(const char *words) { return strstr(shared->asked, words) != NULL; }

static void test_run(void)
{
	is_int(run_kind("nothing"), KIND_NONE, "run where all goes well");
	ok(asked("POST /v4.0.0/libpod/volumes/create") && asked("POST /v4.0.0/libpod/containers/naru-abcdefgh23/start"), "a volume, a container, a start");
	ok(!asked("DELETE /v4.0.0/libpod/containers"), "no container was there to remove");
	is_int(run_kind("start-refused"), KIND_UNAVAILABLE, "a start that is refused");
	ok(asked("DELETE /v4.0.0/libpod/containers/naru-abcdefgh23"), "leaves no container");
	is_int(run_kind("create-full"), KIND_UNAVAILABLE, "a full disk");
	ok(asked("DELETE /v4.0.0/libpod/containers/naru-abcdefgh23"), "leaves no half container");
	is_int(run_kind("create-cut"), KIND_TIMEOUT, "cut while it was created: nobody knows");
	ok(!asked("DELETE /v4.0.0/libpod/containers"), "nothing is removed that may run");
	is_int(run_kind("start-cut"), KIND_TIMEOUT, "cut while it was started: nobody knows");
	is_int(run_kind("create-taken"), KIND_TIMEOUT, "made meanwhile by a call of before: look again");
	ok(!asked("DELETE /v4.0.0/libpod/containers"), "nothing is removed then");
}

/* ---- fetching an image ------------------------------------------------------------------------------------------------------ */

struct fetched { int began, asked, most; };

static void begins(void *arg) { ((struct fetched *)arg)->began++; }
static bool wanted(void *arg) { struct fetched *f = arg; return ++f->asked <= f->most; }

/* Its kind; KIND_NONE for a success. */
static enum kind fetch_kind(const char *mode, const char *engine, int ms, struct fetched *f)
{
	struct ctx ctx = { .arena = arena_new(0), .deadline = clock_ms() + ms };
	struct cluster_fetch fetch = { begins, wanted, f };
	enum kind kind;

	set_mode(mode);
	kind = cluster_fetch(&ctx, engine, "far.example/x:1", &fetch) ? KIND_NONE : ctx.error.kind;
	if (kind != KIND_NONE)
		ok(!same(tr_lang(LANG_KO, ctx.error.message), ctx.error.message), "%s: %s", mode, ctx.error.message);
	arena_free(ctx.arena);
	return kind;
}

static void test_fetch(void)
{
	struct fetched f = { .most = 100 };
	int64_t begun;

	is_int(fetch_kind("nothing", "pod", 3000, &f), KIND_NONE, "where nothing is fetched");
	is(shared->asked, "", "nothing is asked");
	is_int(fetch_kind("pull-there", "far", 3000, &f), KIND_NONE, "an image that is there");
	ok(!asked("images/pull") && f.began == 0, "is not fetched");
	is_int(fetch_kind("nothing", "far", 3000, &f), KIND_NONE, "one that is not is");
	ok(asked("POST /v4.0.0/libpod/images/pull?policy=missing&quiet=true&reference=far.example/x:1") && f.began == 1, "which is told before");
	is_int(fetch_kind("pull-none", "far", 3000, &f), KIND_INVALID, "one that the registry does not have");
	is_int(fetch_kind("pull-down", "far", 3000, &f), KIND_UNAVAILABLE, "a registry that does not answer: again later");
	is_int(fetch_kind("pull-cut", "far", 3000, &f), KIND_UNAVAILABLE, "cut off: again later");
	begun = clock_ms();
	is_int(fetch_kind("pull-slow", "far", 800, &f), KIND_INVALID, "longer than it may take: not again");
	ok(clock_ms() - begun < 2500, "after %lld ms", (long long)(clock_ms() - begun));
	f = (struct fetched){ .most = 1 };
	begun = clock_ms();
	is_int(fetch_kind("pull-slow", "far", 60000, &f), KIND_UNAVAILABLE, "no longer wanted");
	ok(clock_ms() - begun < 3500, "ends soon, after %lld ms", (long long)(clock_ms() - begun));
}

static void test_away(pid_t pid)
{
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	for (size_t i = 0; i < COUNT(ops); i++)
		test_op("away", i, false);
}

int main(void)
{
	char dir[] = "/tmp/naru-podman-XXXXXX", path[64], conf[64];
	struct ctx ctx = { .arena = arena_new(0) };
	FILE *file;
	pid_t pid;

	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (mkdtemp(dir) == NULL || shared == MAP_FAILED)
		return 1;
	snprintf(path, sizeof path, "%s/sock", dir);
	snprintf(conf, sizeof conf, "%s/conf", dir);
	file = fopen(conf, "w");
	fprintf(file, "[site]\nhost = portal.example.org\n[engine pod]\ndriver = podman\nnetworks = 10.1.0.0/16\nuser-networks = 10.1.0.0/24\nsocket = %s\n"
		"[engine far]\ndriver = podman\nnetworks = 10.1.0.0/16\npull = yes\nsocket = %s\n", path, path);
	fclose(file);
	if (!conf_load(&ctx, conf))
		return 1;
	pid = stand_in(path);
	test_faults();
	test_run();
	test_fetch();
	test_away(pid);
	unlink(path);
	unlink(conf);
	rmdir(dir);
	arena_free(ctx.arena);
	return done_testing();
}
