/*
 * store_site: a small site for the store tests: settings, keys, folders of two users, and a real launcher (the program beside the tests in the
 * build directory). Included by the test itself.
 */
#ifndef STORE_SITE_H
#define STORE_SITE_H

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base.h"
#include "conf.h"
#include "proof.h"
#include "remotes.h"
#include "seal.h"
#include "store.h"
#include "tap.h"

#define ALICE 20001
#define BOB 20002
#define RESEARCHERS 30000
#define BIOLOGY 30001

static char site_base[64] = "/tmp/naru-store-XXXXXX";
static pid_t site_launcher;
static struct arena *site_arena;

/* A path below the base, in memory that stays. */
PRINTF_LIKE(1, 2) static const char *site_path(const char *fmt, ...)
{
	va_list v;
	va_start(v, fmt);
	const char *below = vtext(site_arena, fmt, v);
	va_end(v);
	return text(site_arena, "%s/%s", site_base, below);
}

/* A file of the user's with this content. */
static void site_file_n(const char *path, const void *content, size_t n, uid_t uid, gid_t gid, mode_t mode)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, content, n) != (ssize_t)n || fchown(fd, uid, gid) || fchmod(fd, mode))
		die("%s cannot be made", path);
	close(fd);
}

static void site_folder(const char *below, uid_t uid, gid_t gid, mode_t mode)
{
	const char *path = site_path("%s", below);
	if (mkdir(path, 0700) || chown(path, uid, gid) || chmod(path, mode))
		die("%s cannot be made", path);
}

static void site_keys(void)
{
	unsigned char public[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
	if (sodium_init() < 0 || crypto_sign_keypair(public, secret))
		die("libsodium");
	site_file_n(site_path("state/keys/proof.key"), secret, sizeof secret, 0, 0, 0400);
	site_file_n(site_path("state/keys/proof.pub"), public, sizeof public, 0, 0, 0444);
	unsigned char box[crypto_box_SECRETKEYBYTES], open_half[crypto_box_PUBLICKEYBYTES];
	crypto_box_keypair(open_half, box);
	site_file_n(site_path("state/keys/stores.key"), box, sizeof box, 0, 0, 0400);
	site_file_n(site_path("state/keys/stores.pub"), open_half, sizeof open_half, 0, 0, 0444);
}

static void site_settings(void)
{
	const char *conf = text(site_arena,
		"[site]\nstate = %s/state\nrun = %s/run\n[place home]\ntitle = Home\npath = %s/home/%%u\n[place shared]\npath = %s/shared\n"
		"[store]\nnetworks = 127.0.0.0/8 ::1/128\nca-file = %s\n",
		site_base, site_base, site_base, site_base, getenv("STORES_CA") ? getenv("STORES_CA") : "");
	site_file_n(site_path("naru.conf"), conf, strlen(conf), 0, 0, 0644);
	setenv("NARU_CONF", site_path("naru.conf"), 1);
	conf_start();
}

static const char *site_program(const char *argv0, const char *name)
{
	const char *slash = strrchr(argv0, '/');
	return text(site_arena, "%.*s/../bin/%s", slash ? (int)(slash - argv0) : 1, slash ? argv0 : ".", name);
}

/* Its socket is there before it listens on it. */
static bool site_answers(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
	bool answers = fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) == 0;
	close(fd);
	return answers;
}

/* The launcher ends with the test, however that ends. */
static void site_launch(const char *launcher)
{
	const char *socket = site_path("run/launcher/sock");
	site_launcher = fork();
	if (site_launcher == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		execl(launcher, "naru-launcher", "--socket", socket, (char *)NULL);
		die("%s cannot be started", launcher);
	}
	for (int i = 0; i < 500 && !site_answers(socket); i++)
		usleep(10000);
}

static void site_start(const char *argv0)
{
	program = "test";
	site_arena = arena_new(0);
	if (!mkdtemp(site_base) || chmod(site_base, 0755))
		die("mkdtemp");
	umask(0022);
	site_folder("state", 0, 0, 0755);
	site_folder("state/keys", 0, 0, 0755);
	site_folder("state/db", 0, 0, 0755);
	site_folder("state/db/stores", 0, 0, 0755);
	site_folder("run", 0, 0, 0755);
	site_folder("home", 0, 0, 0755);
	site_folder("home/alice", ALICE, RESEARCHERS, 0700);
	site_folder("home/bob", BOB, RESEARCHERS, 0700);
	site_folder("shared", 0, 0, 0755);
	site_keys();
	site_settings();
	site_launch(site_program(argv0, "naru-launcher"));
}

static void site_stop(void)
{
	if (site_launcher > 0) {
		kill(site_launcher, SIGTERM);
		waitpid(site_launcher, NULL, 0);
	}
	if (system(text(site_arena, "rm -rf --one-file-system '%s'", site_base)))
		diag("%s is left over", site_base);
	arena_free(site_arena);
}

/* A context of its own arena; site_done() ends it as a request's end would. */
static struct ctx *site_ctx(void)
{
	struct arena *a = arena_new(0);
	struct ctx *c = NEW(a, struct ctx);
	c->arena = a;
	c->tag = "test";
	return c;
}

static void site_done(struct ctx *c)
{
	arena_free(c->arena);
}

static const char *site_proof(struct ctx *c, const char *user, int64_t uid, int64_t gid, const char *groups, const char *module, int64_t expires)
{
	const char *out = NULL;
	struct proof p = { .user = user, .uid = uid, .gid = gid, .groups = groups, .module = module, .expires = expires };
	if (!proof_sign(c, &p, &out))
		die("no proof: %s", c->error.detail);
	return out;
}

static struct store *site_open(struct ctx *c, const char *user, const char *place)
{
	struct store *s = NULL;
	bool alice = same(user, "alice");
	const char *p = site_proof(c, user, alice ? ALICE : BOB, RESEARCHERS, alice ? "30000,30001,42,5" : "30000", "files", now() + 60);
	return store_open(c, p, place, &s) ? s : NULL;
}

static bool site_put_remote(struct ctx *c, struct db_write *d, void *r)
{
	return remote_put(c, d, r);
}

/* Registers a remote store of alice's with id "remote0000", whose secrets are in plain words here. Its place is "store-remote0000". */
__attribute__((unused)) static void site_remote(const struct remote *wish)
{
	static struct db *d;
	struct ctx *at = site_ctx();
	struct remote r = *wish;
	r.owner = "alice";
	r.id = "remote0000";
	if ((!d && !db_open(at, "stores", DB_READ_WRITE, &d)) || !remote_seal(at, &r, wish->secret, &r.secret) || !remote_seal(at, &r, wish->key, &r.key) ||
	    !db_change(at, d, site_put_remote, &r))
		die("store: %s", at->error.detail);
	site_done(at);
}

/* Is this a living child of the launcher that is this user? */
static bool site_is_connector(const char *pid, uid_t uid)
{
	char path[64], block[2048], *parent, *who, *state;
	snprintf(path, sizeof path, "/proc/%.20s/status", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, block, sizeof block - 1);
	if (fd >= 0)
		close(fd);
	block[n < 0 ? 0 : n] = 0;
	parent = strstr(block, "\nPPid:\t");
	who = strstr(block, "\nUid:\t");
	state = strstr(block, "\nState:\tZ");
	return parent && who && !state && strtol(parent + 7, NULL, 10) == site_launcher && strtoul(who + 6, NULL, 10) == uid;
}

static pid_t site_connector(uid_t uid)
{
	pid_t found = 0;
	DIR *d = opendir("/proc");
	for (const struct dirent *e; d && (e = readdir(d));)
		if (e->d_name[0] >= '1' && e->d_name[0] <= '9' && site_is_connector(e->d_name, uid))
			found = (pid_t)strtol(e->d_name, NULL, 10);
	if (d)
		closedir(d);
	return found;
}

/* Ends all connectors of a user. */
__attribute__((unused)) static void site_kill_connectors(uid_t uid)
{
	for (pid_t pid; (pid = site_connector(uid)) > 0; usleep(10000))
		kill(pid, SIGKILL);
}

/* ---- what the tests say in one word ---- */

static struct ctx *c;       /* of the test under way */
static struct store *s;     /* alice's home, or what the test has opened instead */

/* Ends what the test before had open and starts afresh. */
__attribute__((unused)) static void begin(const char *what)
{
	if (c)
		site_done(c);
	c = site_ctx();
	s = site_open(c, "alice", "home");
	diag("%s", what);
	if (!s)
		die("no store: %s", c->error.detail);
}

static enum kind kind_then_forget(void)
{
	enum kind k = c->error.kind;
	forget(c);
	return k;
}

/* It failed, and with this kind. */
__attribute__((unused)) static bool fails(bool done, enum kind kind)
{
	const char *detail = c->error.detail;
	enum kind k = kind_then_forget();
	if (done || k != kind)
		diag("done %d, kind %d instead of %d: %s", done, (int)k, (int)kind, detail ? detail : "");
	return !done && k == kind;
}

__attribute__((unused)) static bool write_file(const char *path, const char *content, bool replace)
{
	int fd;
	return store_create(c, s, path, (int64_t)strlen(content), &fd) && store_write(c, fd, content, strlen(content)) && store_commit(c, s, fd, path, replace);
}

__attribute__((unused)) static const char *read_file(const char *path)
{
	struct store_file f;
	char block[256];
	if (!store_read(c, s, path, &f))
		return NULL;
	ssize_t n = read(f.fd, block, sizeof block);
	close(f.fd);
	return n < 0 ? NULL : arena_copy(c->arena, block, (size_t)n);
}

#endif
