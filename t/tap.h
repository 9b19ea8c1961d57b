/* tap: the Test Anything Protocol for C, with libtap's names. A test file is a main() that calls these and returns done_testing(). */
#ifndef NARU_TAP_H
#define NARU_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int tap_run, tap_failed, tap_planned;

__attribute__((unused, format(printf, 1, 2))) static void diag(const char *fmt, ...)
{
	char line[4096];
	va_list args;
	va_start(args, fmt);
	vsnprintf(line, sizeof line, fmt, args);
	va_end(args);
	for (char *at = line, *end; at; at = end) {
		end = strchr(at, '\n');
		if (end)
			*end++ = '\0';
		fprintf(stderr, "# %s\n", at);
	}
}

__attribute__((unused)) static void plan(int tests)
{
	tap_planned = tests;
	printf("1..%d\n", tests);
	fflush(stdout);
}

__attribute__((unused, format(printf, 4, 5))) static bool tap_ok(bool good, const char *file, int line, const char *fmt, ...)
{
	char name[512] = "";
	va_list args;
	va_start(args, fmt);
	vsnprintf(name, sizeof name, fmt, args);
	va_end(args);
	for (char *p = name; *p; p++)
		if (*p == '#' || (unsigned char)*p < 0x20)
			*p = '?';
	printf("%sok %d - %s\n", good ? "" : "not ", ++tap_run, name);
	fflush(stdout);
	if (!good) {
		tap_failed++;
		diag("failed at %s line %d: %s", file, line, name);
	}
	return good;
}

__attribute__((unused, format(printf, 5, 6))) static bool tap_is(const char *got, const char *want, const char *file, int line, const char *fmt, ...)
{
	char name[512] = "";
	va_list args;
	va_start(args, fmt);
	vsnprintf(name, sizeof name, fmt, args);
	va_end(args);
	bool good = got == want || (got && want && strcmp(got, want) == 0);
	tap_ok(good, file, line, "%s", name);
	if (!good)
		diag("     got: %s\nexpected: %s", got ? got : "(null)", want ? want : "(null)");
	return good;
}

__attribute__((unused, format(printf, 5, 6))) static bool tap_is_int(int64_t got, int64_t want, const char *file, int line, const char *fmt, ...)
{
	char name[512] = "";
	va_list args;
	va_start(args, fmt);
	vsnprintf(name, sizeof name, fmt, args);
	va_end(args);
	bool good = got == want;
	tap_ok(good, file, line, "%s", name);
	if (!good)
		diag("     got: %lld\nexpected: %lld", (long long)got, (long long)want);
	return good;
}

/* ok(condition, "name", …)  is(got, wanted, "name", …) for texts  is_int(got, wanted, "name", …)  pass("name")  */
#define ok(condition, ...) tap_ok((condition), __FILE__, __LINE__, __VA_ARGS__)
#define is(got, want, ...) tap_is((got), (want), __FILE__, __LINE__, __VA_ARGS__)
#define is_int(got, want, ...) tap_is_int((int64_t)(got), (int64_t)(want), __FILE__, __LINE__, __VA_ARGS__)
#define pass(...) tap_ok(true, __FILE__, __LINE__, __VA_ARGS__)

/* Says that `n` tests are left out and why. */
__attribute__((unused)) static void skip(const char *why, int n)
{
	for (int i = 0; i < n; i++)
		printf("ok %d # SKIP %s\n", ++tap_run, why);
	fflush(stdout);
}

__attribute__((unused)) static int done_testing(void)
{
	if (!tap_planned)
		printf("1..%d\n", tap_run);
	fflush(stdout);
	return tap_failed != 0 || (tap_planned && tap_planned != tap_run);
}

#endif
