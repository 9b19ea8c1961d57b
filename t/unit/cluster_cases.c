/* See cluster_cases.h. */
#include "cluster_cases.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static const int64_t groups[] = { 30001 };
const struct cluster_user alice = { "alice", 20001, 30000, groups, COUNT(groups) }, bob = { "bob", 20002, 30000, NULL, 0 },
	carol = { "carol", 20003, 30000, NULL, 0 };
const char *const namespaces[5] = { "net", "pid", "ipc", "mnt", "uts" };

#define SERVER "exec perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(LocalPort => 8888, Listen => 5, ReuseAddr => 1) or die; " \
	"while ($c = $s->accept) { print $c qq(naru\\n); close $c }'"
const char server_script[] = SERVER;

static const char facts[] =
	"say() { echo \"fact $1=$2\"; }\n"
	"say ids $(id -u):$(id -g); say groups \"$(id -G)\"; say home \"$HOME\"; say pwd \"$(pwd)\"; say argument \"$1\"\n"
	"say odd $(printf %%s \"$ODD\" | od -An -v -tx1 | tr -d ' \\n')\n"
	"say cap \"$(awk '/^CapEff|^CapBnd|^NoNewPrivs/ { printf \"%%s%%s\", x, $2; x = \" \" }' /proc/self/status)\"\n"
	"if touch /naru-was-here 2>/dev/null; then say root written; else say root read-only; fi\n"
	"if touch /tmp/x /run/x; then say tmp written; fi\n"
	"touch \"$HOME/written\"; say wrote $(stat -c %%u:%%g \"$HOME/written\")\n"
	"if [ -e \"%s.other\" ]; then say other there; else say other absent; fi\n"
	"if [ -e /run/secrets/kubernetes.io ]; then say token there; else say token absent; fi\n"
	"say memory $(cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max)\n"
	"say cpu $(( $(cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us 2>/dev/null || cut -d' ' -f1 /sys/fs/cgroup/cpu.max) / 1000 ))\n"
	"say secret $(printf %%s \"$NARU_SECRET\" | sha256sum | cut -d' ' -f1)\n"
	"for n in net pid ipc mnt uts; do say $n \"$(readlink /proc/self/ns/$n)\"; done\n"
	"(while :; do i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; sleep 0.2; done) &\n" /* at work whenever it is measured */
	"say end end\n" SERVER;

struct ctx *fresh(struct site *site)
{
	forget(&site->ctx);
	site->ctx.deadline = 0;
	return &site->ctx;
}

const char *why(struct site *site)
{
	return site->ctx.error.kind == KIND_NONE ? "good" : text(site->keep, "%d %s (%s)", (int)site->ctx.error.kind, site->ctx.error.message,
		site->ctx.error.detail != NULL ? site->ctx.error.detail : "");
}

const char *words(const struct cluster_seen *seen)
{
	static char out[600];

	snprintf(out, sizeof out, "phase %d, %s (%s)", (int)seen->phase, seen->message != NULL ? seen->message : "no message", seen->detail != NULL ? seen->detail : "");
	return out;
}

bool prepare(struct site *site, const struct cluster_user *who)
{
	static const struct cluster_limits limits = { 4000, 4096, 0, 20, 1024 };

	return cluster_prepare(fresh(site), site->engine, who, &limits);
}

struct texts shell(struct site *site, const char *script)
{
	const char **list = NEW_ARRAY(site->keep, const char *, 5);

	list[0] = "sh";
	list[1] = "-c";
	list[2] = arena_copy(site->keep, script, strlen(script));
	list[3] = "app";
	list[4] = "$(HOME) \"$$\" {x}";
	return (struct texts){ list, 5 };
}

struct cluster_app new_app(struct site *site, const struct cluster_user *who, int64_t generation, const char *script)
{
	static unsigned number;
	struct cluster_mount *home = NEW(site->keep, struct cluster_mount);
	bool hers = who == &alice;

	*home = (struct cluster_mount){ site->home, site->home, false, false };
	number++;
	return (struct cluster_app){
		.id = text(site->keep, "contract%c%c", 'a' + (int)(number / 26), 'a' + (int)(number % 26)), .name = "A \"name\"\n---\n{}", .offer = "contract", .who = *who,
		.generation = generation, .image = site->image, .command = shell(site, script), .home = hers ? site->home : NULL, .folder = hers ? site->home : NULL,
		.cpu_milli = 500, .memory_mb = 128, .port = 8888, .ends = now() + 600, .mounts = home, .n_mounts = hers,
	};
}

const char *facts_script(struct site *site)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	return text(site->keep, facts, site->home);
#pragma GCC diagnostic pop
}

const char *fact_of(struct site *site, struct bytes log, const char *name)
{
	char *all = arena_copy(site->keep, log.at, log.n), *at = strstr(all, text(site->keep, "fact %s=", name));

	if (at == NULL)
		return "";
	at += strlen(name) + 6;
	return arena_copy(site->keep, at, strcspn(at, "\n"));
}

bool ends_with(struct bytes bytes, const char *end)
{
	size_t n = strlen(end);

	return bytes.n >= n && memcmp(bytes.at + bytes.n - n, end, n) == 0;
}

/* It tells why it does not run: for good, or it has been waiting for ten seconds. */
static bool tells(const struct cluster_seen *seen, int64_t left)
{
	return seen->message != NULL && (seen->phase == CLUSTER_BROKEN || (seen->phase == CLUSTER_ENDED && seen->exit_code != 0) ||
		(seen->phase == CLUSTER_WAITING && left < 20000));
}

static bool look_until(struct site *site, const struct cluster_app *app, enum cluster_phase phase, bool told, struct cluster_seen *seen)
{
	int64_t last = clock_ms() + 30000;
	struct timespec ms50 = { .tv_nsec = 50000000 };

	do {
		if (!cluster_look(fresh(site), site->engine, app->who.user, app->id, seen)) {
			diag("look: %s", why(site));
			return false;
		}
		if (told ? tells(seen, last - clock_ms()) : seen->phase == phase && (phase != CLUSTER_UP || seen->address != NULL))
			return true;
		nanosleep(&ms50, NULL);
	} while (clock_ms() < last);
	return false;
}

bool until(struct site *site, const struct cluster_app *app, enum cluster_phase phase, struct cluster_seen *seen)
{
	return look_until(site, app, phase, false, seen);
}

bool until_told(struct site *site, const struct cluster_app *app, struct cluster_seen *seen)
{
	return look_until(site, app, CLUSTER_BROKEN, true, seen);
}

static bool reads(const char *address, const char *line)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct timeval two = { .tv_sec = 2 };
	char host[64] = "", got[64] = "";
	int64_t port = 0;
	size_t n = strcspn(address, ":");
	int fd;
	bool good;

	if (n < sizeof host)
		memcpy(host, address, n);
	if (inet_pton(AF_INET, host, &to.sin_addr) != 1 || !parse_int(address + n + (address[n] == ':'), 1, 65535, &port))
		return false;
	to.sin_port = htons((uint16_t)port);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &two, sizeof two);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &two, sizeof two);
	good = connect(fd, (const struct sockaddr *)&to, sizeof to) == 0 && read(fd, got, sizeof got - 1) > 0 && starts_with(got, line);
	close(fd);
	return good;
}

bool answers(struct site *site, const char *address, const char *line)
{
	int64_t last = clock_ms() + 15000;

	(void)site;
	while (address != NULL && clock_ms() < last) {
		if (reads(address, line))
			return true;
		usleep(50000);
	}
	return false;
}

bool is_gone(struct site *site, const struct cluster_app *app)
{
	struct cluster_seen seen;

	return cluster_stop(fresh(site), site->engine, app->who.user, app->id, 1) && look_until(site, app, CLUSTER_ABSENT, false, &seen);
}
