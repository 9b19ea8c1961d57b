/* seal: who writes a secret cannot read it, and nobody can change it unnoticed. */
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base.h"
#include "conf.h"
#include "remotes.h"
#include "seal.h"
#include "tap.h"

static char base[] = "/tmp/naru-seal-XXXXXX";
static struct ctx c;

static void write_file(const char *name, const void *at, size_t n)
{
	int fd = open(text(c.arena, "%s/%s", base, name), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, at, n) != (ssize_t)n)
		die("%s cannot be written", name);
	close(fd);
}

static void make_keys(void)
{
	unsigned char public[crypto_box_PUBLICKEYBYTES], secret[crypto_box_SECRETKEYBYTES];
	crypto_box_keypair(public, secret);
	write_file("keys/stores.pub", public, sizeof public);
	write_file("keys/stores.key", secret, sizeof secret);
}

static bool refused(const char *sealed)
{
	const char *out;
	bool opened = unseal(&c, sealed, &out);
	bool internal = c.error.kind == KIND_INTERNAL;
	forget(&c);
	return !opened && internal;
}

static void round_trips(void)
{
	static const char *const secrets[] = { "x", "pass word", "\xed\x95\x9c\xea\xb8\x80", "line\nends\r\n", "\x01\xff" };
	const char *one, *two, *out;
	for (size_t i = 0; i < COUNT(secrets); i++)
		ok(seal(&c, secrets[i], &one) && seal(&c, secrets[i], &two) && !same(one, two) && unseal(&c, one, &out) && same(out, secrets[i]), "secret %zu, sealed differently each time", i);
	char *large = arena_alloc(c.arena, 20001);
	memset(large, 'k', 20000);
	large[20000] = 0;
	ok(seal(&c, large, &one) && unseal(&c, one, &out) && same(out, large), "one of 20,000 bytes");
	ok(seal(&c, "", &one) && same(one, "") && seal(&c, NULL, &two) && same(two, "") && unseal(&c, "", &out) && same(out, ""), "nothing is sealed to nothing");
}

static void changed(void)
{
	const char *sealed;
	size_t let = 0;
	ok(seal(&c, "secret", &sealed), "a secret");
	for (size_t i = 0; i + 1 < strlen(sealed); i++) {
		char *other = arena_copy(c.arena, sealed, strlen(sealed));
		other[i] = other[i] == 'A' ? 'B' : 'A';
		let += !refused(other);
	}
	is_int(let, 0, "none of its letters can be another");
	ok(refused(arena_copy(c.arena, sealed, strlen(sealed) - 4)) && refused(text(c.arena, "%sAAAA", sealed)), "not shorter, not longer");
	ok(refused("A") && refused("AAAA") && refused("not base64!") && refused("\xff"), "what was never sealed");
	make_keys();
	ok(refused(sealed), "nor what another site sealed");
}

/* A secret of a store opens for that owner, server, user and way to sign in, and no other. */
static void bound(void)
{
	const struct remote r = { .owner = "alice", .kind = "webdav", .host = "a.example", .port = 443, .user = "alice", .security = "tls", .auth = "password", .path = "/dav" };
	struct remote others[8];
	const char *sealed, *out;
	size_t let = 0;
	ok(remote_seal(&c, &r, "secret", &sealed) && remote_unseal(&c, &r, sealed, &out) && same(out, "secret"), "of a store");
	ok(remote_seal(&c, &r, "", &out) && same(out, ""), "nothing is nothing");
	for (size_t i = 0; i < COUNT(others); i++)
		others[i] = r;
	others[0].owner = "bob";
	others[1].kind = "ftp";
	others[2].host = "evil.example";
	others[3].port = 444;
	others[4].user = "bob";
	others[5].security = "none";
	others[6].auth = "token";
	others[7].path = "/bobs";
	for (size_t i = 0; i < COUNT(others); i++) {
		let += remote_unseal(&c, &others[i], sealed, &out) || remote_same_target(c.arena, &r, &others[i]);
		forget(&c);
	}
	is_int((int)let, 0, "for no other");
}

static void keys(void)
{
	const char *sealed, *out;
	ok(seal(&c, "secret", &sealed), "a secret");
	unlink(text(c.arena, "%s/keys/stores.key", base));
	ok(!unseal(&c, sealed, &out), "without the key nothing is opened");
	forget(&c);
	ok(seal(&c, "more", &sealed), "but sealed");
	write_file("keys/stores.pub", "short", 5);
	ok(!seal(&c, "secret", &sealed) && c.error.kind == KIND_INTERNAL && same(sealed, ""), "a key that is none");
	forget(&c);
	unlink(text(c.arena, "%s/keys/stores.pub", base));
	ok(!seal(&c, "secret", &sealed) && same(sealed, ""), "no key at all: never in plain words");
	forget(&c);
}

int main(void)
{
	program = "test";
	c.arena = arena_new(0);
	if (sodium_init() < 0 || !mkdtemp(base) || mkdir(text(c.arena, "%s/keys", base), 0700))
		die("no folder");
	const char *conf = text(c.arena, "[site]\nstate = %s\n", base);
	write_file("naru.conf", conf, strlen(conf));
	setenv("NARU_CONF", text(c.arena, "%s/naru.conf", base), 1);
	conf_start();
	make_keys();
	round_trips();
	changed();
	bound();
	keys();
	if (system(text(c.arena, "rm -rf '%s'", base)))
		diag("%s is left over", base);
	arena_free(c.arena);
	return done_testing();
}
