/* Keys: which private ones can be used (libssh2 before 1.11 signs with RSA only in a way that servers no longer accept), and how a host key is written. */
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/sftp.h"

#define OPENSSH_BEGIN "-----BEGIN OPENSSH PRIVATE KEY-----"
#define OPENSSH_END "-----END OPENSSH PRIVATE KEY-----"
#define KEY_MOST 16384

char *sftp_key_plain(const char *key)
{
	size_t n = 0;
	char *plain = malloc(strlen(key) + 2);
	if (!plain)
		return NULL;
	for (; *key; key++)
		if (*key != '\r')
			plain[n++] = *key;
	if (n && plain[n - 1] != '\n')
		plain[n++] = '\n';
	plain[n] = 0;
	return plain;
}

/* ---- OpenSSH's own form: its kind is in its public part, which is never encrypted ---- */

static bool is(struct bytes b, const char *text)
{
	return b.n == strlen(text) && memcmp(b.at, text, b.n) == 0;
}

static bool kind_good(struct bytes kind)
{
	return is(kind, "ssh-ed25519") || is(kind, "ecdsa-sha2-nistp256") || is(kind, "ecdsa-sha2-nistp384") || is(kind, "ecdsa-sha2-nistp521");
}

static bool cipher_good(struct bytes cipher)
{
	return is(cipher, "none") || is(cipher, "aes256-ctr") || is(cipher, "aes192-ctr") || is(cipher, "aes128-ctr") || is(cipher, "aes256-cbc");
}

static int openssh_kind(struct sftp_in *in)
{
	static const char magic[] = "openssh-key-v1"; /* with its NUL */
	if (in->n < sizeof magic || memcmp(in->at, magic, sizeof magic) != 0)
		return WIRE_E_KEY;
	in->at += sizeof magic;
	in->n -= sizeof magic;
	struct bytes cipher = sftp_bytes(in);
	sftp_bytes(in); /* the way from the passphrase to a key, */
	sftp_bytes(in); /* and its numbers */
	sftp_u32(in);   /* always one key */
	struct bytes public = sftp_bytes(in);
	struct sftp_in inner = { public.at, public.n, in->bad };
	struct bytes kind = sftp_bytes(&inner);
	if (inner.bad)
		return WIRE_E_KEY;
	return kind_good(kind) && cipher_good(cipher) ? 0 : WIRE_E_KEY_KIND;
}

static int openssh(const char *at, const char *end)
{
	unsigned char raw[KEY_MOST];
	int n = 0, last = 0;
	EVP_ENCODE_CTX *c = EVP_ENCODE_CTX_new();
	if (!c)
		return ENOMEM;
	EVP_DecodeInit(c);
	bool good = end - at < KEY_MOST && EVP_DecodeUpdate(c, raw, &n, (const unsigned char *)at, (int)(end - at)) >= 0 && EVP_DecodeFinal(c, raw + n, &last) >= 0;
	EVP_ENCODE_CTX_free(c);
	struct sftp_in in = { raw, (size_t)(n + last), !good };
	int e = good ? openssh_kind(&in) : WIRE_E_KEY;
	OPENSSL_cleanse(raw, sizeof raw);
	return e;
}

/* ---- PEM ---- */

static int passphrase_of(char *to, int room, int writing, void *arg)
{
	(void)writing;
	size_t n = strlen(arg);
	if (n > (size_t)room)
		return -1;
	memcpy(to, arg, n);
	return (int)n;
}

static int pem(const char *key, const char *passphrase)
{
	BIO *b = BIO_new_mem_buf(key, -1);
	EVP_PKEY *k = b ? PEM_read_bio_PrivateKey(b, NULL, passphrase_of, (void *)(uintptr_t)passphrase) : NULL;
	int kind = k ? EVP_PKEY_base_id(k) : EVP_PKEY_NONE;
	EVP_PKEY_free(k);
	BIO_free(b);
	return kind == EVP_PKEY_NONE ? WIRE_E_KEY : kind == EVP_PKEY_EC || kind == EVP_PKEY_ED25519 ? 0 : WIRE_E_KEY_KIND;
}

int sftp_key_check(const char *key, const char *passphrase)
{
	static const char *const never[] = { "-----BEGIN RSA PRIVATE KEY-----", "-----BEGIN DSA PRIVATE KEY-----", "PuTTY-User-Key-File-" };
	if (strlen(key) > KEY_MOST)
		return WIRE_E_KEY;
	for (size_t i = 0; i < COUNT(never); i++)
		if (strstr(key, never[i]))
			return WIRE_E_KEY_KIND;
	const char *begin = strstr(key, OPENSSH_BEGIN), *end = begin ? strstr(begin, OPENSSH_END) : NULL;
	if (begin)
		return end ? openssh(begin + sizeof OPENSSH_BEGIN - 1, end) : WIRE_E_KEY;
	return pem(key, passphrase);
}

/* ---- a server's ---- */

bool sftp_host_key(const void *key, size_t n, char *to, size_t room)
{
	unsigned char sum[32];
	char letters[48];
	struct sftp_in in = { key, n, false };
	struct bytes kind = sftp_bytes(&in);
	if (in.bad || kind.n == 0 || kind.n > 64 || !EVP_Digest(key, n, sum, NULL, EVP_sha256(), NULL))
		return false;
	EVP_EncodeBlock((unsigned char *)letters, sum, sizeof sum);
	letters[strcspn(letters, "=")] = 0;
	return snprintf(to, room, "%.*s SHA256:%s", (int)kind.n, (const char *)kind.at, letters) < (int)room;
}
