#include "sums.h"

#include <openssl/evp.h>
#include <unistd.h>

#define BLOCK 1048576

struct work { EVP_MD_CTX *sha256, *md5; };

static void end_work(void *arg)
{
	struct work *w = arg;
	EVP_MD_CTX_free(w->sha256);
	EVP_MD_CTX_free(w->md5);
}

static void close_file(void *arg)
{
	close(((struct store_file *)arg)->fd);
}

static struct work *begin(struct ctx *c)
{
	struct work *w = NEW(c->arena, struct work);
	w->sha256 = EVP_MD_CTX_new();
	w->md5 = EVP_MD_CTX_new();
	arena_defer(c->arena, end_work, w);
	bool good = w->sha256 && w->md5 && EVP_DigestInit_ex(w->sha256, EVP_sha256(), NULL) && EVP_DigestInit_ex(w->md5, EVP_md5(), NULL);
	return good ? w : (fail(c, KIND_INTERNAL, tr(c, "The checksums could not be computed."), "libcrypto"), NULL);
}

static const char *end_digest(struct ctx *c, EVP_MD_CTX *d)
{
	unsigned char at[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	return EVP_DigestFinal_ex(d, at, &n) ? hex(c->arena, at, n) : "";
}

static bool add_all(struct ctx *c, struct work *w, int fd, int64_t *bytes)
{
	char *block = arena_room(c->arena, BLOCK);
	for (size_t n = BLOCK; n == BLOCK; *bytes += (int64_t)n) {
		if (clock_ms() > c->deadline)
			return fail(c, KIND_TIMEOUT, tr(c, "The file is too large to be read within a page. Compute its checksum in a job: sha256sum FILE"), "sums");
		n = read_pipe(c, fd, block, BLOCK);
		if (!EVP_DigestUpdate(w->sha256, block, n) || !EVP_DigestUpdate(w->md5, block, n))
			return fail(c, KIND_INTERNAL, tr(c, "The checksums could not be computed."), "libcrypto");
	}
	return true;
}

bool sums_of(struct req *r, struct where *where, int ms, struct sums *out)
{
	struct ctx *c = r->ctx;
	struct store_file *f = NEW(c->arena, struct store_file);
	struct work *w = begin(c);
	*out = (struct sums){ 0 };
	c->deadline = clock_ms() + ms;
	if (!w || !store_read(c, where->store, where->path, f))
		return false;
	arena_defer(c->arena, close_file, f);
	if (!add_all(c, w, f->fd, &out->bytes) || !store_read_end(c, where->store, f))
		return false;
	out->sha256 = end_digest(c, w->sha256);
	out->md5 = end_digest(c, w->md5);
	return true;
}
