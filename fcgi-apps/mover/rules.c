#include "rules.h"

#include <errno.h>
#include <string.h>

#include "store/wire.h"

static enum act by_sync(bool checksum, const struct entry *source, const struct entry *there)
{
	if (source->size != there->size)
		return ACT_REPLACE;
	if (checksum)
		return ACT_COMPARE;
	return there->modified >= source->modified ? ACT_SAME : ACT_REPLACE;
}

enum act rules_act(const char *rule, bool checksum, const struct entry *source, const struct entry *there)
{
	if (!there)
		return ACT_NEW;
	if (same(rule, "rename"))
		return ACT_RENAME;
	if (same(rule, "refuse"))
		return ACT_REFUSE;
	if (same(rule, "skip"))
		return ACT_KEEP;
	if (there->kind != ENTRY_FILE && there->kind != ENTRY_LINK)
		return ACT_CLASH;
	if (same(rule, "newer"))
		return source->modified > there->modified ? ACT_REPLACE : ACT_KEEP;
	return same(rule, "sync") ? by_sync(checksum, source, there) : ACT_REPLACE;
}

/* ---- names ----------------------------------------------------------------------------------------------------- */

/* Where the ending begins: ".gz" alone would split ".tar.gz". */
static size_t stem_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	if (!dot || dot == name || strlen(dot) > 12)
		return strlen(name);
	if (dot - name > 4 && !strncmp(dot - 4, ".tar", 4))
		dot -= 4;
	return dot == name ? strlen(name) : (size_t)(dot - name);
}

const char *rules_name(struct arena *arena, const char *path, int nth)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t stem = stem_of(name), ending = strlen(name) - stem;
	const char *mark = text(arena, " (%d)", nth);

	if (stem + ending + strlen(mark) > WIRE_NAME_MOST) {
		stem = WIRE_NAME_MOST - ending - strlen(mark);
		while (stem > 1 && ((unsigned char)name[stem] & 0xc0) == 0x80)
			stem--;
	}
	return text(arena, "%.*s%.*s%s%s", (int)(name - path), path, (int)stem, name, mark, name + strlen(name) - ending);
}

/* ---- errors ------------------------------------------------------------------------------------------------------ */

bool rules_lost(int code)
{
	return code == EPIPE || code == ECONNRESET || code == WIRE_E_OLD || code == EPROTO;
}

static const struct { int code; enum bad bad; } codes[] = {
	{ ENOSPC, BAD_FULL }, { EDQUOT, BAD_FULL },
	{ EPIPE, BAD_LATER }, { ECONNRESET, BAD_LATER }, { ECONNREFUSED, BAD_LATER }, { ECONNABORTED, BAD_LATER }, { ETIMEDOUT, BAD_LATER }, { EPROTO, BAD_LATER },
	{ EINPROGRESS, BAD_LATER }, { EAGAIN, BAD_LATER }, { EMFILE, BAD_LATER }, { ENFILE, BAD_LATER }, { ENOMEM, BAD_LATER }, { EIO, BAD_LATER },
	{ ESTALE, BAD_LATER }, { ENOTCONN, BAD_LATER }, { EHOSTUNREACH, BAD_LATER }, { ENETUNREACH, BAD_LATER }, { ECANCELED, BAD_LATER },
	{ WIRE_E_BUSY, BAD_LATER }, { WIRE_E_OLD, BAD_LATER }, { WIRE_E_HOST, BAD_LATER }, { WIRE_E_REFUSED, BAD_LATER }, { WIRE_E_CUT, BAD_LATER },
	{ WIRE_E_CHANGED, BAD_LATER }, { WIRE_E_SLOW, BAD_LATER }, { WIRE_E_ANSWER, BAD_LATER }, { WIRE_E_UNFINISHED, BAD_LATER },
	{ WIRE_E_PROOF, BAD_STOP }, { WIRE_E_ERRAND, BAD_STOP }, { WIRE_E_RIGHT, BAD_STOP }, { WIRE_E_PLACE, BAD_STOP }, { WIRE_E_NETWORK, BAD_STOP },
	{ WIRE_E_TLS, BAD_STOP }, { WIRE_E_HOST_KEY, BAD_STOP }, { WIRE_E_NEW_KEY, BAD_STOP }, { WIRE_E_LOGIN, BAD_STOP }, { WIRE_E_KEY, BAD_STOP },
	{ WIRE_E_KEY_KIND, BAD_STOP }, { WIRE_E_BUCKET, BAD_STOP }, { WIRE_E_PAUSED, BAD_STOP }, { WIRE_E_CLOCK, BAD_STOP }, { WIRE_E_ELSEWHERE, BAD_STOP },
};

enum bad rules_bad(int code)
{
	for (size_t i = 0; i < COUNT(codes); i++)
		if (codes[i].code == code)
			return codes[i].bad;
	return BAD_FILE;
}

enum { FIRST_WAIT = 3, LONGEST_WAIT = 900, MOST_TRIES = 40, MOST_FULL = 6 };

int64_t rules_wait(enum bad bad, int64_t nth)
{
	if (bad == BAD_STOP || bad == BAD_FILE || nth > (bad == BAD_FULL ? MOST_FULL : MOST_TRIES))
		return -1;
	int64_t wait = nth > 9 ? LONGEST_WAIT : (int64_t)FIRST_WAIT << (nth > 0 ? nth - 1 : 0);

	return wait > LONGEST_WAIT ? LONGEST_WAIT : wait;
}
