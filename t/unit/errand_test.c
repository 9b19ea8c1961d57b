/* Errands: who may show one, for what, how long, and what its connector refuses, through a real launcher. Run as root. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>

#include "errand.h"
#include "store/client.h"
#include "store_site.h"

static struct mandate alice(void)
{
	return (struct mandate){ .user = "alice", .uid = ALICE, .gid = RESEARCHERS, .groups = "30000,30001", .holder = "mover", .expires = now() + 86400 };
}

static const char *mandate_of(const struct mandate *m)
{
	const char *out = NULL;
	if (!mandate_sign(c, m, &out))
		die("no mandate: %s", c->error.detail);
	return out;
}

/* alice's, sealed for a path in a place. */
static const char *errand_for(const char *place, const char *path, int64_t rights)
{
	struct mandate m = alice();
	const char *out = NULL;
	if (!errand_seal(c, &(struct errand){ .mandate = mandate_of(&m), .place = place, .path = path, .rights = rights }, &out))
		die("no errand: %s", c->error.detail);
	return out;
}

/* The code with which it is refused; 0: it is not, and s is what it opened. */
static int shown(const char *errand, const char *place)
{
	bool done = store_open(c, errand, place, &s);
	forget(c);
	return done ? 0 : client_code();
}

static int rooted(const char *path, int64_t rights)
{
	return shown(errand_for("home", path, rights), "home");
}

static void people(const char *lines)
{
	const char *all = text(site_arena, "user uid gid groups\n%s", lines);
	site_file_n(site_path("state/launcher/people"), all, strlen(all), 0, 0, 0640);
}

static void file_of_alices(const char *path, const char *content)
{
	site_file_n(site_path("home/alice/%s", path), content, strlen(content), ALICE, RESEARCHERS, 0600);
}

static void link_of_alices(const char *to, const char *path)
{
	if (symlink(to, site_path("home/alice/%s", path)))
		die("%s cannot be made", path);
}

static void tree(void)
{
	site_folder("state/launcher", 0, 0, 0750);
	people("alice 20001 30000 30000,30001\n");
	site_folder("home/alice/data", ALICE, RESEARCHERS, 0700);
	site_folder("home/alice/data/deep", ALICE, RESEARCHERS, 0700);
	site_folder("home/alice/other", ALICE, RESEARCHERS, 0700);
	file_of_alices("data/in.txt", "in the folder");
	file_of_alices("data/deep/low.txt", "deep in it");
	file_of_alices("other/out.txt", "outside of it");
	site_file_n(site_path("home/bob/secret"), "bob's", 5, BOB, RESEARCHERS, 0644);
	link_of_alices("data", "way");
	link_of_alices("../bob", "away");
	link_of_alices("../other/out.txt", "data/out");
	link_of_alices("deep/low.txt", "data/low");
	link_of_alices("in.txt", "data/in-link");
}

/* ---- mandates and seals ---- */

static bool ends(const char *mandate)
{
	int64_t at;
	bool done = mandate_ends(c, mandate, &at);
	forget(c);
	return done && at > now();
}

static void mandates(void)
{
	struct mandate m = alice();
	const char *good = mandate_of(&m), *proof = site_proof(c, "alice", ALICE, RESEARCHERS, "30000", "files", now() + 60), *out;
	ok(ends(good), "a mandate");
	ok(!ends(NULL) && !ends("") && !ends("x.y") && !ends(proof), "none, nonsense, a proof");
	ok(!store_open(c, good, "home", &s), "is no proof");
	forget(c);
	m.expires = now() - 1;
	ok(!ends(mandate_of(&m)), "an ended one");
	m.expires = now() + (int64_t)366 * 86400;
	ok(!ends(mandate_of(&m)), "one from before the clock was set back");
	struct errand e = { .mandate = good, .place = "home", .path = "data", .rights = ERRAND_READ, .until = now() + 2 * 86400 };
	ok(fails(errand_seal(c, &e, &out), KIND_INVALID), "no errand is longer than its mandate");
	e.until = 0;
	e.path = "../bob";
	ok(fails(errand_seal(c, &e, &out), KIND_INVALID), "nor for a path with ..");
	e.path = "data";
	e.rights = ERRAND_EXACT;
	ok(fails(errand_seal(c, &e, &out), KIND_INVALID), "nor for nothing");
	e.rights = 64 | ERRAND_READ;
	ok(fails(errand_seal(c, &e, &out), KIND_INVALID), "nor for what is unknown");
	e.rights = ERRAND_READ;
	e.place = "";
	ok(fails(errand_seal(c, &e, &out), KIND_INVALID), "nor without a place");
	e.mandate = NULL;
	ok(fails(errand_seal(c, &e, &out), KIND_FORBIDDEN), "nor without a mandate");
}

/* What the module would have refused to seal, sealed all the same: the public key is everybody's. */
static const char *sealed_by_hand(const struct errand *e)
{
	const char *box = NULL;
	if (!seal_bytes(c, record_pack(c->arena, &errand_record, e), &box))
		die("seal");
	return text(c->arena, ERRAND_MARK "%s", box);
}

static void forged(void)
{
	struct mandate m = alice();
	struct errand e = { .mandate = mandate_of(&m), .place = "home", .path = "data", .rights = ERRAND_READ, .until = now() + 3600 };
	is_int(shown(sealed_by_hand(&e), "home"), 0, "sealed by hand it is as good");
	is_int(shown(sealed_by_hand(&e), "shared"), WIRE_E_ERRAND, "but not for another place");
	e.path = "../bob";
	is_int(shown(sealed_by_hand(&e), "home"), WIRE_E_ERRAND, "not with a path that leads up");
	e.path = "data";
	e.rights = 0;
	is_int(shown(sealed_by_hand(&e), "home"), WIRE_E_ERRAND, "not without rights");
	e.rights = ERRAND_READ;
	e.until = m.expires + 1;
	is_int(shown(sealed_by_hand(&e), "home"), WIRE_E_ERRAND, "not beyond the mandate");
	e.until = now() - 1;
	is_int(shown(sealed_by_hand(&e), "home"), WIRE_E_ERRAND, "not when it has ended");
	e.until = 0;
	is_int(shown(sealed_by_hand(&e), "home"), WIRE_E_ERRAND, "not without an end");
	e.until = now() + 3600;
	e.mandate = site_proof(c, "alice", ALICE, RESEARCHERS, "30000", "files", now() + 60);
	is_int(shown(sealed_by_hand(&e), "home"), WIRE_E_ERRAND, "not with a proof for a mandate");
	m.expires = now() - 1;
	e.mandate = mandate_of(&m);
	is_int(shown(sealed_by_hand(&e), "home"), WIRE_E_ERRAND, "not with an ended mandate");
	m = (struct mandate){ .user = "root", .uid = 0, .gid = 0, .groups = "0", .holder = "mover", .expires = now() + 3600 };
	people("alice 20001 30000 30000,30001\nroot 0 0 0\n");
	e.mandate = mandate_of(&m);
	is_int(shown(sealed_by_hand(&e), "home"), WIRE_E_PROOF, "not as root");
}

static void tampered(void)
{
	const char *good = errand_for("home", "data", ERRAND_READ);
	size_t let = 0, n = strlen(good);
	for (size_t i = 0; i < n; i += 13) {
		char *other = arena_copy(c->arena, good, n);
		other[i] = other[i] == 'A' ? 'B' : 'A';
		let += shown(other, "home") == 0;
	}
	is_int((int)let, 0, "no letter of it may change");
	is_int(shown(ERRAND_MARK, "home"), WIRE_E_ERRAND, "an empty one");
	is_int(shown(ERRAND_MARK "AAAA", "home"), WIRE_E_ERRAND, "a short one");
}

/* ---- who shows it, and whose it is ---- */

/* In a process of that uid: the code with which it is refused. */
static int shown_as(uid_t uid, const char *errand)
{
	pid_t pid = fork();
	if (pid == 0) {
		if (setgroups(0, NULL) || setresgid(65534, 65534, 65534) || setresuid(uid, uid, uid))
			_exit(99);
		int code = shown(errand, "home");
		_exit(code ? code - WIRE_E_PROOF + 1 : 0);
	}
	int status;
	waitpid(pid, &status, 0);
	int left = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	return left > 0 && left < 99 ? left + WIRE_E_PROOF - 1 : left;
}

static void holders(void)
{
	if (chmod(site_path("run/launcher"), 0755) || chmod(site_path("run/launcher/sock"), 0666))
		die("socket");
	is_int(rooted("data", ERRAND_READ), 0, "root may show what is any holder's");
	is_int(shown_as(1, errand_for("home", "data", ERRAND_READ)), WIRE_E_ERRAND, "another program's uid may not");
	is_int(shown_as(ALICE, errand_for("home", "data", ERRAND_READ)), WIRE_E_ERRAND, "not even its owner's");
	struct mandate m = alice();
	m.holder = "";
	struct errand e = { .mandate = mandate_of(&m), .place = "home", .path = "data", .rights = ERRAND_READ, .until = now() + 3600 };
	is_int(shown_as(1, sealed_by_hand(&e)), WIRE_E_ERRAND, "one for nobody is nobody's");
	const struct passwd *files = getpwnam("naru-files");
	m.holder = "files";
	e.mandate = mandate_of(&m);
	if (files)
		is_int(shown_as(files->pw_uid, sealed_by_hand(&e)), 0, "the holder may");
}

static bool reads(const char *path, const char *content)
{
	const char *got = read_file(path);
	forget(c);
	return same(got, content);
}

static void owners(void)
{
	const char *good = errand_for("home", "data", ERRAND_READ), *shared;
	struct mandate m = alice();
	is_int(shown(good, "home"), 0, "while the owner may use the portal");
	people("bob 20002 30000 30000\n");
	site_kill_connectors(ALICE);
	is_int(shown(good, "home"), WIRE_E_ERRAND, "the owner's account is closed");
	people("alice 20009 30000 30000\nalicex 20001 30000 30000\n");
	is_int(shown(good, "home"), WIRE_E_ERRAND, "or somebody else's now");
	unlink(site_path("state/launcher/people"));
	is_int(shown(good, "home"), WIRE_E_ERRAND, "account has told nothing");
	people("alice 20001 30000 30000,30001\n");
	site_file_n(site_path("shared/biology"), "biology", 7, 0, BIOLOGY, 0640);
	if (!errand_seal(c, &(struct errand){ .mandate = mandate_of(&m), .place = "shared", .rights = ERRAND_READ }, &shared))
		die("seal");
	ok(shown(shared, "shared") == 0 && reads("biology", "biology"), "a file of the owner's group");
	site_kill_connectors(ALICE);
	people("alice 20001 30000 30000\n");
	ok(shown(shared, "shared") == 0 && !reads("biology", "biology"), "is not read when the owner has left the group");
	site_kill_connectors(ALICE);
	people("alice 20001 30000 30000,30001,30002\n");
}

/* ---- where ---- */

static bool lists(size_t n)
{
	struct store_page page = { 0 };
	bool done = store_list(c, s, &(struct store_query){ .path = "", .limit = 100 }, &page);
	forget(c);
	return done && page.n == n;
}

static void roots(void)
{
	struct entry e;
	is_int(rooted("data", ERRAND_READ), 0, "a folder");
	ok(reads("in.txt", "in the folder") && reads("deep/low.txt", "deep in it") && lists(5), "is the top of all paths");
	ok(reads("low", "deep in it") && !reads("out", "outside of it"), "a link in it is followed, one that leads out is not");
	ok(fails(store_stat(c, s, "../other/out.txt", &e), KIND_NOT_FOUND) && fails(store_stat(c, s, "..", &e), KIND_NOT_FOUND), "there is no way up");
	is_int(rooted("data/in.txt", ERRAND_READ), 0, "a file");
	ok(reads("", "in the folder") && !reads("in.txt", "in the folder") && !reads("deep/low.txt", "deep in it"), "is all there is");
	ok(!lists(5) && !lists(0), "and no folder");
	is_int(rooted("", ERRAND_READ), 0, "a whole place");
	ok(reads("data/in.txt", "in the folder"), "has all paths");
	is_int(rooted("gone", ERRAND_READ), ENOENT, "what is not there (any more)");
	is_int(rooted("data/in.txt/x", ERRAND_READ), ENOTDIR, "below a file");
	is_int(rooted("away", ERRAND_READ), WIRE_E_OUTSIDE, "a link that leads out of the place");
	is_int(rooted("away/secret", ERRAND_READ), WIRE_E_OUTSIDE, "a path through one");
}

static void swap(const char *one, const char *other)
{
	if (renameat2(AT_FDCWD, site_path("home/alice/%s", one), AT_FDCWD, site_path("home/alice/%s", other), RENAME_EXCHANGE))
		die("rename: %s", strerror(errno));
}

static void links_on_the_way(void)
{
	is_int(rooted("way", ERRAND_READ), 0, "a link in the place");
	ok(reads("in.txt", "in the folder"), "is followed");
	is_int(rooted("way", ERRAND_READ | ERRAND_EXACT), WIRE_E_OUTSIDE, "but not when strangers come in");
	is_int(rooted("way/deep", ERRAND_READ | ERRAND_EXACT), WIRE_E_OUTSIDE, "nor on the way");
	is_int(rooted("data", ERRAND_READ | ERRAND_EXACT), 0, "a folder as it is");
	ok(reads("low", "deep in it"), "with its own links");
	is_int(rooted("data/in.txt", ERRAND_READ | ERRAND_EXACT), 0, "a file as it is");
	ok(reads("", "in the folder"), "is read");
	is_int(rooted("data/in-link", ERRAND_READ | ERRAND_EXACT), WIRE_E_OUTSIDE, "a link in the place of the file is not");
	is_int(rooted("data/in.txt", ERRAND_READ | ERRAND_EXACT), 0, "a file that is swapped for a link");
	swap("data/in.txt", "data/in-link");
	ok(!reads("", "in the folder") && !lists(0) && !lists(5), "is not read");
	swap("data/in.txt", "data/in-link");
	ok(reads("", "in the folder"), "until it is back");
	if (unlink(site_path("home/alice/data/in-link")))
		die("unlink");
}

/* ---- what ---- */

static void may_read(void)
{
	int fd;
	bool may;
	is_int(rooted("data", ERRAND_READ), 0, "to read");
	ok(!(store_can(s) & STORE_CAN_WRITE) && store_writable(c, s, "", &may) && !may, "is told as that");
	ok(fails(store_create(c, s, "new", 1, &fd), KIND_FORBIDDEN) && client_code() == WIRE_E_RIGHT, "makes no file");
	ok(fails(store_make_folder(c, s, "new"), KIND_FORBIDDEN) && fails(store_remove(c, s, "in.txt", false), KIND_FORBIDDEN)
		&& fails(store_rename(c, s, "in.txt", "x"), KIND_FORBIDDEN) && fails(store_copy(c, s, "in.txt", "x", false), KIND_FORBIDDEN), "and changes nothing");
	ok(fails(store_space(c, s, 0, &(struct store_space){ 0 }), KIND_FORBIDDEN), "nor is the disk anybody's business");
	ok(lists(4), "all is as it was");
}

static void may_drop(void)
{
	struct entry e;
	is_int(rooted("data", ERRAND_DROP | ERRAND_EXACT), 0, "to drop");
	ok(store_can(s) & STORE_CAN_WRITE, "is told as that");
	ok(write_file("new", "dropped", false) && store_make_folder(c, s, "box") && write_file("box/more", "more", false), "makes files and folders");
	ok(fails(write_file("new", "again", false), KIND_CONFLICT) && fails(write_file("in.txt", "again", true), KIND_FORBIDDEN), "replaces nothing");
	ok(fails(store_read(c, s, "new", &(struct store_file){ 0 }), KIND_FORBIDDEN) && fails(store_stat(c, s, "new", &e), KIND_FORBIDDEN) && !lists(4) && !lists(6), "tells nothing of what is there");
	ok(fails(store_remove(c, s, "new", false), KIND_FORBIDDEN) && fails(store_rename(c, s, "new", "x"), KIND_FORBIDDEN), "takes nothing away");
	ok(fails(write_file("../other/x", "x", false), KIND_NOT_FOUND) && fails(write_file("out/x", "x", false), KIND_FORBIDDEN), "and leads nowhere else");
}

static void may_write(void)
{
	is_int(rooted("data", ERRAND_WRITE), 0, "all");
	ok(reads("new", "dropped") && write_file("new", "written", true) && reads("new", "written"), "reads and replaces");
	ok(store_rename(c, s, "new", "moved") && store_remove(c, s, "moved", false) && store_remove(c, s, "box", true), "renames and removes");
	ok(fails(store_remove(c, s, "", true), KIND_INVALID) && fails(store_rename(c, s, "", "x"), KIND_INVALID), "but not itself");
	is_int(rooted("data/in.txt", ERRAND_WRITE), 0, "of a file");
	ok(fails(store_remove(c, s, "", false), KIND_INVALID) && fails(write_file("", "x", true), KIND_INVALID), "neither");
}

/* Each has its connection: what one may not, another's connection does not do for it. */
static void kept_apart(void)
{
	const char *read = errand_for("home", "data", ERRAND_READ), *all = errand_for("home", "data", ERRAND_WRITE), *other = errand_for("home", "other", ERRAND_READ);
	ok(shown(all, "home") == 0 && store_make_folder(c, s, "made"), "one that may");
	ok(shown(read, "home") == 0 && fails(store_remove(c, s, "made", true), KIND_FORBIDDEN), "one that may not");
	ok(shown(other, "home") == 0 && reads("out.txt", "outside of it") && !reads("in.txt", "in the folder"), "one of another folder");
	s = site_open(c, "alice", "home");
	ok(s && store_remove(c, s, "data/made", true), "and the owner herself");
}

/* A connection of its own, which is kept: the answer's type. */
static enum wire_type hello(const char *errand, int *fd)
{
	static struct wire w;
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int64_t id, until = clock_ms() + 10000;
	snprintf(to.sun_path, sizeof to.sun_path, "%s", site_path("run/launcher/sock"));
	*fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	wire_begin(&w, WIRE_HELLO, 0);
	wire_put_text(&w, errand);
	wire_put_text(&w, "home");
	if (*fd < 0 || connect(*fd, (struct sockaddr *)&to, sizeof to) || wire_send(*fd, &w, -1, until) || wire_receive(*fd, &w, NULL, until))
		die("launcher: %s", strerror(errno));
	return wire_open(&w, &id);
}

static void crowded(void)
{
	const char *read = errand_for("home", "data", ERRAND_READ);
	int fds[40], good = 0;
	site_kill_connectors(ALICE);
	for (size_t i = 0; i < COUNT(fds); i++)
		good += hello(read, &fds[i]) == WIRE_OK;
	is_int(good, 32, "strangers together get half of an owner's connectors");
	ok(site_open(c, "alice", "home") != NULL, "so she gets at her files");
	for (size_t i = 0; i < COUNT(fds); i++)
		close(fds[i]);
}

static void short_life(void)
{
	struct mandate m = alice();
	const char *brief;
	if (!errand_seal(c, &(struct errand){ .mandate = mandate_of(&m), .place = "home", .path = "data", .rights = ERRAND_READ, .until = now() + 2 }, &brief))
		die("seal");
	ok(shown(brief, "home") == 0 && reads("in.txt", "in the folder"), "one of two seconds");
	sleep(3);
	ok(!reads("in.txt", "in the folder") && shown(brief, "home") == WIRE_E_ERRAND, "its connector ends with it");
}

int main(int argc, char **argv)
{
	static void (*const tests[])(void) = {
		mandates, forged, tampered, holders, owners, roots, links_on_the_way, may_read, may_drop, may_write, kept_apart, crowded, short_life,
	};
	(void)argc;
	site_start(argv[0]);
	tree();
	for (size_t i = 0; i < COUNT(tests); i++) {
		begin("");
		people("alice 20001 30000 30000,30001\n");
		tests[i]();
	}
	site_done(c);
	site_stop();
	return done_testing();
}
