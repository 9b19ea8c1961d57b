/*
 * base: what every function of Naru stands on: memory that is freed at one place, the first error
 * of a request, text, time and the log.
 *
 * Memory. An arena hands out zeroed memory and frees it all at once; nothing taken from it is freed
 * by hand. Running out of memory ends the process (a supervisor starts the next), so no function
 * here returns NULL for want of memory.
 *
 * Errors. `struct ctx` is the first argument of everything that can fail. Such a function returns
 * false after it called fail(); the first error of a context wins and is logged once, by the
 * framework. There are no error numbers to translate: `kind` is mapped to an HTTP status in one place.
 */
#ifndef NARU_BASE_H
#define NARU_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "banned.h"

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- memory ------------------------------------------------------------------------------ */

struct arena;

/* A new arena that may hold at most `limit` bytes (0: 256 MiB). Going over the limit ends the process. */
struct arena *arena_new(size_t limit);
/* Runs the clean-ups, last first, and frees everything. NULL is allowed. */
void arena_free(struct arena *);
/* As arena_free(), but the arena can be used again and keeps its first block. */
void arena_reset(struct arena *);
/* `size` zeroed bytes, aligned for any type. Never NULL. */
void *arena_alloc(struct arena *, size_t size);
/* The same with whatever is in them: for what is written over at once. */
void *arena_room(struct arena *, size_t size);
/* Calls fn(arg) when the arena is freed or reset: descriptors, transactions, foreign objects. */
void arena_defer(struct arena *, void (*fn)(void *arg), void *arg);
/* A copy, with a NUL added behind it. */
char *arena_copy(struct arena *, const void *data, size_t size);

#define NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define NEW_ARRAY(arena, type, count) ((type *)arena_alloc((arena), sizeof(type) * (size_t)(count)))

/* ---- context and errors ------------------------------------------------------------------- */

enum kind {
	KIND_NONE = 0,
	KIND_BAD_REQUEST,  /* 400: cannot be understood at all */
	KIND_SIGN_IN,      /* 401: nobody is signed in */
	KIND_FORBIDDEN,    /* 403 */
	KIND_NOT_FOUND,    /* 404: also for what belongs to somebody else */
	KIND_METHOD,       /* 405 */
	KIND_CONFLICT,     /* 409: it exists already, or changed meanwhile */
	KIND_TOO_LARGE,    /* 413 */
	KIND_RANGE,        /* 416 */
	KIND_INVALID,      /* 422: understood, and wrong; say what to change */
	KIND_TOO_MANY,     /* 429 */
	KIND_INTERNAL,     /* 500: our own fault */
	KIND_UNAVAILABLE,  /* 503: a back end or the disk does not serve now; trying again may help */
	KIND_TIMEOUT,      /* 504 */
};

enum lang { LANG_EN, LANG_KO, LANG_COUNT };

struct error {
	enum kind kind;      /* KIND_NONE: no error yet */
	const char *message; /* for the user, in their language: what happened, what it means, what to do */
	const char *detail;  /* for the log, never shown */
};

struct ctx {
	struct arena *arena;
	struct error error;
	const char *tag;     /* in front of each log line: request id or job name; may be NULL */
	int64_t deadline;    /* clock_ms() at which blocking calls give up; 0: none */
	enum lang lang;
};

/* Records the first error and returns false always, so that `return fail(…)` reads well. `message` must
 * live as long as the arena (tr() or say()); `detail` is printf-like and may be NULL. */
bool fail(struct ctx *, enum kind, const char *message, const char *detail, ...) PRINTF_LIKE(4, 5);
/* Forgets the error: for callers that can live with the failure. */
void forget(struct ctx *);
/* Milliseconds left until the deadline, at least 1, at most `most`. */
int ctx_left_ms(const struct ctx *, int most);

/* ---- language ------------------------------------------------------------------------------ */

/* The message in the context's language; the English text is its own key. Messages are found by the
 * catalogue check in C as tr(ctx, "…"), say(ctx, "…", …), MSG("…") and in views as {{_ …}}. */
const char *tr(const struct ctx *, const char *english);
/* printf in the user's language, into the arena. The translation has the same % directives in the same order. */
char *say(struct ctx *, const char *english, ...) PRINTF_LIKE(2, 3);
/* Marks a message in a table, to be translated where it is shown. */
#define MSG(text) text
/* The catalogue itself (made from the *.po files at build time). */
const char *tr_lang(enum lang, const char *english);
const char *lang_code(enum lang);              /* "en", "ko" */
bool lang_parse(const char *code, enum lang *); /* false: unknown, left alone */

/* ---- text ---------------------------------------------------------------------------------- */

struct bytes { const unsigned char *at; size_t n; };
struct texts { const char *const *at; size_t n; };

char *text(struct arena *, const char *fmt, ...) PRINTF_LIKE(2, 3);
char *vtext(struct arena *, const char *fmt, va_list) PRINTF_LIKE(2, 0);
/* Like strcmp() == 0; two NULLs are equal, NULL is not "". */
bool same(const char *, const char *);
/* True for NULL and "". */
bool empty(const char *);
bool starts_with(const char *, const char *prefix);
/* Whole text a number within [min, max]: optional '-', digits, nothing else. */
bool parse_int(const char *, int64_t min, int64_t max, int64_t *out) MUST_CHECK;
/* Valid UTF-8 (no surrogates, no overlong forms, nothing above U+10FFFF) without NUL. */
bool utf8_valid(const char *, size_t n);
/* Splits at `separator`, into arena copies; empty parts are kept. */
struct texts split(struct arena *, const char *, char separator);
/* 4 random-access helpers: lower-case hex and URL-safe base64 without padding; decode returns false on anything else. */
char *hex(struct arena *, const void *, size_t n);
bool unhex(struct arena *, const char *, struct bytes *out) MUST_CHECK;
char *base64url(struct arena *, const void *, size_t n);
bool unbase64url(struct arena *, const char *, struct bytes *out) MUST_CHECK;
bool unbase64(struct arena *, const char *, struct bytes *out) MUST_CHECK; /* the usual alphabet, with padding */
/* "512 B", "1.4 GiB". */
char *human_size(struct arena *, int64_t bytes);
/* Seconds as "1-02:03:04" or "02:03:04", as Slurm prints them. */
char *human_time(struct arena *, int64_t seconds);

/* A growing buffer. Zeroed, its memory is the heap's and buf_free() frees it; after buf_in() it is the arena's. */
struct buf { char *at; size_t n, cap; struct arena *arena; };
void buf_in(struct buf *, struct arena *); /* empties it first; the struct itself may be on the stack */
void buf_room(struct buf *, size_t more); /* so that it need not grow on the way */
void buf_add(struct buf *, const void *, size_t n);
void buf_text(struct buf *, const char *);
void buf_char(struct buf *, char);
void buf_printf(struct buf *, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_free(struct buf *);
/* NUL-terminated content (the NUL is not counted in n). Valid until the next change. */
const char *buf_cstr(struct buf *);

/* ---- time, chance, log --------------------------------------------------------------------- */

int64_t clock_ms(void);  /* monotonic, for deadlines */
int64_t now(void);       /* seconds since 1970, for records */
/* Seconds since 1970 at the beginning of an ISO day ("2026-11-29"), or of the day so many days later, in the site's zone; 0 for none. */
int64_t day_start(const char *day, int plus_days);
/* Fills from the kernel's generator; ends the process if there is none. */
void random_bytes(void *, size_t n);
/* `bits`/8 random bytes as URL-safe text. */
char *random_token(struct arena *, unsigned bits);
/* One line to standard error: time, program, tag, text; control bytes are escaped. */
void log_line(const struct ctx *, const char *fmt, ...) PRINTF_LIKE(2, 3);
extern const char *program; /* name in the log; set at start */
/* Ends the process after a log line: for what cannot go on (no memory, broken invariant). */
void die(const char *fmt, ...) PRINTF_LIKE(1, 2) __attribute__((noreturn));

/* Reads a whole file of at most `most` bytes. */
bool file_read(struct ctx *, const char *path, size_t most, struct bytes *out) MUST_CHECK;

#endif
