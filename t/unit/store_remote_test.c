/* The launcher and remote stores: whose connector it starts, as whom, and what that one could reach on this machine. Run as root. */
#include <arpa/inet.h>
#include <grp.h>
#include <netinet/in.h>
#include <poll.h>

#include "store/client.h"
#include "store_site.h"

#define SECRET "a-secret-that-nobody-shows"
#define NOBODY 2013265920

static struct db *stores;

static bool put(struct ctx *at, struct db_write *d, void *r)
{
	return remote_put(at, d, r);
}

static void register_store(const char *owner, const char *id, struct remote r)
{
	struct ctx *at = site_ctx();
	r.owner = owner;
	r.id = id;
	r.title = "test";
	if ((!stores && !db_open(at, "stores", DB_READ_WRITE, &stores)) || !remote_seal(at, &r, SECRET, &r.secret) || !db_change(at, stores, put, &r))
		die("no store: %s", at->error.detail);
	site_done(at);
}

/* The code with which a store of that id is refused; 0: it is not. */
static int open_as(const char *user, const char *id)
{
	struct ctx *at = site_ctx();
	int code = site_open(at, user, text(at->arena, "store-%s", id)) ? 0 : client_code();
	site_done(at);
	return code;
}

static int listener(int *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 20) || getsockname(fd, (struct sockaddr *)&at, &n))
		die("no listener");
	*port = ntohs(at.sin_port);
	return fd;
}

/* ---- whose ---- */

static void refusals(int port)
{
	static const char *const none[] = { "aliceshers", "", "x", "nosuchone0", "aliceshers0", "../../etc0", "ALICESHERS", "alice/hers", "bob\talices" };
	struct remote r = { .kind = "webdav", .host = "localhost", .port = port, .path = "/", .user = "ferry", .security = "none", .auth = "password" };
	register_store("bob", "bobsstore0", r);
	r.paused = true;
	register_store("alice", "paused0000", r);
	register_store("", "sitepaused", r);
	r.paused = false;
	r.kind = "posix";
	register_store("alice", "posix00000", r);
	r.kind = "gopher";
	register_store("alice", "gopher0000", r);
	is_int(open_as("alice", "bobsstore0"), WIRE_E_PLACE, "another's store is none");
	is_int(open_as("alice", "paused0000"), WIRE_E_PAUSED, "a paused one");
	is_int(open_as("bob", "sitepaused"), WIRE_E_PAUSED, "one of the site's that is paused");
	is_int(open_as("bob", "paused0000"), WIRE_E_PLACE, "of another's nobody learns even that");
	for (size_t i = 0; i < COUNT(none); i++)
		is_int(open_as("alice", none[i]), WIRE_E_PLACE, "an id that is none: %s", none[i]);
	is_int(open_as("alice", "posix00000"), WIRE_E_CANNOT, "files of this machine are no remote store");
	is_int(open_as("alice", "gopher0000"), WIRE_E_CANNOT, "a kind that is none");
}

static void forged(int port)
{
	struct remote r = { .kind = "webdav", .host = "localhost", .port = port, .path = "/", .user = "ferry", .security = "none", .auth = "password", .secret = "AAAA" };
	struct ctx *at = site_ctx();
	r.owner = "alice";
	r.id = "forged0000";
	ok(db_change(at, stores, put, &r), "a secret that was not sealed for this site");
	site_done(at);
	is_int(open_as("alice", "forged0000"), WIRE_E_LOGIN, "is not used");
	struct store *t;
	at = site_ctx();
	const char *proof = site_proof(at, "alice", ALICE, RESEARCHERS, "30000", "account", now() + 60);
	ok(!store_open(at, proof, "store-paused0000", &t) && client_code() == WIRE_E_PROOF, "a proof for another module");
	proof = site_proof(at, "alice", ALICE, RESEARCHERS, "30000", "stores", now() - 5);
	forget(at);
	ok(!store_open(at, proof, "store-paused0000", &t) && client_code() == WIRE_E_PROOF, "one of yesterday");
	site_done(at);
}

/* ---- as whom ---- */

static char status[8192];

static const char *of_status(const char *name)
{
	static char line[300];
	const char *at = strstr(status, name);
	snprintf(line, sizeof line, "%.*s", at ? (int)strcspn(at + strlen(name), "\n") : 0, at ? at + strlen(name) : "");
	return line;
}

static size_t read_proc(pid_t pid, const char *what, char *to, size_t room)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, what);
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(to, 1, room - 1, f) : 0;
	if (f)
		fclose(f);
	to[n] = 0;
	return n;
}

static void identity(pid_t pid)
{
	uid_t uid = 0, e = 0, s1 = 0, f = 0;
	char want[64];
	read_proc(pid, "status", status, sizeof status);
	ok(sscanf(of_status("\nUid:\t"), "%u %u %u %u", &uid, &e, &s1, &f) == 4 && uid == e && uid == s1 && uid == f && uid >= NOBODY && uid < NOBODY + 512, "it is uid %u", uid);
	snprintf(want, sizeof want, "%u\t%u\t%u\t%u", uid, uid, uid, uid);
	is(of_status("\nGid:\t"), want, "and that gid");
	ok(!of_status("\nGroups:\t")[strspn(of_status("\nGroups:\t"), " ")], "without groups");
	static const char *const caps[] = { "\nCapInh:\t", "\nCapPrm:\t", "\nCapEff:\t", "\nCapBnd:\t", "\nCapAmb:\t" };
	for (size_t i = 0; i < COUNT(caps); i++)
		is(of_status(caps[i]), "0000000000000000", "without capabilities (%s)", caps[i] + 1);
	is(of_status("\nNoNewPrivs:\t"), "1", "and none will come");
}

static bool holds(const char *block, size_t n, const char *what)
{
	return memmem(block, n, what, strlen(what)) != NULL;
}

static void shows_nothing(pid_t pid)
{
	static char block[65536];
	size_t n = read_proc(pid, "cmdline", block, sizeof block);
	ok(n == sizeof "naru-connector" && !memcmp(block, "naru-connector", n), "its command line is its name");
	is_int(read_proc(pid, "environ", block, sizeof block), 0, "it has no environment");
	n = read_proc(pid, "comm", block, sizeof block);
	ok(!holds(block, n, SECRET) && starts_with(block, "naru-connector"), "nor is the secret in its name");
	struct stat st;
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/mem", (int)pid);
	ok(stat(path, &st) == 0 && st.st_uid == 0, "its memory is root's alone");
}

/* Descriptors: the conversation, its server, nothing of the launcher's. */
static void descriptors(pid_t pid)
{
	char path[64], name[300], target[300];
	int sockets = 0, others = 0;
	snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
	DIR *d = opendir(path);
	for (const struct dirent *e; d && (e = readdir(d));) {
		snprintf(name, sizeof name, "%s/%.200s", path, e->d_name);
		ssize_t n = readlink(name, target, sizeof target - 1);
		if (n < 0 || strtol(e->d_name, NULL, 10) < 3)
			continue;
		target[n] = 0;
		bool known = starts_with(target, "socket:") || starts_with(target, "anon_inode:") || starts_with(target, "pipe:");
		if (starts_with(target, "/usr/lib/") || starts_with(target, "/etc/"))
			continue; /* a library or a setting that is being read just now */
		sockets += known;
		others += !known;
		if (!known)
			diag("%s -> %s", e->d_name, target);
	}
	if (d)
		closedir(d);
	ok(d && sockets >= 1 && others == 0, "nothing is open but connections");
}

/* In a process that is what the connector is: what of the site could it open? */
static int can_open(uid_t uid)
{
	static const char *const shut[] = { "state/keys/stores.key", "state/keys/proof.key", "state/db/stores/data.mdb", "home/alice", "home/bob", "run/launcher/sock" };
	int opened = 0;
	pid_t pid = fork();
	if (pid == 0) {
		if (setgroups(0, NULL) || setresgid((gid_t)uid, (gid_t)uid, (gid_t)uid) || setresuid(uid, uid, uid))
			_exit(100);
		for (size_t i = 0; i < COUNT(shut); i++)
			if (open(site_path("%s", shut[i]), O_RDONLY | O_CLOEXEC) >= 0 || access(site_path("%s", shut[i]), W_OK) == 0) {
				diag("%s is open", shut[i]);
				opened++;
			}
		_exit(opened);
	}
	waitpid(pid, &opened, 0);
	return WIFEXITED(opened) ? WEXITSTATUS(opened) : -1;
}

static pid_t wait_for_connector(uid_t *uid)
{
	for (int i = 0; i < 300; i++, usleep(10000))
		for (uid_t u = NOBODY; u < NOBODY + 32; u++) {
			pid_t pid = site_connector(u);
			char name[32];
			*uid = u;
			if (pid > 0 && read_proc(pid, "comm", name, sizeof name) && starts_with(name, "naru-connector"))
				return pid;
		}
	return 0;
}

/* Its server says nothing, so that it stays for a while as it is when it has just begun. */
static void as_nobody(int server, int port)
{
	uid_t uid = 0, other = 0;
	register_store("alice", "silent0000", (struct remote){ .kind = "webdav", .host = "localhost", .port = port, .path = "/", .user = "ferry", .security = "none", .auth = "password" });
	pid_t front = fork();
	if (front == 0)
		_exit(open_as("alice", "silent0000") != 0);
	pid_t pid = wait_for_connector(&uid);
	ok(pid > 0, "a connector at work");
	if (pid <= 0)
		return; /* 0 would be this whole group of processes */
	ok(poll(&(struct pollfd){ .fd = server, .events = POLLIN }, 1, 5000) == 1, "asks its server");
	identity(pid);
	shows_nothing(pid);
	descriptors(pid);
	is_int(can_open(uid), 0, "nothing of the site is open to who it is");
	struct ctx *at = site_ctx();
	ok(site_open(at, "alice", "home") && site_connector(ALICE) > 0, "one of alice's home");
	site_done(at);
	pid_t second = fork();
	if (second == 0)
		_exit(open_as("alice", "silent0000") != 0);
	kill(pid, SIGSTOP);
	usleep(500000);
	for (uid_t u = NOBODY; u < NOBODY + 32 && !other; u++)
		if (u != uid && site_connector(u) > 0)
			other = u;
	ok(other && other != uid, "another connector is another nobody");
	kill(pid, SIGKILL);
	site_kill_connectors(other);
	waitpid(front, NULL, 0);
	waitpid(second, NULL, 0);
}

int main(int argc, char **argv)
{
	(void)argc;
	if (geteuid() != 0)
		die("must run as root: it starts a launcher");
	signal(SIGPIPE, SIG_IGN);
	site_start(argv[0]);
	int port, server = listener(&port);
	refusals(port);
	forged(port);
	as_nobody(server, port);
	close(server);
	site_stop();
	return done_testing();
}
