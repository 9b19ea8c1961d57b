#include "store/sftp_wire.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "store.h"
#include "store/why.h"

/* ---- writing ---- */

static unsigned char *grow(struct sftp_out *o, size_t n)
{
	if (o->bad || n > o->room - o->n) {
		o->bad = true;
		return NULL;
	}
	o->n += n;
	return o->at + o->n - n;
}

static void big(unsigned char *to, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; to && i < bytes; i++)
		to[i] = (unsigned char)(v >> (8 * (bytes - 1 - i)));
}

void sftp_put_u32(struct sftp_out *o, uint32_t v)
{
	big(grow(o, 4), v, 4);
}

void sftp_put_u64(struct sftp_out *o, uint64_t v)
{
	big(grow(o, 8), v, 8);
}

void sftp_put(struct sftp_out *o, const void *data, size_t n)
{
	sftp_put_u32(o, (uint32_t)n);
	unsigned char *to = grow(o, n);
	if (to && n)
		memcpy(to, data, n);
}

void sftp_put_text(struct sftp_out *o, const char *s)
{
	sftp_put(o, s, strlen(s));
}

void sftp_begin(struct sftp_out *o, enum sftp_type type, uint32_t id)
{
	o->start = o->n;
	sftp_put_u32(o, 0);
	big(grow(o, 1), (uint64_t)type, 1);
	sftp_put_u32(o, id);
}

void sftp_end(struct sftp_out *o)
{
	if (!o->bad)
		big(o->at + o->start, o->n - o->start - 4, 4);
}

/* ---- reading ---- */

static const unsigned char *take(struct sftp_in *in, size_t n)
{
	if (in->bad || n > in->n) {
		in->bad = true;
		return NULL;
	}
	in->at += n;
	in->n -= n;
	return in->at - n;
}

static uint64_t number(const unsigned char *from, unsigned bytes)
{
	uint64_t v = 0;
	for (unsigned i = 0; from && i < bytes; i++)
		v = v << 8 | from[i];
	return v;
}

unsigned sftp_u8(struct sftp_in *in)
{
	return (unsigned)number(take(in, 1), 1);
}

uint32_t sftp_u32(struct sftp_in *in)
{
	return (uint32_t)number(take(in, 4), 4);
}

uint64_t sftp_u64(struct sftp_in *in)
{
	return number(take(in, 8), 8);
}

struct bytes sftp_bytes(struct sftp_in *in)
{
	size_t n = sftp_u32(in);
	const unsigned char *at = take(in, n);
	return (struct bytes){ at, at ? n : 0 };
}

int64_t sftp_whole(const unsigned char *at, size_t n)
{
	if (n < 4)
		return 0;
	uint64_t length = number(at, 4);
	if (length < 5 || length > SFTP_MESSAGE_MOST)
		return -1;
	return n >= length + 4 ? (int64_t)length + 4 : 0;
}

void sftp_read_attrs(struct sftp_in *in, struct sftp_attrs *a)
{
	*a = (struct sftp_attrs){ .has = sftp_u32(in) };
	if (a->has & SFTP_HAS_SIZE)
		a->size = sftp_u64(in);
	if (a->has & SFTP_HAS_OWNER) {
		a->uid = sftp_u32(in);
		a->gid = sftp_u32(in);
	}
	if (a->has & SFTP_HAS_MODE)
		a->mode = sftp_u32(in);
	if (a->has & SFTP_HAS_TIMES) {
		sftp_u32(in); /* last read */
		a->modified = sftp_u32(in);
	}
	uint32_t more = a->has & SFTP_HAS_MORE ? sftp_u32(in) : 0;
	for (uint32_t i = 0; i < more && !in->bad; i++) {
		sftp_bytes(in);
		sftp_bytes(in);
	}
}

/* ---- what is offered ---- */

static bool is(struct bytes b, const char *text)
{
	return b.n == strlen(text) && memcmp(b.at, text, b.n) == 0;
}

unsigned sftp_read_extensions(struct sftp_in *in)
{
	static const struct { const char *name, *version; unsigned bit; } known[] = {
		{ "posix-rename@openssh.com", "1", SFTP_POSIX_RENAME }, { "statvfs@openssh.com", "2", SFTP_STATVFS }, { "fsync@openssh.com", "1", SFTP_FSYNC },
		{ "copy-data", "1", SFTP_COPY_DATA },
	};
	unsigned found = 0;
	while (in->n && !in->bad) {
		struct bytes name = sftp_bytes(in), version = sftp_bytes(in);
		for (size_t i = 0; i < COUNT(known) && !in->bad; i++)
			if (is(name, known[i].name) && is(version, known[i].version))
				found |= known[i].bit;
	}
	return found;
}

/* ---- entries ---- */

static int kind_of(const struct sftp_attrs *a)
{
	if (!(a->has & SFTP_HAS_MODE))
		return ENTRY_OTHER;
	return S_ISREG(a->mode) ? ENTRY_FILE : S_ISDIR(a->mode) ? ENTRY_FOLDER : S_ISLNK(a->mode) ? ENTRY_LINK : ENTRY_OTHER;
}

void sftp_row(struct row *r, const char *name, const struct sftp_attrs *a)
{
	snprintf(r->name, sizeof r->name, "%s", name);
	r->kind = kind_of(a);
	r->size = a->size > INT64_MAX ? 0 : (int64_t)a->size;
	r->modified = a->modified;
	r->mode = a->mode & 07777;
	r->uid = a->uid;
	r->gid = a->gid;
}

static bool name_good(struct bytes b)
{
	if (b.n == 0 || b.n > WIRE_NAME_MOST || memchr(b.at, '/', b.n) || memchr(b.at, 0, b.n))
		return false;
	return !is(b, ".") && !is(b, "..");
}

bool sftp_read_entry(struct sftp_in *in, struct row *r)
{
	struct sftp_attrs a;
	char name[WIRE_NAME_MOST + 1];
	struct bytes b = sftp_bytes(in);
	sftp_bytes(in); /* a line as of "ls -l", for people */
	sftp_read_attrs(in, &a);
	if (in->bad || !name_good(b))
		return false;
	memcpy(name, b.at, b.n);
	name[b.n] = 0;
	sftp_row(r, name, &a);
	return true;
}

/* ---- errors ---- */

/* "Failure" is all that version 3 has a code for; many servers tell the system's own words beside it. */
static int failure(const char *words)
{
	static const struct { const char *words; int code; } known[] = {
		{ "no space left", ENOSPC }, { "quota", EDQUOT }, { "file exists", EEXIST }, { "already exists", EEXIST }, { "not empty", ENOTEMPTY },
		{ "not a directory", ENOTDIR }, { "is a directory", EISDIR }, { "read-only", EROFS }, { "file too large", EFBIG },
		{ "too many links", EMLINK }, { "name too long", ENAMETOOLONG }, { "cross-device", WIRE_E_OTHER_DISK }, { "invalid argument", EINVAL },
		{ "operation not permitted", EPERM }, { "permission denied", EACCES }, { "no such file", ENOENT },
	};
	for (size_t i = 0; i < COUNT(known); i++)
		if (strcasestr(words, known[i].words))
			return known[i].code;
	return EIO;
}

/* By number; those above 8 belong to later versions, but are sent in this one, too. OpenSSH says 5 for an invalid argument. */
static int code_of(uint32_t status, const char *words)
{
	static const int codes[] = {
		[2] = ENOENT, [3] = EACCES, [5] = EINVAL, [6] = EPIPE, [7] = EPIPE, [8] = WIRE_E_CANNOT, [10] = ENOENT, [11] = EEXIST, [12] = EROFS,
		[13] = EIO, [14] = ENOSPC, [15] = EDQUOT, [16] = EACCES, [17] = EBUSY, [18] = ENOTEMPTY, [19] = ENOTDIR, [20] = EINVAL, [21] = ELOOP,
		[22] = EIO, [23] = EINVAL, [24] = EISDIR,
	};
	return status < COUNT(codes) && codes[status] ? codes[status] : failure(words);
}

int sftp_read_status(struct sftp_in *in)
{
	char words[WIRE_WORDS_MOST + 1];
	uint32_t status = sftp_u32(in);
	if (in->bad)
		return WIRE_E_ANSWER;
	if (status <= 1)
		return status ? SFTP_EOF : 0;
	struct bytes b = sftp_bytes(in); /* very old servers send none */
	snprintf(words, sizeof words, "%.*s", b.n < WIRE_WORDS_MOST ? (int)b.n : WIRE_WORDS_MOST, b.n ? (const char *)b.at : "");
	int code = code_of(status, words);
	if (status == 2 || status == 3 || !*words || same(words, "Failure") || same(words, "Bad message"))
		return code; /* nothing that the code does not say */
	return why(code, "%s", words);
}
