/*
 * The command line beside the service:
 *
 *   naru-account --import FILE         adds and updates local accounts, one a line (see README)
 *   naru-account --add-user LINE       the same for one line
 *   naru-account --set-password USER   reads the new password from standard input
 *   naru-account --block USER          nobody signs in as them, and what they have open ends
 *   naru-account --unblock USER        takes that back
 *
 * Safe to run again and beside the running service. Started by root it goes on as the owner of the database.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "account.h"
#include "audit.h"
#include "conf.h"

enum column { USER, PASSWORD, UID, GID, GROUPS, ROLE, START, END, NAME, MAIL, COLUMNS };

static int complain(const struct ctx *ctx, const char *what)
{
	fprintf(stderr, "naru-account: %s: %s%s%s\n", what, ctx->error.message ? ctx->error.message : "failed",
		ctx->error.detail ? ": " : "", ctx->error.detail ? ctx->error.detail : "");
	return 1;
}

/* A database made by root would be closed to the service. */
static void become_owner(struct ctx *ctx)
{
	struct stat st;
	const struct passwd *owner;

	if (geteuid() != 0 || stat(conf_path(ctx->arena, "db/accounts"), &st) != 0 || st.st_uid == 0)
		return;
	owner = getpwuid(st.st_uid);
	if (owner ? initgroups(owner->pw_name, owner->pw_gid) != 0 : setgroups(0, NULL) != 0)
		die("groups of the owner of the accounts: %s", strerror(errno));
	if (setgid(owner ? owner->pw_gid : st.st_gid) != 0 || setuid(st.st_uid) != 0)
		die("becoming the owner of the accounts: %s", strerror(errno));
}

/* Midnight at the site (conf_start() has set its time zone); the day of the month may lie outside the month. */
static int64_t midnight(int year, int month, int day)
{
	struct tm tm = { .tm_year = year, .tm_mon = month, .tm_mday = day, .tm_isdst = -1 };

	return (int64_t)mktime(&tm);
}

/* "", "2027-02-28" (its first second) or "+300", "-10": days from today. */
static bool parse_day(const char *s, int64_t *out)
{
	time_t today = (time_t)now();
	struct tm tm = { 0 };
	int64_t days;
	const char *end;

	*out = 0;
	if (empty(s))
		return true;
	if (*s == '+' || *s == '-') {
		if (!parse_int(s + 1, 0, 100000, &days) || !localtime_r(&today, &tm))
			return false;
		*out = midnight(tm.tm_year, tm.tm_mon, tm.tm_mday + (int)(*s == '-' ? -days : days));
		return true;
	}
	end = strptime(s, "%Y-%m-%d", &tm);
	*out = midnight(tm.tm_year, tm.tm_mon, tm.tm_mday);
	return end && !*end;
}

static bool bad_line(struct ctx *ctx, const char *what, const char *value)
{
	return fail(ctx, KIND_INVALID, text(ctx->arena, "%s: \"%s\"", what, value), NULL);
}

static bool read_line(struct ctx *ctx, const char *line, struct person *p, const char **password)
{
	struct texts c = split(ctx->arena, line, ':');

	if (c.n != COLUMNS)
		return bad_line(ctx, "a line has 10 columns", line);
	*p = (struct person){ .user = c.at[USER], .name = c.at[NAME], .mail = c.at[MAIL], .admin = same(c.at[ROLE], "admin") };
	*password = c.at[PASSWORD];
	if (!user_name_ok(p->user))
		return bad_line(ctx, "not a user name", p->user);
	if (!parse_int(c.at[UID], 0, INT32_MAX, &p->uid) || !uid_ok(p->uid))
		return bad_line(ctx, "uid of a system account, or no number", c.at[UID]);
	if (!parse_int(c.at[GID], 0, INT32_MAX, &p->gid) || !gid_ok(p->gid))
		return bad_line(ctx, "gid of a system group, or no number", c.at[GID]);
	if (!p->admin && !same(c.at[ROLE], "user"))
		return bad_line(ctx, "the role is user or admin", c.at[ROLE]);
	if (!parse_day(c.at[START], &p->contract_start) || !parse_day(c.at[END], &p->contract_end))
		return bad_line(ctx, "a day is YYYY-MM-DD, +N or -N", line);
	p->groups = groups_clean(ctx->arena, p->gid, c.at[GROUPS]);
	return utf8_valid(line, strlen(line)) || bad_line(ctx, "not UTF-8", p->user);
}

struct store { const struct account *account; bool end_sessions; int64_t ended; };

static bool store(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct store *s = arg;

	if (s->end_sessions && !session_end_others(ctx, db, s->account->user, NULL, &s->ended))
		return false;
	return account_put(ctx, db, s->account);
}

static bool save(struct ctx *ctx, const char *what, const struct account *a, bool end_sessions)
{
	return audit(ctx, "root", what, a->user, NULL) &&
		db_change(ctx, accounts, store, &(struct store){ .account = a, .end_sessions = end_sessions });
}

/* The password of the line is for new accounts: the user's own change is not undone by the next run. */
static bool add(struct ctx *ctx, const char *line)
{
	struct account a = { 0 };
	const char *password = NULL;
	struct bytes before;
	struct person p;
	bool found = false;

	if (!read_line(ctx, line, &p, &password) || !account_look(ctx, p.user, &found, &a))
		return false;
	before = record_pack(ctx->arena, &account_record, &a);
	account_refresh(&a, &p, "local", now());
	if (empty(a.password) && !empty(password) && !password_hash(ctx, password, &a.password))
		return false;
	if (found) {
		struct bytes after = record_pack(ctx->arena, &account_record, &a);

		if (after.n == before.n && memcmp(after.at, before.at, after.n) == 0)
			return true;
	}
	return save(ctx, found ? "account.update" : "account.add", &a, false);
}

static int import(struct ctx *ctx, const char *path)
{
	struct bytes file;
	struct texts lines;
	int code = 0;

	if (!file_read(ctx, path, 64 << 20, &file))
		return complain(ctx, path);
	lines = split(ctx->arena, arena_copy(ctx->arena, file.at, file.n), '\n');
	for (size_t i = 0; i < lines.n; i++) {
		struct arena *arena = arena_new(0);
		struct ctx one = { .arena = arena };

		if (*lines.at[i] && *lines.at[i] != '#' && !add(&one, lines.at[i]))
			code = complain(&one, text(arena, "line %zu", i + 1));
		arena_free(arena);
	}
	return code;
}

static int look_up(struct ctx *ctx, const char *user, struct account *a)
{
	bool found = false;

	if (!account_look(ctx, user, &found, a))
		return complain(ctx, user);
	if (found)
		return 0;
	fprintf(stderr, "naru-account: there is no account %s\n", user);
	return 1;
}

/* Sessions, tokens and seats at apps end; what the user runs is ended by the deployer, which hears of it from the service (closed.c). */
static int block(struct ctx *ctx, const char *user)
{
	struct account a = { 0 };

	if (look_up(ctx, user, &a))
		return 1;
	a.disabled = true;
	return save(ctx, "account.block", &a, true) ? 0 : complain(ctx, user);
}

static int unblock(struct ctx *ctx, const char *user)
{
	struct account a = { 0 };

	if (look_up(ctx, user, &a))
		return 1;
	a.disabled = false;
	return save(ctx, "account.unblock", &a, false) ? 0 : complain(ctx, user);
}

static int set_password(struct ctx *ctx, const char *user)
{
	char line[1002];
	struct account a = { 0 };

	if (look_up(ctx, user, &a))
		return 1;
	if (!fgets(line, sizeof line, stdin) || strcspn(line, "\r\n") == 0) {
		fprintf(stderr, "naru-account: no password on standard input\n");
		return 1;
	}
	line[strcspn(line, "\r\n")] = '\0';
	a.password_changed = now();
	if (!password_hash(ctx, line, &a.password) || !save(ctx, "password.set", &a, true))
		return complain(ctx, user);
	explicit_bzero(line, sizeof line);
	return 0;
}

static int add_one(struct ctx *ctx, const char *line)
{
	return add(ctx, line) ? 0 : complain(ctx, "--add-user");
}

int cli(int argc, char **argv)
{
	static const struct { const char *option; int (*run)(struct ctx *, const char *); } options[] = {
		{ "--import", import }, { "--add-user", add_one }, { "--set-password", set_password },
		{ "--block", block }, { "--unblock", unblock },
	};
	struct ctx ctx = { 0 };
	int code = -1;

	for (size_t i = 0; argc == 3 && i < COUNT(options); i++) {
		if (!same(argv[1], options[i].option))
			continue;
		program = "account";
		conf_start();
		tzset();
		ctx.arena = arena_new(0);
		become_owner(&ctx);
		code = people_open(&ctx) ? options[i].run(&ctx, argv[2]) : complain(&ctx, "accounts");
		arena_free(ctx.arena);
	}
	return code;
}
