/*
 * launcher: starts a connector process that is the user, for whoever shows a proof that account signed, or an errand.
 *
 *   naru-launcher --socket PATH        or with a socket from the service manager (LISTEN_FDS)
 *
 * It runs as root with two capabilities and does nothing but accept, fork and reap: the client's first message is read in the child,
 * which has five seconds for it. Settings: [site] run state; [place NAME] path; [store] lowest-uid, connectors, connectors-per-user, and
 * of remote stores (remote.c) remote-uid, networks, ca-file.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "become.h"
#include "conf.h"
#include "daemon.h"
#include "guest.h"
#include "remote.h"
#include "slots.h"
#include "store.h"
#include "store/connector.h"
#include "store/places.h"

#define FIRST_MESSAGE_MS 5000

/* ---- the child: from a stranger to a connector ---- */

/* The first message: 0, an error code, or -1 for something that deserves no answer. */
static int read_hello(struct ctx *c, int socket, uid_t peer, struct guest *g)
{
	static struct wire w;
	int64_t id;
	if (wire_receive(socket, &w, NULL, clock_ms() + FIRST_MESSAGE_MS) || wire_open(&w, &id) != WIRE_HELLO)
		return -1;
	const char *shown = wire_text(&w), *place = wire_text(&w);
	return wire_end(&w) ? guest_judge(c, shown, place, peer, g) : -1;
}

/* Half of a user's connectors at least are for the user alone: whoever has links of theirs must not keep them from their own files. */
static int may(struct ctx *c, const struct guest *g, struct slot *slot, struct person *who)
{
	const struct proof *p = &g->who;
	if (!place_user_good(p->user) || !person_from(p->uid, p->gid, p->groups, conf_int("store", "lowest-uid", 1000), who)) {
		log_line(c, "refused: uid %lld gid %lld may not have a connector", (long long)p->uid, (long long)p->gid);
		return WIRE_E_PROOF;
	}
	return slot_user(slot, who->uid, g->errand.rights != 0, (unsigned)conf_int("store", "connectors-per-user", 64)) ? 0 : WIRE_E_BUSY;
}

/* What an errand is for may be one file: then the top is its folder, and every path begins with its name. */
static int open_posix(struct connector *n, const char *path, const struct errand *e)
{
	struct remote r = { .path = path, .root = e->path, .rights = e->rights };
	n->driver = &posix_driver;
	n->rights = (unsigned)e->rights;
	static char whose[24]; /* the arena goes before the connector serves */
	snprintf(whose, sizeof whose, "%s", e->who ? e->who : "");
	n->who = whose;
	int code = n->driver->open(&r, &n->state);
	if (code != ENOTDIR || !e->rights)
		return code;
	static char folder[WIRE_PATH_MOST + 1], name[WIRE_NAME_MOST + 1];
	const char *slash = strrchr(e->path, '/');
	snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - e->path) : 0, e->path);
	snprintf(name, sizeof name, "%s", slash ? slash + 1 : e->path);
	r.root = folder;
	r.only = n->prefix = name;
	return n->driver->open(&r, &n->state);
}

/* A connector of an errand does not outlive it. */
static int64_t life(const struct errand *e)
{
	int64_t left = e->rights ? (e->until - now()) * 1000 : CONNECTOR_LIFE_MS;
	return left < CONNECTOR_LIFE_MS ? left : CONNECTOR_LIFE_MS;
}

static int prepare(struct ctx *c, int socket, uid_t peer, struct slot *slot, struct connector *out)
{
	struct guest g;
	struct person who;
	int e = read_hello(c, socket, peer, &g);
	if (!e)
		e = may(c, &g, slot, &who);
	if (e)
		return e;
	out->life_ms = life(&g.errand);
	const char *store = remote_id_of(c->arena, g.place);
	if (store)
		return remote_start(c, g.who.user, store, &g.errand, slot);
	const char *path = place_path(c->arena, g.place, g.who.user);
	if (!path)
		return WIRE_E_PLACE;
	slots_leave();
	close(BECOME_PROGRAM);
	become_person(&who);
	e = open_posix(out, path, &g.errand);
	if (e)
		log_line(c, "place %s of uid %lld: %s", g.place, (long long)g.who.uid, strerror(e));
	return e && !g.errand.rights ? WIRE_E_PLACE : e;
}

static void plain_signals(void)
{
	sigset_t none;
	sigemptyset(&none);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void child(int client, uid_t peer, struct slot *slot)
{
	plain_signals();
	struct ctx c = { .arena = arena_new(0), .tag = "connector" };
	struct connector n = {
		.socket = become_bare(client, remote_descriptor()), .born = clock_ms(), .idle_ms = CONNECTOR_IDLE_MS, .life_ms = CONNECTOR_LIFE_MS,
	};
	int e = prepare(&c, n.socket, peer, slot, &n);
	if (e < 0 || !connector_greet(&n, e))
		_exit(0);
	arena_free(c.arena);
	connector_serve(&n);
	_exit(0);
}

/* ---- the launcher ---- */

static void start_child(int client)
{
	struct ucred peer;
	socklen_t n = sizeof peer;
	struct slot *slot = getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &n) ? NULL : slot_take(peer.uid);
	pid_t pid = slot ? fork() : -1;
	if (pid == 0)
		child(client, peer.uid, slot);
	if (pid > 0) {
		slot_pid(slot, pid);
	} else {
		connector_greet(&(struct connector){ .socket = client }, WIRE_E_BUSY);
		log_line(NULL, "no connector started: %s", slot ? strerror(errno) : "too many");
		if (slot)
			slot_free(slot);
	}
	close(client);
}

static void accept_one(int listener)
{
	int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (client >= 0)
		start_child(client);
	else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
		poll(NULL, 0, 100); /* the waiting client stays in the queue; do not spin on it */
}

static void reap(void)
{
	int status;
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0; slot_end(pid))
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			log_line(NULL, "connector %ld ended with %s %d", (long)pid, WIFSIGNALED(status) ? "signal" : "status",
				WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

static void reload(void)
{
	struct ctx c = { .arena = arena_new(0) };
	const char *path = getenv("NARU_CONF");
	if (!conf_load(&c, path ? path : "/etc/naru/naru.conf"))
		log_line(NULL, "settings not read again: %s", c.error.detail ? c.error.detail : "error");
	arena_free(c.arena);
}

/* False: time to end. Connectors go on until they are idle. */
static bool on_signal(int fd)
{
	struct signalfd_siginfo s;
	if (read(fd, &s, sizeof s) != (ssize_t)sizeof s)
		return true;
	if (s.ssi_signo == SIGCHLD)
		reap();
	else if (s.ssi_signo == SIGHUP)
		reload();
	else
		return false;
	return true;
}

static void serve(int listener)
{
	struct pollfd p[2] = { { .fd = listener, .events = POLLIN }, { .fd = daemon_signals(), .events = POLLIN } };
	for (;;) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			die("poll: %s", strerror(errno));
		if (p[1].revents && !on_signal(p[1].fd))
			return;
		if (p[0].revents)
			accept_one(listener);
	}
}

/* ---- the socket ---- */

/* root's, and for the group of the modules that use stores. Without that group (a developer's machine) root's alone. */
static void protect(const char *path, mode_t mode)
{
	const struct group *g = getgrnam("naru-store");
	if (g && chown(path, 0, g->gr_gid))
		die("%s: %s", path, strerror(errno));
	if (chmod(path, mode))
		die("%s: %s", path, strerror(errno));
}

static void make_folder(const char *socket_path)
{
	char folder[sizeof((struct sockaddr_un *)NULL)->sun_path] = "";
	const char *slash = strrchr(socket_path, '/');
	if (!slash || slash == socket_path)
		die("%s: not a path of a socket in a folder", socket_path);
	memcpy(folder, socket_path, (size_t)(slash - socket_path));
	if (mkdir(folder, 0700) == 0)
		protect(folder, 0750);
	else if (errno != EEXIST)
		die("%s: %s", folder, strerror(errno));
}

static int bind_at(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof a.sun_path)
		die("%s: the path is too long for a socket", path);
	memcpy(a.sun_path, path, strlen(path));
	make_folder(path);
	unlink(path);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) || listen(fd, 128))
		die("%s: %s", path, strerror(errno));
	protect(path, 0660);
	return fd;
}

static int inherited(void)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");
	int64_t v;
	if (!pid || !n || !parse_int(pid, 1, INT32_MAX, &v) || v != getpid() || !same(n, "1"))
		die("usage: naru-launcher --socket PATH");
	fcntl(3, F_SETFD, FD_CLOEXEC);
	fcntl(3, F_SETFL, fcntl(3, F_GETFL) | O_NONBLOCK);
	return 3;
}

int main(int argc, char **argv)
{
	program = "launcher";
	umask(0077);
	conf_start();
	if (geteuid() != 0)
		die("must be started as root");
	int listener = argc == 3 && same(argv[1], "--socket") ? bind_at(argv[2]) : inherited();
	slots_start((unsigned)conf_int("store", "connectors", 512));
	remote_program();
	become_launcher();
	log_line(NULL, "ready");
	serve(listener);
	return 0;
}
