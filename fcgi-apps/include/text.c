/* text: small functions on texts. */
#include "base.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

char *vtext(struct arena *arena, const char *fmt, va_list args)
{
	va_list again;
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		die("a text cannot be formatted");
	char *out = arena_alloc(arena, (size_t)n + 1);
	vsnprintf(out, (size_t)n + 1, fmt, args);
	return out;
}

char *text(struct arena *arena, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	char *out = vtext(arena, fmt, args);
	va_end(args);
	return out;
}

bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool empty(const char *s)
{
	return !s || !*s;
}

bool starts_with(const char *s, const char *prefix)
{
	return s && strncmp(s, prefix, strlen(prefix)) == 0;
}

bool parse_int(const char *s, int64_t min, int64_t max, int64_t *out)
{
	const char *p = s;
	if (!p)
		return false;
	if (*p == '-')
		p++;
	if (!*p || strspn(p, "0123456789") != strlen(p))
		return false;
	errno = 0;
	long long value = strtoll(s, NULL, 10);
	if (errno || value < min || value > max)
		return false;
	*out = value;
	return true;
}

/* Length of the sequence that begins with c, its least code point; 0: not a first byte. */
static size_t sequence(unsigned char c, uint32_t *least, uint32_t *bits)
{
	if (c < 0x80) { *least = 1; *bits = c; return 1; }
	if (c >= 0xc2 && c < 0xe0) { *least = 0x80; *bits = c & 0x1fu; return 2; }
	if (c >= 0xe0 && c < 0xf0) { *least = 0x800; *bits = c & 0x0fu; return 3; }
	if (c >= 0xf0 && c < 0xf5) { *least = 0x10000; *bits = c & 0x07u; return 4; }
	return 0;
}

bool utf8_valid(const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s;
	for (size_t i = 0; i < n;) {
		uint32_t least, point;
		size_t length = sequence(p[i], &least, &point);
		if (length == 0 || length > n - i)
			return false;
		for (size_t k = 1; k < length; k++) {
			if ((p[i + k] & 0xc0) != 0x80)
				return false;
			point = point << 6 | (p[i + k] & 0x3fu);
		}
		if (point < least || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
			return false;
		i += length;
	}
	return true;
}

struct texts split(struct arena *arena, const char *s, char separator)
{
	size_t n = 1;
	if (!s)
		return (struct texts){0};
	for (const char *p = s; *p; p++)
		n += *p == separator;
	const char **at = NEW_ARRAY(arena, const char *, n);
	for (size_t i = 0; i < n; i++) {
		const char *end = strchr(s, separator);
		size_t length = end ? (size_t)(end - s) : strlen(s);
		at[i] = arena_copy(arena, s, length);
		s += length + 1;
	}
	return (struct texts){ at, n };
}

char *human_size(struct arena *arena, int64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double value = (double)bytes;
	size_t unit = 0;
	/* 1023.95 would be printed as 1024.0. */
	while (value >= (unit ? 1023.95 : 1024) && unit + 1 < COUNT(units)) {
		value /= 1024;
		unit++;
	}
	return text(arena, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
}

char *human_time(struct arena *arena, int64_t seconds)
{
	int64_t s = seconds < 0 ? 0 : seconds, days = s / 86400;
	char clock[32];
	snprintf(clock, sizeof clock, "%02d:%02d:%02d", (int)(s / 3600 % 24), (int)(s / 60 % 60), (int)(s % 60));
	return days ? text(arena, "%lld-%s", (long long)days, clock) : text(arena, "%s", clock);
}

/* What a file of the system's own says of its size is 0. */
static size_t size_of(FILE *f, size_t most)
{
	struct stat s;
	return fstat(fileno(f), &s) == 0 && s.st_size > 0 && (uintmax_t)s.st_size < most ? (size_t)s.st_size : most;
}

bool file_read(struct ctx *ctx, const char *path, size_t most, struct bytes *out)
{
	FILE *f = fopen(path, "rbe");
	if (!f)
		return fail(ctx, errno == ENOENT ? KIND_NOT_FOUND : KIND_UNAVAILABLE, tr(ctx, "A file of the portal cannot be read. The administrators can see why in the log."),
			"%s: %s", path, strerror(errno));
	size_t room = size_of(f, most); /* a file that grows meanwhile is read as it was */
	unsigned char *at = arena_alloc(ctx->arena, room + 2);
	size_t n = fread(at, 1, room < most ? room : most + 1, f);
	bool bad = ferror(f) != 0;
	fclose(f);
	if (bad || n > most)
		return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "A file of the portal cannot be read. The administrators can see why in the log."),
			"%s: %s", path, bad ? "read error" : "too large");
	*out = (struct bytes){ at, n };
	return true;
}
