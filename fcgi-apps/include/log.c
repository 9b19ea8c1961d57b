/* log: time, chance and the log. A line is one write, so lines of several processes never mix. */
#include "base.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

const char *program = "naru";

int64_t clock_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t now(void)
{
	return (int64_t)time(NULL);
}

void random_bytes(void *at, size_t n)
{
	unsigned char *p = at;
	while (n > 0) {
		ssize_t got = getrandom(p, n, 0);
		if (got < 0 && errno != EINTR)
			die("no random bytes: %s", strerror(errno));
		if (got > 0) {
			p += got;
			n -= (size_t)got;
		}
	}
}

/* Control bytes become \xNN, so that nobody writes a second line or a terminal's escape. */
static size_t escape(char *to, size_t room, const char *from)
{
	size_t n = 0;
	for (; *from && n + 5 < room; from++) {
		unsigned char c = (unsigned char)*from;
		if (c < 0x20 || c == 0x7f)
			n += (size_t)snprintf(to + n, room - n, "\\x%02x", c);
		else
			to[n++] = (char)c;
	}
	to[n] = '\0';
	return n;
}

static void write_line(const struct ctx *ctx, const char *fmt, va_list args) PRINTF_LIKE(2, 0);
static void write_line(const struct ctx *ctx, const char *fmt, va_list args)
{
	char body[2048], line[4096], stamp[32] = "";
	time_t t = time(NULL);
	struct tm tm;
	vsnprintf(body, sizeof body, fmt, args);
	if (gmtime_r(&t, &tm))
		strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &tm);
	int n = snprintf(line, sizeof line, "%s %s[%d] %s%s", stamp, program, (int)getpid(),
		ctx && ctx->tag ? ctx->tag : "", ctx && ctx->tag ? " " : "");
	size_t at = n < 0 ? 0 : (size_t)n;
	if (at > 200)
		at = 200;
	at += escape(line + at, sizeof line - at - 1, body);
	line[at++] = '\n';
	ssize_t done = write(STDERR_FILENO, line, at);
	(void)done;
}

void log_line(const struct ctx *ctx, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	write_line(ctx, fmt, args);
	va_end(args);
}

void die(const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	write_line(NULL, fmt, args);
	va_end(args);
	_exit(70); /* EX_SOFTWARE */
}
