/* One conversation: commands, then content or a listing. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "store/ftp.h"
#include "store/url.h"
#include "store/why.h"

#define TALK_MS 60000 /* for one that has no content and no time of its own */

/* ---- what was said ---- */

/* libcurl may send PASV while a refused STOR still has no reply, so that what was sent last is not always what is answered. */
static void keep_verb(struct ftp_talk *t, const char *sent, size_t n)
{
	char *to = t->open[t->waiting < FTP_OPEN ? t->waiting++ : FTP_OPEN - 1];
	size_t k = 0;
	while (k < n && k + 1 < sizeof t->verb && isalpha((unsigned char)sent[k]))
		k++;
	memcpy(to, sent, k); /* what stands behind may be the password */
	to[k] = 0;
	t->cwds += same(to, "CWD");
	memcpy(t->verb, t->open[0], sizeof t->verb);
}

/* A preliminary reply (1xx) is not the last one. */
static void answer_verb(struct ftp_talk *t, int code)
{
	if (code < 200 || !t->waiting)
		return;
	t->waiting--;
	memmove(t->open[0], t->open[1], sizeof t->open - sizeof t->open[0]);
	if (t->waiting)
		memcpy(t->verb, t->open[0], sizeof t->verb);
}

static struct ftp_reply *slot(struct ftp_talk *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (same(t->replies[i].verb, t->verb))
			return &t->replies[i];
	return &t->replies[t->n < FTP_REPLIES ? t->n++ : FTP_REPLIES - 1];
}

static void keep_reply(struct ftp_talk *t, int code, const char *text, size_t n)
{
	struct ftp_reply *r = slot(t);
	if (*r->verb && same(t->verb, "CWD"))
		return; /* the second is libcurl's own */
	memcpy(r->verb, t->verb, sizeof r->verb);
	r->code = code;
	snprintf(r->text, sizeof r->text, "%.*s", (int)n, text);
}

static bool is_code(const char *s, size_t n)
{
	return n >= 3 && isdigit((unsigned char)s[0]) && isdigit((unsigned char)s[1]) && isdigit((unsigned char)s[2]);
}

static void tell(const struct ftp_talk *t, const char *s, size_t n)
{
	char line[1024];
	snprintf(line, sizeof line, "%.*s", (int)n, s);
	if (t->line)
		t->line(t->arg, t->verb, line);
}

/* "250 Done", or "250-Start", lines, "250 End". */
static void keep_line(struct ftp_talk *t, const char *s, size_t n)
{
	while (n && (s[n - 1] == '\r' || s[n - 1] == '\n'))
		n--;
	bool coded = is_code(s, n), last = coded && (n == 3 || s[3] == ' ') && (!*t->begun || !strncmp(s, t->begun, 3));
	if (last) {
		int code = (s[0] - '0') * 100 + (s[1] - '0') * 10 + (s[2] - '0');
		keep_reply(t, code, s, n);
		answer_verb(t, code);
		t->begun[0] = 0;
	} else {
		if (!*t->begun && coded)
			snprintf(t->begun, sizeof t->begun, "%.3s", s);
		tell(t, s, n);
	}
}

static int heard(CURL *h, curl_infotype kind, char *s, size_t n, void *arg)
{
	(void)h;
	if (kind == CURLINFO_HEADER_OUT)
		keep_verb(arg, s, n);
	else if (kind == CURLINFO_HEADER_IN)
		keep_line(arg, s, n);
	return 0;
}

const struct ftp_reply *ftp_reply(const struct ftp_talk *t, const char *verb)
{
	for (size_t i = 0; i < t->n; i++)
		if (same(t->replies[i].verb, verb))
			return &t->replies[i];
	return NULL;
}

bool ftp_done(const struct ftp_talk *t, const char *verb)
{
	const struct ftp_reply *r = ftp_reply(t, verb);
	return r && r->code < 400;
}

/* ---- what a refusal means ---- */

static const struct { const char *says; int means; } words[] = {
	{ "no such", ENOENT }, { "not found", ENOENT }, { "not exist", ENOENT }, { "cannot find", ENOENT }, { "not empty", ENOTEMPTY }, { "exist", EEXIST },
	{ "denied", EACCES }, { "ermission", EACCES }, { "not permitted", EACCES }, { "not a directory", ENOTDIR }, { "is a directory", EISDIR }, { "quota", EDQUOT },
	{ "no space", ENOSPC }, { "read-only", EROFS }, { "too long", ENAMETOOLONG },
};
static const struct { int code, means; } codes[] = {
	{ 421, WIRE_E_SLOW }, { 452, ENOSPC }, { 552, ENOSPC }, { 500, WIRE_E_CANNOT }, { 502, WIRE_E_CANNOT }, { 504, WIRE_E_CANNOT }, { 530, WIRE_E_LOGIN },
	{ 532, EACCES }, { 501, EINVAL },
};

int ftp_refusal(const struct ftp_talk *t, const char *verb, int otherwise)
{
	const struct ftp_reply *r = ftp_reply(t, verb);
	if (!r)
		return why(WIRE_E_ANSWER, "%s: no reply", verb);
	if (r->code == 425 || r->code == 426)
		return why(r->code == 425 ? WIRE_E_REFUSED : WIRE_E_CUT, "%s", r->text); /* of the data connection */
	for (size_t i = 0; i < COUNT(words); i++)
		if (strcasestr(r->text, words[i].says))
			return why(words[i].means, "%s", r->text);
	for (size_t i = 0; i < COUNT(codes); i++)
		if (codes[i].code == r->code)
			return why(codes[i].means, "%s", r->text);
	return why(otherwise, "%s", r->text);
}

/* ---- what is asked ---- */

int ftp_name_good(const char *path)
{
	for (const char *p = path; *p; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p == 0xff) /* line ends; what libcurl and Telnet, on which FTP stands, take for commands */
			return EINVAL;
	return 0;
}

static void put_path(const struct ftp *f, struct buf *b, const char *path)
{
	buf_text(b, f->base);
	if (*path || !*f->base)
		buf_char(b, '/');
	buf_text(b, path);
}

void ftp_say(const struct ftp *f, struct ftp_talk *t, bool may_fail, const char *verb, const char *path)
{
	struct buf b = { 0 };
	buf_text(&b, may_fail ? "*" : "");
	buf_text(&b, verb);
	if (path) {
		buf_char(&b, ' ');
		put_path(f, &b, path);
	}
	struct curl_slist *more = curl_slist_append(t->commands, buf_cstr(&b));
	if (!more)
		die("out of memory");
	t->commands = more;
	buf_free(&b);
}

/* Of content: absolute. Else none: then libcurl goes nowhere, and a listing is of where the commands have gone. */
static void put_url(const struct ftp *f, const struct ftp_talk *t, struct buf *b)
{
	struct buf path = { 0 };
	url_host(b, same(f->r.security, "implicit") ? "ftps" : "ftp", f->r.host, f->r.port);
	buf_char(b, '/');
	if (t->path) {
		put_path(f, &path, t->path);
		buf_text(b, "%2F");
		url_path(b, buf_cstr(&path) + 1);
	}
	buf_free(&path);
}

static void set_line(const struct ftp *f, CURL *h)
{
	bool tls = !same(f->r.security, "none");
	curl_easy_setopt(h, CURLOPT_USERNAME, empty(f->r.user) ? "anonymous" : f->r.user);
	curl_easy_setopt(h, CURLOPT_PASSWORD, f->r.secret);
	curl_easy_setopt(h, CURLOPT_USE_SSL, (long)(tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
	curl_easy_setopt(h, CURLOPT_FTPSSLAUTH, (long)CURLFTPAUTH_TLS);
	/* Not 1.3: there a server sends tickets after the handshake, and if we have sent all of a file and closed before they come, the system answers
	 * them with a reset, which throws away what the server has not read yet: uploads lose their ends. */
	curl_easy_setopt(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2 | (long)CURL_SSLVERSION_MAX_TLSv1_2);
	curl_easy_setopt(h, CURLOPT_FTP_SKIP_PASV_IP, 1L);
	curl_easy_setopt(h, CURLOPT_FTP_FILEMETHOD, (long)CURLFTPMETHOD_NOCWD);
	curl_easy_setopt(h, CURLOPT_FTPPORT, f->r.active ? "-" : NULL);
	curl_easy_setopt(h, CURLOPT_ACCEPTTIMEOUT_MS, 10000L);
	curl_easy_setopt(h, CURLOPT_SERVER_RESPONSE_TIMEOUT, 30L);
}

static void set_content(const struct ftp *f, struct ftp_talk *t, CURL *h)
{
	char range[48] = "";
	bool body = t->list_here || t->path;
	if (t->from || t->most > 0)
		snprintf(range, sizeof range, "%" PRId64 "-", t->from);
	if (t->most > 0)
		snprintf(range + strlen(range), sizeof range - strlen(range), "%" PRId64, t->from + t->most - 1);
	curl_easy_setopt(h, CURLOPT_UPLOAD, t->give ? 1L : 0L);
	curl_easy_setopt(h, CURLOPT_NOBODY, body ? 0L : 1L);
	curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, !t->list_here ? NULL : f->facts ? "MLSD" : "LIST -a");
	curl_easy_setopt(h, CURLOPT_RANGE, *range ? range : NULL);
	curl_easy_setopt(h, CURLOPT_IGNORE_CONTENT_LENGTH, *range ? 0L : 1L); /* how much there is was asked before, but without it there is no REST */
	curl_easy_setopt(h, CURLOPT_READFUNCTION, t->give);
	curl_easy_setopt(h, CURLOPT_READDATA, t->arg);
	curl_easy_setopt(h, CURLOPT_INFILESIZE_LARGE, (curl_off_t)t->size);
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, t->take);
	curl_easy_setopt(h, CURLOPT_WRITEDATA, t->arg);
}

static void set_talk(struct ftp_talk *t, CURL *h)
{
	int64_t left = t->until ? t->until - clock_ms() : t->stream ? 0 : TALK_MS;
	curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)(t->until && left < 1 ? 1 : left));
	curl_easy_setopt(h, CURLOPT_QUOTE, t->commands);
	curl_easy_setopt(h, CURLOPT_DEBUGFUNCTION, heard);
	curl_easy_setopt(h, CURLOPT_DEBUGDATA, t);
	curl_easy_setopt(h, CURLOPT_VERBOSE, 1L);
}

/* Those of Windows must be told on each connection, and nothing says when there is a new one. */
static void hello(const struct ftp *f, struct ftp_talk *t)
{
	struct curl_slist *rest = t->commands;
	if (!f->utf8_on)
		return;
	t->commands = NULL;
	ftp_say(f, t, true, "OPTS UTF8 ON", NULL);
	t->commands->next = rest;
}

static bool broke(CURLcode c)
{
	return c == CURLE_RECV_ERROR || c == CURLE_SEND_ERROR || c == CURLE_GOT_NOTHING;
}

/* A kept connection may have ended without our noticing. */
static void run(struct ftp *f, struct ftp_talk *t, struct line *l)
{
	for (int times = 0; times < 2; times++) {
		t->n = 0;
		t->cwds = 0;
		t->waiting = 0;
		t->verb[0] = t->begun[0] = 0;
		t->result = line_run(l, f->lines.tick_ms, t->stream);
		if (!t->harmless || !broke(t->result) || !line_was_kept(l))
			return;
	}
}

/* ---- how it ended ---- */

static bool only_refused(CURLcode c)
{
	return c == CURLE_OK || c == CURLE_QUOTE_ERROR || c == CURLE_REMOTE_FILE_NOT_FOUND || c == CURLE_FTP_COULDNT_RETR_FILE || c == CURLE_REMOTE_ACCESS_DENIED ||
		c == CURLE_UPLOAD_FAILED || c == CURLE_REMOTE_DISK_FULL || c == CURLE_REMOTE_FILE_EXISTS;
}

/* The reply to the last command, if it says why the connection was of no use. */
static int connection_error(const struct ftp_talk *t, const struct line *l)
{
	const struct ftp_reply *r = t->n ? &t->replies[t->n - 1] : NULL;
	int e = line_error(l, t->result);
	if (r && r->code == 421)
		return why(WIRE_E_SLOW, "%s", r->text);
	if (r && e == WIRE_E_LOGIN && (r->code == 500 || r->code == 502))
		return why(WIRE_E_ANSWER, "%s", r->text); /* it does not know what a login is */
	if (r && r->code >= 400 && (e == WIRE_E_LOGIN || e == WIRE_E_TLS || e == WIRE_E_ANSWER))
		return why(e, "%s", r->text);
	return e;
}

int ftp_talk(struct ftp *f, struct ftp_talk *t)
{
	struct buf url = { 0 };
	struct line *l = lines_take(&f->lines);
	put_url(f, t, &url);
	hello(f, t);
	set_line(f, l->easy);
	set_content(f, t, l->easy);
	set_talk(t, l->easy);
	curl_easy_setopt(l->easy, CURLOPT_URL, buf_cstr(&url));
	run(f, t, l);
	curl_easy_setopt(l->easy, CURLOPT_QUOTE, NULL);
	curl_easy_setopt(l->easy, CURLOPT_VERBOSE, 0L);
	int e = only_refused(t->result) ? 0 : connection_error(t, l);
	const char *top = NULL;
	if (t->entry && !e && !curl_easy_getinfo(l->easy, CURLINFO_FTP_ENTRY_PATH, &top) && top)
		snprintf(t->entry, WIRE_PATH_MOST + 1, "%s", top);
	if (t->waiting || !only_refused(t->result))
		line_drop(l); /* a reply of this talk would be taken for one of the next */
	else
		lines_give(&f->lines, l);
	curl_slist_free_all(t->commands);
	t->commands = NULL;
	buf_free(&url);
	return e;
}
