/* What the POSIX driver must withstand, as two users, through a real launcher: paths, links, special files, rights, proofs, lost connectors. Run as root. */
#include <errno.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "store/wire.h"
#include "store_site.h"

static void site_file(const char *path, const char *content, uid_t uid, gid_t gid, mode_t mode)
{
	site_file_n(site_path("%s", path), content, strlen(content), uid, gid, mode);
}

/* ---- attacks on paths ---- */

static void bad_paths(void)
{
	static const char *const bad[] = { "..", "../bob", "a/../../bob", "/etc/passwd", "./one.txt", "folder//x", "one.txt/", ".", "a/.." };
	struct entry e;
	struct store_file f;
	char deep[9000];
	begin("bad paths");
	for (size_t i = 0; i < COUNT(bad); i++)
		ok(fails(store_stat(c, s, bad[i], &e), KIND_NOT_FOUND) && fails(store_read(c, s, bad[i], &f), KIND_NOT_FOUND), "%s", bad[i]);
	for (size_t i = 0; i < 4096; i++)
		memcpy(deep + 2 * i, "a/", 2);
	deep[8191] = 0;
	ok(fails(store_make_folder(c, s, deep), KIND_NOT_FOUND), "4096 folders deep");
	ok(fails(store_stat(c, s, "one.txt/x", &e), KIND_NOT_FOUND), "a file as a folder");
}

static void links(void)
{
	static const struct { const char *name, *to; } bad[] = {
		{ "l-shadow", "/etc/shadow" }, { "l-bob", "../bob/secret" }, { "l-proc", "/proc/self/root" }, { "l-null", "/dev/null" }, { "l-up", ".." },
		{ "l-absolute", "/" }, { "l-fd", "/proc/self/fd/3" },
	};
	struct entry e;
	struct store_file f;
	begin("links");
	site_file("home/bob/secret", "bob's", BOB, RESEARCHERS, 0644);
	for (size_t i = 0; i < COUNT(bad); i++) {
		(void)!symlink(bad[i].to, site_path("home/alice/%s", bad[i].name));
		ok(fails(store_read(c, s, bad[i].name, &f), KIND_FORBIDDEN), "%s is not followed", bad[i].name);
		ok(fails(store_list(c, s, &(struct store_query){ .path = bad[i].name, .limit = 5 }, &(struct store_page){ 0 }), KIND_FORBIDDEN)
			&& fails(write_file(text(c->arena, "%s/x", bad[i].name), "x", false), KIND_FORBIDDEN), "nor listed, nor written through");
		ok(store_stat(c, s, bad[i].name, &e) && e.kind == ENTRY_LINK, "but told as a link");
		ok(store_remove(c, s, bad[i].name, true), "and removed");
	}
	ok(access(site_path("home/bob/secret"), F_OK) == 0, "bob's file is still there");
	(void)!symlink("one.txt", site_path("home/alice/l-good"));
	ok(same(read_file("l-good"), "new content") && store_remove(c, s, "l-good", false), "a link inside the place is followed");
	(void)!symlink("l-loop", site_path("home/alice/l-loop"));
	ok(fails(store_read(c, s, "l-loop", &f), KIND_INVALID) && store_remove(c, s, "l-loop", false), "a link to itself ends");
}

static void may_fail(bool done)
{
	(void)done;
	forget(c);
}

/* While a folder is swapped for a link to bob's, over and over. */
static void swapped(void)
{
	unsigned seen = 0, made = 0;
	begin("a folder swapped for a link during the operation");
	may_fail(store_make_folder(c, s, "swap"));
	ok(write_file("swap/secret", "own", true), "a folder with a file");
	(void)!symlink(site_path("home/bob"), site_path("home/alice/swap-link"));
	pid_t pid = fork();
	for (; pid == 0;)
		renameat2(AT_FDCWD, site_path("home/alice/swap"), AT_FDCWD, site_path("home/alice/swap-link"), RENAME_EXCHANGE);
	for (int i = 0; i < 400; i++) {
		const char *content = read_file("swap/secret");
		seen += content && !same(content, "own");
		may_fail(write_file("swap/planted", "x", true));
		may_fail(store_remove(c, s, "swap/secret2", true));
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	made = access(site_path("home/bob/planted"), F_OK) == 0;
	ok(seen == 0, "bob's content was never read");
	ok(made == 0, "nothing was made in bob's folder");
	ok(store_remove(c, s, "swap", true) && store_remove(c, s, "swap-link", true), "both are removed");
	ok(access(site_path("home/bob/secret"), F_OK) == 0, "bob's file is still there");
}

/* ---- what may block ---- */

static void special_files(void)
{
	struct store_file f;
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	begin("special files");
	int64_t start = clock_ms();
	(void)!mkfifo(site_path("home/alice/fifo"), 0666);
	(void)!chown(site_path("home/alice/fifo"), ALICE, RESEARCHERS);
	(void)!mknod(site_path("home/alice/device"), S_IFCHR | 0666, 0x0103);
	(void)!chmod(site_path("home/alice/device"), 0666);
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(a.sun_path, sizeof a.sun_path, "%s", site_path("home/alice/socket"));
	(void)!bind(sock, (struct sockaddr *)&a, sizeof a);
	ok(fails(store_read(c, s, "fifo", &f), KIND_INVALID), "a FIFO is not opened");
	ok(fails(store_read(c, s, "device", &f), KIND_INVALID), "a device is not opened");
	ok(fails(store_read(c, s, "socket", &f), KIND_INVALID), "a socket is not opened");
	ok(fails(store_read(c, s, "", &f), KIND_INVALID), "a folder is not read");
	site_file("home/alice/sparse", "", ALICE, RESEARCHERS, 0644);
	ok(truncate(site_path("home/alice/sparse"), (off_t)10 << 40) == 0 && store_read(c, s, "sparse", &f) && f.entry.size == (int64_t)10 << 40, "a sparse file of 10 TiB");
	close(f.fd);
	ok(clock_ms() - start < 2000, "nothing waited");
	ok(store_remove(c, s, "fifo", true) && store_remove(c, s, "device", true) && store_remove(c, s, "socket", true) && store_remove(c, s, "sparse", true), "all are removed");
	close(sock);
}

static void trees(void)
{
	begin("trees");
	ok(store_make_folder(c, s, "tree") && write_file("tree/f", "x", false), "a tree");
	char *script = text(c->arena, "cd '%s' && i=0; while [ $i -lt 300 ]; do mkdir d && cd d && echo x > f && ln -s '%s' out; i=$((i+1)); done; chown -R %d:%d '%s'",
		site_path("home/alice/tree"), site_path("home/bob"), ALICE, RESEARCHERS, site_path("home/alice/tree"));
	ok(system(script) == 0, "300 folders deep, with links to bob's");
	struct store_space sp;
	ok(store_space(c, s, 1000, &sp) && sp.total > 0 && sp.free > 0 && sp.used > 100000 && sp.used < 100000000, "its space is added up");
	ok(store_remove(c, s, "tree", true), "it is removed");
	ok(access(site_path("home/alice/tree"), F_OK) < 0 && access(site_path("home/bob/secret"), F_OK) == 0, "and bob's is not");
	(void)!mkdir(site_path("home/alice/held"), 0777);
	(void)!mkdir(site_path("home/alice/held/mount"), 0777);
	(void)!chown(site_path("home/alice/held"), ALICE, RESEARCHERS);
	if (mount("tmpfs", site_path("home/alice/held/mount"), "tmpfs", 0, "size=1m,mode=0777") == 0) {
		site_file("home/alice/held/mount/kept", "x", ALICE, RESEARCHERS, 0644);
		ok(fails(store_remove(c, s, "held", true), KIND_CONFLICT), "a mounted file system in it is not entered");
		ok(access(site_path("home/alice/held/mount/kept"), F_OK) == 0, "and its content is kept");
		umount(site_path("home/alice/held/mount"));
	}
	(void)!chown(site_path("home/alice/held/mount"), ALICE, RESEARCHERS);
	ok(store_remove(c, s, "held", true), "without it, it is removed");
}

/* ---- rights ---- */

static bool status_has(pid_t pid, const char *line)
{
	char block[4096], *path = text(c->arena, "/proc/%ld/status", (long)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, block, sizeof block - 1);
	close(fd);
	block[n < 0 ? 0 : n] = 0;
	bool has = strstr(block, line) != NULL;
	if (!has)
		diag("no \"%s\"", line);
	return has;
}

static void rights(void)
{
	struct entry e;
	bool may;
	begin("rights");
	site_file("shared/bobs", "private", BOB, RESEARCHERS, 0600);
	site_file("shared/group", "researchers", BOB, RESEARCHERS, 0640);
	site_file("shared/biology", "biology", 0, BIOLOGY, 0640);
	site_file("shared/roots", "root", 0, 0, 0640);
	site_file("shared/naru", "system", 0, 42, 0640);
	s = site_open(c, "alice", "shared");
	ok(fails(store_read(c, s, "bobs", &(struct store_file){ 0 }), KIND_FORBIDDEN), "another's private file");
	ok(same(read_file("group"), "researchers") && same(read_file("biology"), "biology"), "files of her groups");
	ok(fails(store_read(c, s, "roots", &(struct store_file){ 0 }), KIND_FORBIDDEN), "a file of root's group");
	ok(fails(store_read(c, s, "naru", &(struct store_file){ 0 }), KIND_FORBIDDEN), "a file of a system group");
	ok(store_writable(c, s, "", &may) && !may && fails(write_file("x", "x", false), KIND_FORBIDDEN), "a folder of root's is not writable, and said so");
	struct store *bobs = site_open(c, "bob", "shared");
	ok(bobs && fails(store_read(c, bobs, "biology", &(struct store_file){ 0 }), KIND_FORBIDDEN), "bob is not in biology");
	ok(store_writable(c, site_open(c, "alice", "home"), "", &may) && may, "her home is");
	ok(store_stat(c, site_open(c, "bob", "home"), "secret", &e), "bob's home is bob's");
	pid_t pid = site_connector(ALICE);
	ok(pid > 0 && status_has(pid, "Uid:\t20001\t20001\t20001\t20001\n") && status_has(pid, "Gid:\t30000\t30000\t30000\t30000\n"), "the connector is alice");
	ok(status_has(pid, "Groups:\t30000 30001 \n"), "in alice's groups and no others");
	ok(status_has(pid, "CapPrm:\t0000000000000000\n") && status_has(pid, "CapEff:\t0000000000000000\n") && status_has(pid, "CapBnd:\t0000000000000000\n"), "without any power");
	ok(status_has(pid, "NoNewPrivs:\t1\n"), "and can get none");
	ok(status_has(site_launcher, "CapEff:\t00000000000000c0\n") && status_has(site_launcher, "CapBnd:\t0000000000000000\n"), "the launcher has two powers");
}

static void proofs(void)
{
	static const struct { const char *user; int64_t uid, gid; const char *groups, *module; int64_t life; const char *what; } bad[] = {
		{ "alice", ALICE, RESEARCHERS, "30000", "account", 60, "another module's" },
		{ "alice", ALICE, RESEARCHERS, "30000", "files", -5, "an expired one" },
		{ "root", 0, 0, "0", "files", 60, "root's" },
		{ "daemon", 1, 1, "1", "files", 60, "a system user's" },
		{ "alice", ALICE, 0, "30000", "files", 60, "one with root's group" },
		{ "alice", ALICE, 42, "30000", "files", 60, "one with a system's group" },
		{ "alice", ALICE, RESEARCHERS, "30000,0", "files", 60, "one with root's among the groups" },
		{ "alice", ALICE, RESEARCHERS, "30000,x", "files", 60, "one with a group that is no number" },
		{ "alice", 4294967295, RESEARCHERS, "30000", "files", 60, "one with uid -1" },
		{ "alice", 65534, RESEARCHERS, "30000", "files", 60, "nobody's" },
		{ "../bob", ALICE, RESEARCHERS, "30000", "files", 60, "one of a name with slashes" },
		{ "", ALICE, RESEARCHERS, "30000", "files", 60, "one without a name" },
	};
	struct store *t;
	begin("proofs");
	for (size_t i = 0; i < COUNT(bad); i++) {
		const char *p = site_proof(c, bad[i].user, bad[i].uid, bad[i].gid, bad[i].groups, bad[i].module, now() + bad[i].life);
		ok(fails(store_open(c, p, "home", &t), KIND_FORBIDDEN), "%s proof is refused", bad[i].what);
	}
	char *forged = text(c->arena, "%s", site_proof(c, "alice", ALICE, RESEARCHERS, "30000", "files", now() + 60));
	forged[3] = forged[3] == 'A' ? 'B' : 'A';
	ok(fails(store_open(c, forged, "home", &t), KIND_FORBIDDEN), "a forged proof is refused");
	ok(fails(store_open(c, NULL, "home", &t), KIND_FORBIDDEN) && fails(store_open(c, "", "home", &t), KIND_FORBIDDEN), "and none at all");
	const char *p = site_proof(c, "alice", ALICE, RESEARCHERS, "30000", "files", now() + 60);
	ok(fails(store_open(c, p, "nowhere", &t), KIND_NOT_FOUND), "a place that is not there");
	ok(fails(store_open(c, site_proof(c, "carol", 20003, RESEARCHERS, "30000", "files", now() + 60), "home", &t), KIND_NOT_FOUND), "a user without a home");
	const char *place, *path;
	ok(store_locate(c->arena, "alice", site_path("home/alice/a//b/"), &place, &path) && same(place, "home") && same(path, "a/b"), "a path is located");
	ok(!store_locate(c->arena, "alice", site_path("home/alicex/a"), &place, &path) && !store_locate(c->arena, "alice", site_path("home/alice/../bob"), &place, &path), "not what only looks like it");
}

/* ---- connections ---- */

static void lost_connectors(void)
{
	int fd;
	begin("lost connectors");
	ok(store_stat(c, s, "one.txt", &(struct entry){ 0 }), "a connector answers");
	site_kill_connectors(ALICE);
	ok(store_stat(c, s, "one.txt", &(struct entry){ 0 }), "it is killed, and another answers");
	ok(store_create(c, s, "new", -1, &fd) && store_write(c, fd, "half", 4), "a file is begun");
	site_kill_connectors(ALICE);
	ok(fails(store_commit(c, s, fd, "never", false), KIND_UNAVAILABLE), "its connector is killed: the commit says so");
	ok(access(site_path("home/alice/never"), F_OK) < 0, "and nothing of it is there");
	begin("a connector that is stopped");
	kill(site_connector(ALICE), SIGSTOP);
	c->deadline = clock_ms() + 300;
	int64_t start = clock_ms();
	ok(fails(store_stat(c, s, "one.txt", &(struct entry){ 0 }), KIND_TIMEOUT) && clock_ms() - start < 1500, "a stopped one is given up at the deadline");
	c->deadline = 0;
	ok(store_stat(c, s, "one.txt", &(struct entry){ 0 }), "and not asked again");
	site_kill_connectors(ALICE);
}

static int call_launcher(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	snprintf(a.sun_path, sizeof a.sun_path, "%s", site_path("run/launcher/sock"));
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (connect(fd, (struct sockaddr *)&a, sizeof a))
		diag("connect: %s", strerror(errno));
	return fd;
}

static void silent_clients(void)
{
	char block[100];
	begin("silent clients");
	int fd = call_launcher(), rude = call_launcher();
	(void)!write(rude, "\xff\xff\xff", 3);
	struct ctx *other = site_ctx();
	int64_t start = clock_ms();
	ok(site_open(other, "bob", "home") && clock_ms() - start < 1000, "one that says nothing keeps nobody waiting");
	site_done(other);
	ok(read(rude, block, sizeof block) == 0 && clock_ms() - start < 1000, "one that talks nonsense is cut off");
	ok(read(fd, block, sizeof block) == 0 && clock_ms() - start < 6000, "the silent one within five seconds");
	close(fd);
	close(rude);
}


/* As the front does it: the code of the answer, 0 for a welcome. */
static int64_t greet(int fd, const char *proof)
{
	static struct wire w;
	int64_t id;
	wire_begin(&w, WIRE_HELLO, 0);
	wire_put_text(&w, proof);
	wire_put_text(&w, "home");
	if (wire_send(fd, &w, -1, clock_ms() + 5000) || wire_receive(fd, &w, NULL, clock_ms() + 5000))
		return -1;
	return wire_open(&w, &id) == WIRE_ERROR ? wire_int(&w) : 0;
}

/* The kernel tells the launcher who called: the effective uid; the file system looks at another. */
static void stolen_proof(void)
{
	begin("a proof in other hands");
	const char *proof = site_proof(c, "alice", ALICE, RESEARCHERS, "30000", "files", now() + 60);
	if (seteuid(33))
		die("seteuid");
	setfsuid(0);
	int fd = call_launcher();
	if (seteuid(0))
		die("seteuid");
	ok(greet(fd, proof) == WIRE_E_PROOF, "a user who is not the module's is refused");
	close(fd);
	fd = call_launcher();
	ok(greet(fd, proof) == 0, "the same proof by root is taken");
	close(fd);
}

static void too_many(void)
{
	int fd[72];
	unsigned welcome = 0, busy = 0;
	begin("too many connectors");
	const char *proof = site_proof(c, "bob", BOB, RESEARCHERS, "30000", "files", now() + 60);
	for (size_t i = 0; i < COUNT(fd); i++) {
		int64_t code = greet(fd[i] = call_launcher(), proof);
		welcome += code == 0;
		busy += code == WIRE_E_BUSY;
	}
	ok(welcome >= 60 && welcome <= 64 && busy == 72 - welcome, "a user may have 64 with those of before, more are told to wait");
	ok(store_stat(c, s, "one.txt", &(struct entry){ 0 }), "others are not kept waiting");
	for (size_t i = 0; i < COUNT(fd); i++)
		close(fd[i]);
	bool again = false;
	for (int i = 0; i < 100 && !again; i++) {
		int one = call_launcher();
		again = greet(one, proof) == 0;
		close(one);
		usleep(10000);
	}
	ok(again, "when some are gone, the user is welcome again");
}

/* ---- the launcher ---- */

static void new_settings(void)
{
	begin("new settings");
	FILE *f = fopen(site_path("naru.conf"), "a");
	fprintf(f, "[place late]\npath = %s/shared\n", site_base);
	fclose(f);
	kill(site_launcher, SIGHUP);
	struct store *t;
	bool good = false;
	for (int i = 0; i < 100 && !good; i++, usleep(10000)) {
		good = store_open(c, site_proof(c, "alice", ALICE, RESEARCHERS, "30000", "files", now() + 60), "late", &t);
		forget(c);
	}
	ok(good, "a place that was added is there after SIGHUP");
}

/* As a service manager starts it: with a listening socket as descriptor 3. */
static void given_socket(const char *argv0)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	begin("a socket from a service manager");
	kill(site_launcher, SIGTERM);
	waitpid(site_launcher, NULL, 0);
	snprintf(a.sun_path, sizeof a.sun_path, "%s", site_path("run/launcher/sock"));
	unlink(a.sun_path);
	int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	ok(bind(listener, (struct sockaddr *)&a, sizeof a) == 0 && listen(listener, 5) == 0, "it listens");
	site_launcher = fork();
	if (site_launcher == 0) {
		if (listener != 3)
			dup2(listener, 3);
		else
			fcntl(3, F_SETFD, 0);
		setenv("LISTEN_PID", text(site_arena, "%ld", (long)getpid()), 1);
		setenv("LISTEN_FDS", "1", 1);
		execl(site_program(argv0, "naru-launcher"), "naru-launcher", (char *)NULL);
		_exit(127);
	}
	close(listener);
	int fd = call_launcher();
	ok(greet(fd, site_proof(c, "alice", ALICE, RESEARCHERS, "30000", "files", now() + 60)) == 0, "and the launcher serves it");
	close(fd);
}

static void prepare(void)
{
	begin("a file to begin with");
	ok(write_file("one.txt", "new content", false), "it is made");
}

int main(int argc, char **argv)
{
	(void)argc;
	if (geteuid() != 0) {
		skip("must run as root: it starts a launcher and is two users", 1);
		return done_testing();
	}
	site_start(argv[0]);
	prepare();
	bad_paths();
	links();
	swapped();
	special_files();
	trees();
	rights();
	proofs();
	lost_connectors();
	silent_clients();
	stolen_proof();
	too_many();
	new_settings();
	given_socket(argv[0]);
	site_done(c);
	site_stop();
	return done_testing();
}
