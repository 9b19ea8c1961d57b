/* Access control lists through a real launcher: one person's entry set and taken back, with nobody else able to do more or less by it. Run as root. */
#include <errno.h>
#include <sys/xattr.h>

#include "errand.h"
#include "store/client.h"
#include "store_site.h"

#define ACCESS "system.posix_acl_access"
#define LATER "system.posix_acl_default"
enum { OWNER = 1, USER = 2, GROUP_OBJ = 4, GROUP = 8, MASK = 16, OTHER = 32 };

static const struct store_who bob = { 'u', BOB, "30000" }, biology = { 'g', BIOLOGY, "" };

static const char *at(const char *path)
{
	return site_path("home/alice/%s", path);
}

/* "u:7 u20002:4 g:0 m:4 o:0", "-" for none. */
static const char *said(const char *path, const char *name)
{
	unsigned char b[1024];
	ssize_t n = getxattr(at(path), name, b, sizeof b);
	const char *out = "";
	for (ssize_t i = 4; i + 8 <= n; i += 8) {
		unsigned tag = b[i], perm = b[i + 2], id = b[i + 4] | (unsigned)b[i + 5] << 8 | (unsigned)b[i + 6] << 16;
		const char *who = tag == USER || tag == GROUP ? text(c->arena, "%c%u", tag == USER ? 'u' : 'g', id) : tag == OWNER ? "u" : tag == GROUP_OBJ ? "g" : tag == MASK ? "m" : "o";
		out = text(c->arena, "%s%s%s:%u", out, *out ? " " : "", who, perm);
	}
	return n < 0 ? "-" : out;
}

struct line { unsigned tag, perm, id; };

/* Sets it beside the portal. */
static void put(const char *path, const char *name, const struct line *l, size_t n)
{
	unsigned char b[256] = { 2 };
	for (size_t i = 0; i < n; i++) {
		unsigned char *e = b + 4 + 8 * i;
		e[0] = (unsigned char)l[i].tag;
		e[2] = (unsigned char)l[i].perm;
		for (int k = 0; k < 4; k++)
			e[4 + k] = (unsigned char)(l[i].tag == USER || l[i].tag == GROUP ? l[i].id >> (8 * k) : 0xff);
	}
	if (setxattr(at(path), name, b, 4 + 8 * n, 0))
		die("%s: %s", path, strerror(errno));
}

static mode_t mode(const char *path)
{
	struct stat st;
	return stat(at(path), &st) ? 0 : st.st_mode & 07777;
}

static void made(const char *path, mode_t m)
{
	if (m & 0100000)
		site_file_n(at(path), "x", 1, ALICE, RESEARCHERS, m & 07777);
	else
		site_folder(text(c->arena, "home/alice/%s", path), ALICE, RESEARCHERS, m);
}

#define FILE_MODE(m) (0100000 | (m))

static void plain(void)
{
	struct store_acl a;
	made("plain", FILE_MODE(0640));
	ok(store_acl(c, s, "plain", &bob, &a) && a.perm == -1 && a.later == -1 && a.own && !a.folder && !a.runs && a.reach == 4, "none: by his group he reads it");
	ok(store_acl_set(c, s, "plain", &bob, 6, STORE_ACL_LEAVE), "set");
	is(said("plain", ACCESS), "u:6 u20002:6 g:4 m:6 o:0", "his entry, and a mask for it");
	ok(store_acl(c, s, "plain", &bob, &a) && a.perm == 6 && a.reach == 6, "told");
	ok(store_acl_set(c, s, "plain", &bob, STORE_ACL_NONE, STORE_ACL_LEAVE), "taken back");
	is(said("plain", ACCESS), "-", "no list is left");
	is_int(mode("plain"), 0640, "and the mode is what it was");
	ok(store_acl_set(c, s, "plain", &bob, STORE_ACL_NONE, STORE_ACL_NONE), "twice is no error");
	ok(store_acl_set(c, s, "plain", &biology, 4, STORE_ACL_LEAVE) && store_acl(c, s, "plain", &biology, &a) && a.reach == 4, "a group's");
	is(said("plain", ACCESS), "u:6 g:4 g30001:4 m:4 o:0", "beside the file's own group");
}

static void put_back(void)
{
	static const struct line before[] = { { OWNER, 6, 0 }, { USER, 4, BOB }, { USER, 7, 20003 }, { GROUP_OBJ, 7, 0 }, { MASK, 4, 0 }, { OTHER, 0, 0 } };
	struct store_acl a;
	made("kept", FILE_MODE(0600));
	put("kept", ACCESS, before, COUNT(before));
	ok(store_acl(c, s, "kept", &bob, &a) && a.perm == 4, "an entry that was there");
	ok(store_acl_set(c, s, "kept", &bob, 6, STORE_ACL_LEAVE), "gets more");
	is(said("kept", ACCESS), "u:6 u20002:6 u20003:4 g:4 m:6 o:0", "what the mask held back from others stays held back");
	ok(store_acl_set(c, s, "kept", &bob, a.perm, STORE_ACL_LEAVE), "and is put back");
	ok(store_acl(c, s, "kept", &(struct store_who){ 'u', 20003, "30000" }, &a) && a.reach == 4, "another may what they could before");
	ok(store_acl(c, s, "kept", &bob, &a) && a.perm == 4 && a.reach == 4, "he, too");
}

static void later(void)
{
	static const struct line bare[] = { { OWNER, 7, 0 }, { GROUP_OBJ, 5, 0 }, { OTHER, 0, 0 } };
	struct store_acl a;
	made("box", 0750);
	ok(store_acl_set(c, s, "box", &bob, 7, 7), "for what is made later");
	is(said("box", LATER), "u:7 u20002:7 g:5 m:7 o:0", "as the folder's mode would be");
	ok(write_file("box/new", "x", false), "a file");
	is(said("box/new", ACCESS), "u:6 u20002:7 g:5 m:6 o:0", "has it, within what files are made with");
	ok(store_acl(c, s, "box/new", &bob, &a) && a.reach == 6, "so he reads and writes");
	ok(store_acl_set(c, s, "box", &bob, STORE_ACL_NONE, STORE_ACL_NONE), "taken back");
	ok(same(said("box", LATER), "-") && same(said("box", ACCESS), "-") && mode("box") == 0750, "all of it");
	put("box", LATER, bare, COUNT(bare));
	ok(store_acl(c, s, "box", &bob, &a) && a.bare, "a list without names");
	ok(store_acl_set(c, s, "box", &bob, 5, 5) && store_acl_set(c, s, "box", &bob, STORE_ACL_NONE, STORE_ACL_KEEP_BARE), "set and taken back");
	is(said("box", LATER), "u:7 g:5 o:0", "is left as it was");
}

static void whose(void)
{
	struct store_acl a;
	made("hers", FILE_MODE(0604));
	ok(store_acl(c, s, "hers", &bob, &a) && a.reach == 0, "his group may not, so he may not, though all others may");
	ok(store_acl(c, s, "hers", &(struct store_who){ 'u', 20009, "30009,300001" }, &a) && a.reach == 4, "somebody of another group may");
	ok(store_acl(c, s, "hers", &(struct store_who){ 'u', ALICE, "30000" }, &a) && a.reach == 6, "she herself");
	site_file_n(at("roots"), "x", 1, 0, 0, 0666);
	ok(store_acl(c, s, "roots", &bob, &a) && !a.own && fails(store_acl_set(c, s, "roots", &bob, 4, STORE_ACL_LEAVE), KIND_FORBIDDEN), "nobody shares what is another's");
	(void)!symlink("hers", at("link"));
	(void)!symlink("/etc/passwd", at("out"));
	(void)!mkfifo(at("fifo"), 0666);
	ok(fails(store_acl_set(c, s, "link", &bob, 4, STORE_ACL_LEAVE), KIND_INVALID) && fails(store_acl_set(c, s, "out", &bob, 4, STORE_ACL_LEAVE), KIND_INVALID)
		&& fails(store_acl_set(c, s, "fifo", &bob, 4, STORE_ACL_LEAVE), KIND_INVALID), "no link is followed, and nothing but files and folders has a list");
	ok(fails(store_acl(c, s, "../bob", &bob, &a), KIND_NOT_FOUND), "no way up");
	is(said("hers", ACCESS), "-", "nothing was changed");
}

static void by_errand(void)
{
	struct mandate m = { .user = "alice", .uid = ALICE, .gid = RESEARCHERS, .groups = "30000", .holder = "shares", .expires = now() + 86400 };
	struct errand e = { .place = "home", .path = "", .rights = ERRAND_SHARE | ERRAND_EXACT, .who = "u20002" };
	struct store_acl a;
	int fd;
	if (!mandate_sign(c, &m, &e.mandate) || !errand_seal(c, &e, &e.mandate) || !store_open(c, e.mandate, "home", &s))
		die("no errand: %s", c->error.detail);
	made("mine", FILE_MODE(0600));
	ok(store_acl_set(c, s, "mine", &bob, 4, STORE_ACL_LEAVE) && store_acl(c, s, "mine", &bob, &a) && a.perm == 4, "an errand to share with bob");
	ok(fails(store_acl_set(c, s, "mine", &biology, 4, STORE_ACL_LEAVE), KIND_FORBIDDEN) && client_code() == WIRE_E_RIGHT, "is for bob alone");
	ok(fails(store_read(c, s, "mine", &(struct store_file){ 0 }), KIND_FORBIDDEN) && fails(store_create(c, s, "new", 1, &fd), KIND_FORBIDDEN)
		&& fails(store_remove(c, s, "mine", false), KIND_FORBIDDEN) && fails(store_rename(c, s, "mine", "x"), KIND_FORBIDDEN), "and reads and changes nothing");
	ok(store_acl_set(c, s, "mine", &bob, STORE_ACL_NONE, STORE_ACL_LEAVE), "taken back");
	e.rights = ERRAND_READ;
	if (!mandate_sign(c, &m, &e.mandate) || !errand_seal(c, &e, &e.mandate) || !store_open(c, e.mandate, "home", &s))
		die("no errand: %s", c->error.detail);
	ok(fails(store_acl_set(c, s, "mine", &bob, 4, STORE_ACL_LEAVE), KIND_FORBIDDEN) && fails(store_acl(c, s, "mine", &bob, &a), KIND_FORBIDDEN), "one to read shares nothing");
}

/* A new content in the place of an old one: those who could read it still can, and nobody else. */
static void replaced(void)
{
	static const struct line shared[] = { { OWNER, 6, 0 }, { USER, 6, BOB }, { GROUP_OBJ, 0, 0 }, { MASK, 6, 0 }, { OTHER, 0, 0 } };
	static const struct line open_to_bob[] = { { OWNER, 7, 0 }, { USER, 7, BOB }, { GROUP_OBJ, 7, 0 }, { MASK, 7, 0 }, { OTHER, 0, 0 } };
	made("shared", FILE_MODE(0600));
	put("shared", ACCESS, shared, COUNT(shared));
	ok(write_file("shared", "new", true), "a file that is shared gets a new content");
	is(said("shared", ACCESS), "u:6 u20002:6 g:0 m:6 o:0", "and its list, so that the group of the file gets nothing");
	is_int(mode("shared"), 0660, "and the mode that belongs to it");
	made("house", 0700);
	made("house/secret", FILE_MODE(0600));
	put("house", LATER, open_to_bob, COUNT(open_to_bob));
	ok(write_file("house/secret", "new", true), "one that is not, in a folder that gives new files to bob");
	is(said("house/secret", ACCESS), "-", "is not given to him");
	is_int(mode("house/secret"), 0600, "nor to a group");
}

int main(int argc, char **argv)
{
	static void (*const tests[])(void) = { plain, put_back, later, whose, replaced, by_errand };
	(void)argc;
	site_start(argv[0]);
	site_folder("state/launcher", 0, 0, 0750);
	site_file_n(site_path("state/launcher/people"), "h\nalice 20001 30000 30000,30001\n", 33, 0, 0, 0640);
	for (size_t i = 0; i < COUNT(tests); i++) {
		begin("");
		tests[i]();
	}
	site_done(c);
	site_stop();
	return done_testing();
}
