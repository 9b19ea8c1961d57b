/* Any bytes as what an SFTP server sends (messages, one behind the other), as its host key, and as a private key: nothing is read behind its end,
 * and no name comes out that is none. */
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "store/sftp.h"
#include "store/why.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void names(struct sftp_in *in)
{
	struct row r;
	for (uint32_t left = sftp_u32(in); left && !in->bad; left--)
		if (sftp_read_entry(in, &r) && (!*r.name || strchr(r.name, '/') || same(r.name, ".") || same(r.name, "..") || strlen(r.name) > WIRE_NAME_MOST || r.size < 0))
			abort();
}

static void look(struct sftp_in in)
{
	struct sftp_attrs a;
	unsigned type = sftp_u8(&in);
	sftp_u32(&in);
	if (type == SFTP_NAME)
		names(&in);
	else if (type == SFTP_ATTRS)
		sftp_read_attrs(&in, &a);
	else if (type == SFTP_VERSION)
		sftp_read_extensions(&in);
	else if (type == SFTP_STATUS && sftp_read_status(&in) > 0 && strlen(why_words()) > WIRE_WORDS_MOST)
		abort();
	else
		sftp_bytes(&in);
}

static void messages(const uint8_t *at, size_t n)
{
	for (int64_t k; (k = sftp_whole(at, n)) > 0; at += k, n -= (size_t)k) {
		if ((size_t)k > n)
			abort();
		look((struct sftp_in){ at + 4, (size_t)k - 4, false });
	}
}

static void keys(const uint8_t *at, size_t n)
{
	char words[WIRE_WORDS_MOST + 1], *text = malloc(n + 1);
	if (sftp_host_key(at, n, words, sizeof words) && !strstr(words, " SHA256:"))
		abort();
	if (!text)
		abort();
	if (n)
		memcpy(text, at, n);
	text[n] = 0;
	int e = sftp_key_check(text, "secret");
	if (e != 0 && e != WIRE_E_KEY && e != WIRE_E_KEY_KIND)
		abort();
	free(text);
}

/* A copy of its own size, so that a byte too far is noticed. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	if (!copy)
		abort();
	if (size)
		memcpy(copy, data, size);
	why_forget();
	messages(copy, size);
	keys(copy, size);
	free(copy);
	return 0;
}
