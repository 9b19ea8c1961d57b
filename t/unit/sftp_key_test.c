/* Which private keys are taken, told before anything is connected; and how a host key is written. */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "store/sftp.h"
#include "tap.h"

/* ---- OpenSSH's form, as far as it is looked at ---- */

static const char *lines(const char *label, const unsigned char *raw, size_t n)
{
	static char out[40000];
	unsigned char letters[30000];
	EVP_EncodeBlock(letters, raw, (int)n);
	int at = snprintf(out, sizeof out, "-----BEGIN %s-----\n", label);
	for (size_t i = 0, all = strlen((char *)letters); i < all; i += 70)
		at += snprintf(out + at, sizeof out - (size_t)at, "%.70s\n", letters + i);
	snprintf(out + at, sizeof out - (size_t)at, "-----END %s-----\n", label);
	return out;
}

static size_t envelope(unsigned char *to, size_t room, const char *kind, const char *cipher)
{
	unsigned char public[200];
	struct sftp_out p = { .at = public, .room = sizeof public }, o = { .at = to, .room = room };
	sftp_put_text(&p, kind);
	sftp_put(&p, "01234567890123456789012345678901", 32);
	memcpy(to, "openssh-key-v1", 15);
	o.n = 15;
	sftp_put_text(&o, cipher);
	sftp_put_text(&o, same(cipher, "none") ? "none" : "bcrypt");
	sftp_put_text(&o, "");
	sftp_put_u32(&o, 1);
	sftp_put(&o, public, p.n);
	sftp_put(&o, "the private part is not looked at", 33);
	return o.n;
}

static int openssh(const char *kind, const char *cipher)
{
	unsigned char raw[1000];
	size_t n = envelope(raw, sizeof raw, kind, cipher);
	return sftp_key_check(lines("OPENSSH PRIVATE KEY", raw, n), "");
}

static void of_openssh(void)
{
	is_int(openssh("ssh-ed25519", "none"), 0, "ed25519");
	is_int(openssh("ssh-ed25519", "aes256-ctr"), 0, "ed25519, locked");
	is_int(openssh("ecdsa-sha2-nistp256", "none"), 0, "ECDSA");
	is_int(openssh("ecdsa-sha2-nistp521", "aes256-ctr"), 0, "a long one");
	is_int(openssh("ssh-rsa", "none"), WIRE_E_KEY_KIND, "RSA is not taken");
	is_int(openssh("ssh-rsa", "aes256-ctr"), WIRE_E_KEY_KIND, "though it is locked");
	is_int(openssh("ssh-dss", "none"), WIRE_E_KEY_KIND, "nor DSA");
	is_int(openssh("sk-ssh-ed25519@openssh.com", "none"), WIRE_E_KEY_KIND, "nor one that is in a token");
	is_int(openssh("ssh-ed25519", "chacha20-poly1305@openssh.com"), WIRE_E_KEY_KIND, "nor one that is locked in a way that libssh2 does not know");
	is_int(openssh("", "none"), WIRE_E_KEY_KIND, "nor one of no kind");
}

static void cut(void)
{
	unsigned char raw[1000];
	size_t n = envelope(raw, sizeof raw, "ssh-ed25519", "none"), last = n - 37, taken = 0;
	for (size_t i = 0; i < last; i++)
		taken += sftp_key_check(lines("OPENSSH PRIVATE KEY", raw, i), "") != WIRE_E_KEY;
	is_int(taken, 0, "%zu lengths of a key that is cut are no key", last);
	const char *whole = lines("OPENSSH PRIVATE KEY", raw, n);
	char part[2000];
	snprintf(part, sizeof part, "%.*s", (int)(strstr(whole, "-----END") - whole), whole);
	is_int(sftp_key_check(part, ""), WIRE_E_KEY, "without its last line it is none either");
}

/* ---- PEM ---- */

static const char *pem(EVP_PKEY *k, const char *passphrase)
{
	static char out[10000];
	BIO *b = BIO_new(BIO_s_mem());
	PEM_write_bio_PKCS8PrivateKey(b, k, *passphrase ? EVP_aes_128_cbc() : NULL, passphrase, (int)strlen(passphrase), NULL, NULL);
	int n = BIO_read(b, out, sizeof out - 1);
	out[n > 0 ? n : 0] = 0;
	BIO_free(b);
	return out;
}

static void of_pem(void)
{
	EVP_PKEY *rsa = EVP_RSA_gen(2048), *ec = EVP_EC_gen("P-256"), *ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	is_int(sftp_key_check(pem(rsa, ""), ""), WIRE_E_KEY_KIND, "RSA is not taken");
	is_int(sftp_key_check(pem(rsa, "sesame"), "sesame"), WIRE_E_KEY_KIND, "though it is locked");
	is_int(sftp_key_check(pem(ec, ""), ""), 0, "ECDSA is");
	is_int(sftp_key_check(pem(ec, "sesame"), "sesame"), 0, "locked, too");
	is_int(sftp_key_check(pem(ec, "sesame"), "sesam"), WIRE_E_KEY, "with another passphrase it is no key");
	is_int(sftp_key_check(pem(ec, "sesame"), ""), WIRE_E_KEY, "and none without");
	is_int(sftp_key_check(pem(ed, ""), ""), 0, "ed25519 is");
	is_int(sftp_key_check("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n", ""), WIRE_E_KEY_KIND, "RSA's own form");
	is_int(sftp_key_check("-----BEGIN DSA PRIVATE KEY-----\n", ""), WIRE_E_KEY_KIND, "DSA's");
	is_int(sftp_key_check("PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n", ""), WIRE_E_KEY_KIND, "PuTTY's");
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(ec);
	EVP_PKEY_free(ed);
}

static void none_at_all(void)
{
	static char long_one[70000];
	memset(long_one, 'A', sizeof long_one - 1);
	is_int(sftp_key_check("", ""), WIRE_E_KEY, "nothing");
	is_int(sftp_key_check("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIN/6uSiHRO1TkFSTmwF6uuO7T/TdVSViKul8COmqLot4 me", ""), WIRE_E_KEY, "a public key");
	is_int(sftp_key_check("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", ""), WIRE_E_KEY, "what is no key between the lines");
	is_int(sftp_key_check("-----BEGIN OPENSSH PRIVATE KEY-----\n\x01\xff&&\n-----END OPENSSH PRIVATE KEY-----\n", ""), WIRE_E_KEY, "nor letters");
	is_int(sftp_key_check(long_one, ""), WIRE_E_KEY, "far too long");
}

static void plain(void)
{
	char *p = sftp_key_plain("-----BEGIN\r\nabc\r\nend");
	is(p, "-----BEGIN\nabc\nend\n", "carriage returns go, a line end comes");
	free(p);
	p = sftp_key_plain("");
	is(p, "", "nothing stays nothing");
	free(p);
}

/* ---- host keys ---- */

static size_t blob(unsigned char *to, const char *base64)
{
	int n = EVP_DecodeBlock(to, (const unsigned char *)base64, (int)strlen(base64));
	while (n > 0 && *base64 && base64[strlen(base64) - 1] == '=' && to[n - 1] == 0 && n % 3 == 0)
		n--;
	return n > 0 ? (size_t)n : 0;
}

static void host_keys(void)
{
	unsigned char raw[400];
	char out[WIRE_WORDS_MOST + 1];
	size_t n = blob(raw, "AAAAC3NzaC1lZDI1NTE5AAAAIN/6uSiHRO1TkFSTmwF6uuO7T/TdVSViKul8COmqLot4");
	ok(sftp_host_key(raw, n, out, sizeof out), "a key of a host");
	is(out, "ssh-ed25519 SHA256:Pilkh6HOmoy9+WhzKyL9e8PR9l6Dw0w4pT+VESIkl2k", "as ssh-keygen -l writes it");
	n = blob(raw, "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBGA6d6prxqwXJ85VwPdBbkh6kXJfwkiKIkOnvbJ91fZjoYM1U3BRfhoaI8UUT+N5mpqZeISDKMhF6nF237ufQ38=");
	ok(sftp_host_key(raw, n, out, sizeof out), "one of ECDSA");
	is(out, "ecdsa-sha2-nistp256 SHA256:jWqpx4x7fS8acZLQ96JVibwpIjDfBR1jysPFNfY1aUE", "as ssh-keygen -l writes it");
	ok(!sftp_host_key(raw, 10, out, sizeof out) && !sftp_host_key(raw, 0, out, sizeof out), "a part of one is none");
	ok(!sftp_host_key(raw, n, out, 60), "nor is it cut to fit");
}

int main(void)
{
	of_openssh();
	cut();
	of_pem();
	none_at_all();
	plain();
	host_keys();
	return done_testing();
}
