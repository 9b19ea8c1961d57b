/* mail: a warning to the owner of an app, through [mail] sendmail, in the language they last used here. */
#include "deployer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "conf.h"

enum { WORD_BYTES = 45, LONGEST_S = 60 };

static const char *when(struct arena *arena, int64_t at)
{
	time_t t = (time_t)at;
	struct tm tm;
	char out[32] = "";

	if (localtime_r(&t, &tm))
		strftime(out, sizeof out, "%Y-%m-%d %H:%M", &tm);
	return text(arena, "%s", out);
}

static void put_base64(struct buf *out, const char *value, size_t n)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		unsigned v = (unsigned)(unsigned char)value[i] << 16;

		if (i + 1 < n)
			v |= (unsigned)(unsigned char)value[i + 1] << 8;
		if (i + 2 < n)
			v |= (unsigned char)value[i + 2];
		buf_char(out, letters[v >> 18]);
		buf_char(out, letters[v >> 12 & 63]);
		buf_char(out, i + 1 < n ? letters[v >> 6 & 63] : '=');
		buf_char(out, i + 2 < n ? letters[v & 63] : '=');
	}
}

/* RFC 2047: encoded words of at most 75 letters, each of whole characters. Nothing that a name holds is a line break here. */
static const char *subject_words(struct arena *arena, const char *value)
{
	struct buf out;

	buf_in(&out, arena);
	for (size_t n; *value; value += n) {
		n = strlen(value) > WORD_BYTES ? WORD_BYTES : strlen(value);
		while (n > 1 && ((unsigned char)value[n] & 0xc0) == 0x80)
			n--;
		buf_text(&out, out.n ? "\n =?UTF-8?B?" : "=?UTF-8?B?");
		put_base64(&out, value, n);
		buf_text(&out, "?=");
	}
	return buf_cstr(&out);
}

/* An address of the account's own record, still no place for a line break or a second address. */
static bool address_good(const char *address)
{
	size_t n = strlen(address);

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)address[i] <= 0x20 || strchr(",;<>()\"\\", address[i]))
			return false;
	return n < 255 && address[0] != '-' && strchr(address, '@');
}

static const char *letter(struct ctx *ctx, const struct deployment *a)
{
	const char *host = conf_get("site", "host", "localhost"), *site = conf_get("site", "name", "Naru"), *at = when(ctx->arena, app_ends(a));
	bool idle = a->idle_ends && a->idle_ends == app_ends(a);
	const char *subject = idle ? say(ctx, "%s: the app %s seems unused and is stopped at %s", site, a->name, at) : say(ctx, "%s: the app %s ends at %s", site, a->name, at);
	const char *body = idle
		? say(ctx, "Your app \"%s\" seems unused and is stopped at %s. Your files stay.\n\nIf you need it longer, open its page and say that it is in use:\nhttps://%s/apps/%s\n",
			a->name, at, host, a->id)
		: say(ctx, "Your app \"%s\" ends at %s.\n\nSave your work before that. To let it run longer, open its page and choose Extend:\nhttps://%s/apps/%s\n",
			a->name, at, host, a->id);

	return text(ctx->arena, "From: %s\nTo: %s\nSubject: %s\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\nAuto-Submitted: auto-generated\n\n%s",
		conf_get("mail", "from", "naru@localhost"), a->mail, subject_words(ctx->arena, subject), body);
}

static int hand_over(struct ctx *ctx, const char *program_path, const char *to, const char *letter_text)
{
	int ends[2], status = -1;
	size_t n = strlen(letter_text);

	if (pipe(ends))
		return 1;
	pid_t pid = fork();

	if (pid == 0) {
		dup2(ends[0], 0);
		close(ends[0]);
		close(ends[1]);
		execl(program_path, program_path, "-i", "--", to, (char *)NULL);
		_exit(127);
	}
	close(ends[0]);
	bool sent = pid > 0 && write(ends[1], letter_text, n) == (ssize_t)n;

	close(ends[1]);
	if (pid > 0)
		waitpid(pid, &status, 0);
	if (!sent || status)
		log_line(ctx, "the mail to the owner was not taken: status %d", status);
	return 0;
}

/* Written down before it is sent: better none than one after each restart. */
static bool take_mailed(struct ctx *ctx, struct db_write *db, struct deployment *app, void *arg)
{
	struct deployment *out = arg;

	(void)ctx;
	(void)db;
	*out = *app;
	app->mailed |= app->warned;
	return true;
}

int mail_main(const char *id)
{
	struct ctx ctx = { .arena = arena_new(0), .tag = id };
	const char *program_path = conf_get("mail", "sendmail", NULL);
	struct deployment app;
	struct db *db;
	bool found = false;

	alarm(LONGEST_S); /* a program that hangs holds no process for ever */
	if (!program_path || !db_open(&ctx, "apps", DB_READ_WRITE, &db) || !keep_change(&ctx, db, id, &found, take_mailed, &app))
		return 1;
	if (!found || !(app.warned & ~app.mailed) || empty(app.mail) || !address_good(app.mail) || !app_ends(&app))
		return 0;
	lang_parse(empty(app.lang) ? "en" : app.lang, &ctx.lang);
	log_line(&ctx, "mail to the owner: it ends at %s", when(ctx.arena, app_ends(&app)));
	return hand_over(&ctx, program_path, app.mail, letter(&ctx, &app));
}
