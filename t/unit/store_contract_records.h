/*
 * store_contract_records: records that are wrong, servers that are none, what the site's settings say, other ways to look at the same store: for
 * store_contract_test.c, which includes it.
 */
#ifndef STORE_CONTRACT_RECORDS_H
#define STORE_CONTRACT_RECORDS_H

#include <arpa/inet.h>
#include <netinet/in.h>

#include "store_contract_site.h"

/* How soon a failure is told, beside the time that it has; the sanitizers' build starts connectors slowly. */
#if defined(__SANITIZE_ADDRESS__)
enum { SLOWER_MS = 12000 };
#else
enum { SLOWER_MS = 0 };
#endif

/* ---- records that are wrong ---- */

static void refused(const char *what, const struct remote *r, int code, enum kind kind)
{
	enum kind got;
	int64_t before = clock_ms();
	int e = try_as(r, &got);
	ok(e == code && got == kind, "%s: code %d, kind %d", what, e, (int)got);
	ok(clock_ms() - before < 9000 + SLOWER_MS && (e == 0 || !empty(c->error.message)), "after %lld ms: %s", (long long)(clock_ms() - before), c->error.message ? c->error.message : "");
}

static struct remote with(void (*change)(struct remote *))
{
	struct remote r = good;
	change(&r);
	return r;
}

static void wrong_secret(struct remote *r) { r->secret = "not-the-secret"; }
static void wrong_user(struct remote *r) { r->user = "nobody-of-that-name"; }
static void wrong_key(struct remote *r) { r->key = "-----BEGIN OPENSSH PRIVATE KEY-----\nbm90IGEga2V5\n-----END OPENSSH PRIVATE KEY-----\n"; }
static void rsa_key(struct remote *r) { r->key = "-----BEGIN RSA PRIVATE KEY-----\nbm90IGEga2V5\n-----END RSA PRIVATE KEY-----\n"; }
static void wrong_pin(struct remote *r) { r->pinned = "ssh-ed25519 SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"; }
static void wrong_host(struct remote *r) { r->host = "no-such-host.invalid"; }
static void closed_port(struct remote *r) { r->port = 1; }
static void wrong_bucket(struct remote *r) { r->bucket = "no-such-bucket"; }
static void wrong_base(struct remote *r) { r->path = text(site_arena, "%s%sno such folder", r->path, *r->path ? "/" : ""); }
static void wrong_kind(struct remote *r) { r->kind = "posix"; }
static void other_base(struct remote *r) { r->path = text(site_arena, "%s%s%s", r->path, *r->path ? "/" : "", folder); }
static void only_read(struct remote *r) { r->read_only = true; }

#define refused_with(what, change, code, kind) do { struct remote r_ = with(change); refused((what), &r_, (code), (kind)); } while (0)

static void wrong_records(void)
{
	diag("wrong records");
	bool keys = same(good.auth, "key");
	if (keys) {
		refused_with("a key that is none", wrong_key, WIRE_E_KEY, KIND_INVALID);
		refused_with("an RSA key", rsa_key, WIRE_E_KEY_KIND, KIND_INVALID);
	}
	if (keys && *good.secret)
		refused_with("a wrong passphrase", wrong_secret, WIRE_E_KEY, KIND_INVALID);
	if (!keys)
		refused_with("a wrong password", wrong_secret, WIRE_E_LOGIN, KIND_FORBIDDEN);
	refused_with("a wrong user", wrong_user, WIRE_E_LOGIN, KIND_FORBIDDEN);
	if (same(good.kind, "sftp"))
		refused_with("another host key", wrong_pin, WIRE_E_HOST_KEY, KIND_FORBIDDEN);
	refused_with("a wrong host", wrong_host, WIRE_E_HOST, KIND_UNAVAILABLE);
	refused_with("a closed port", closed_port, WIRE_E_REFUSED, KIND_UNAVAILABLE);
	if (same(good.kind, "s3"))
		refused_with("a wrong bucket", wrong_bucket, WIRE_E_BUCKET, KIND_NOT_FOUND);
	refused_with("a wrong base folder", wrong_base, WIRE_E_BUCKET, KIND_NOT_FOUND);
	refused_with("files of this machine", wrong_kind, WIRE_E_CANNOT, KIND_INVALID);
}

/* ---- servers that are none ---- */

/* Says the words to whoever comes, or nothing at all, and listens to nothing. */
static pid_t pretend(const char *words, int *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 20) || getsockname(fd, (struct sockaddr *)&at, &n))
		die("no server that is none");
	*port = ntohs(at.sin_port);
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (int client; (client = accept(fd, NULL, NULL)) >= 0;) {
			(void)!write(client, words, strlen(words));
			if (*words)
				shutdown(client, SHUT_WR);
		}
		_exit(0);
	}
	close(fd);
	return pid;
}

static void pretended(const char *what, const char *words)
{
	int port;
	enum kind kind;
	struct remote r = good;
	pid_t pid = pretend(words, &port);
	r.port = port;
	int64_t before = clock_ms();
	int e = try_as(&r, &kind);
	/* A server of FTP may say 500 to a user's name. */
	ok(e && (kind == KIND_UNAVAILABLE || kind == KIND_TIMEOUT || e == WIRE_E_LOGIN), "%s: code %d, kind %d", what, e, (int)kind);
	ok(clock_ms() - before < 12000 + SLOWER_MS, "after %lld ms: %s", (long long)(clock_ms() - before), c->error.message ? c->error.message : "");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void no_servers(void)
{
	diag("servers that are none");
	pretended("one of mail", "220 mail.example.org ESMTP\r\n500 what?\r\n500 what?\r\n500 what?\r\n");
	pretended("one that closes", "\n");
	pretended("one of garbage", "\x16\x03\x01\xff\xff\xff\xff\xff\xff\r\n\r\n\xff\xff");
	pretended("one that is silent", "");
}

/* ---- what the site says ---- */

static void site_says(const char *networks, const char *ca)
{
	const char *conf = text(site_arena, "[site]\nstate = %s/state\nrun = %s/run\n[place home]\ntitle = Home\npath = %s/home/%%u\n[store]\nnetworks = %s\nca-file = %s\n", site_base,
		site_base, site_base, networks, ca);
	site_file_n(site_path("naru.conf"), conf, strlen(conf), 0, 0, 0644);
	kill(site_launcher, SIGHUP);
	usleep(300000);
}

static void policy(void)
{
	enum kind kind;
	const char *ca = variable("STORES_CA", "");
	diag("the site's rules");
	site_says("192.0.2.0/24", ca);
	refused("a network that is not allowed", &good, WIRE_E_NETWORK, KIND_FORBIDDEN);
	site_says("", ca);
	refused("this machine, unless it is named", &good, WIRE_E_NETWORK, KIND_FORBIDDEN);
	site_says("127.0.0.0/8 ::1/128", variable("STORES_OTHER_CA", ""));
	if (!same(good.security, "none"))
		refused("a certificate of somebody's", &good, WIRE_E_TLS, KIND_UNAVAILABLE);
	site_says("127.0.0.0/8 ::1/128", ca);
	ok(try_as(&good, &kind) == 0, "all is well again");
}

static void bases(void)
{
	enum kind kind;
	struct remote r = with(other_base);
	struct entry e;
	diag("another base folder");
	ok(try_as(&r, &kind) == 0, "a folder is the top");
	ok(has_content("other", 200) && store_stat(c, s, "", &e) && e.kind == ENTRY_FOLDER, "what is in it is there");
	ok(make_file("from below", 33, -1, false) && has_content("from below", 33), "a file is made there");
	ok(fails(store_stat(c, s, "../other", &e), KIND_NOT_FOUND) && fails(store_stat(c, s, folder, &e), KIND_NOT_FOUND), "nothing above it is");
	as_before();
	ok(has_content(in("from below"), 33), "it is where it should be");
}

static void read_only(void)
{
	enum kind kind;
	int fd;
	struct remote r = with(only_read);
	diag("only for reading");
	ok(try_as(&r, &kind) == 0 && !(store_can(s) & STORE_CAN_WRITE), "it says that it may not be written to");
	ok(has_content(in("other"), 200), "it is read");
	ok(fails(store_create(c, s, in("x"), 1, &fd), KIND_FORBIDDEN) && fails(store_make_folder(c, s, in("x")), KIND_FORBIDDEN) &&
		fails(store_remove(c, s, in("other"), false), KIND_FORBIDDEN) && fails(store_rename(c, s, in("other"), in("x")), KIND_FORBIDDEN) &&
		fails(store_copy(c, s, in("other"), in("x"), false), KIND_FORBIDDEN), "not changed");
	as_before();
	ok(has_content(in("other"), 200) && !there(in("x")), "and nothing was");
}

#endif
