/* Looking: MLST or SIZE, MDTM and CWD of one entry, MLSD or LIST of a folder's. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"
#include "store/ftp.h"
#include "store/sift.h"
#include "store/why.h"

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static void set_name(struct row *r, const char *path)
{
	snprintf(r->name, sizeof r->name, "%s", last_part(path));
}

/* ---- one entry ---- */

struct facts { struct row row; bool found; };

static void fact_line(void *arg, const char *verb, const char *line)
{
	struct facts *a = arg;
	struct row r;
	enum ftp_line is = same(verb, "MLST") ? ftp_facts(line + (*line == ' '), &r) : FTP_UNKNOWN;
	if (is == FTP_UNKNOWN || a->found)
		return;
	if (is == FTP_SKIP)
		r.kind = ENTRY_FOLDER; /* "cdir": it is where we are */
	a->row = r;
	a->found = true;
}

static int by_facts(struct ftp *f, struct stream *s, const char *path, struct row *r)
{
	struct facts a = { .found = false };
	struct ftp_talk t = { .stream = s, .line = fact_line, .arg = &a, .harmless = true };
	ftp_say(f, &t, true, "MLST", path);
	int e = ftp_talk(f, &t);
	if (e)
		return e;
	if (!ftp_done(&t, "MLST"))
		return ftp_refusal(&t, "MLST", ENOENT);
	if (!a.found)
		return ftp_refusal(&t, "MLST", WIRE_E_ANSWER);
	*r = a.row;
	return 0;
}

static int64_t behind_code(const struct ftp_reply *r)
{
	int64_t n = -1;
	return r && r->code == 213 && strlen(r->text) > 4 && parse_int(r->text + 4, 0, INT64_MAX, &n) ? n : -1;
}

struct search { const char *name; struct row *row; bool found; };

static bool search(void *arg, const struct row *r)
{
	struct search *s = arg;
	s->found = same(r->name, s->name);
	if (s->found)
		*s->row = *r;
	return !s->found;
}

/* For servers that know no SIZE. */
static int by_listing(struct ftp *f, const char *path, struct row *r)
{
	char parent[WIRE_PATH_MOST + 64];
	const char *name = last_part(path);
	struct search s = { .name = name, .row = r };
	snprintf(parent, sizeof parent, "%.*s", name == path ? 0 : (int)(name - path - 1), path);
	int e = ftp_each(f, parent, search, &s);
	return e ? e : s.found ? 0 : ENOENT;
}

/* A folder has no size, and nothing else can be gone into. */
static int by_size(struct ftp *f, struct stream *s, const char *path, struct row *r)
{
	struct ftp_talk t = { .stream = s, .harmless = true };
	ftp_say(f, &t, true, "TYPE I", NULL);
	ftp_say(f, &t, true, "SIZE", path);
	ftp_say(f, &t, true, "MDTM", path);
	ftp_say(f, &t, true, "CWD", path);
	int e = ftp_talk(f, &t);
	if (e)
		return e;
	const struct ftp_reply *time = ftp_reply(&t, "MDTM"), *size = ftp_reply(&t, "SIZE");
	*r = (struct row){ .kind = ENTRY_FILE, .size = behind_code(size), .mode = -1, .uid = -1, .gid = -1 };
	int64_t modified = time && time->code == 213 && strlen(time->text) > 4 ? ftp_time(time->text + 4) : -1;
	r->modified = modified < 0 ? 0 : modified;
	if (ftp_done(&t, "CWD")) {
		r->kind = ENTRY_FOLDER;
		r->size = 0;
		return 0;
	}
	if (size && (size->code == 500 || size->code == 502))
		return by_listing(f, path, r);
	return r->size >= 0 ? 0 : ftp_refusal(&t, "CWD", ENOENT);
}

int ftp_look(struct ftp *f, struct stream *s, const char *path, struct row *r)
{
	int e = ftp_name_good(path);
	if (!e)
		e = f->facts ? by_facts(f, s, path, r) : by_size(f, s, path, r);
	if (!e) {
		set_name(r, path);
		why_forget();
	}
	return e == ENOTDIR ? ENOENT : e;
}

int ftp_stat(void *state, const char *path, struct row *r)
{
	return ftp_look(state, NULL, path, r);
}

/* ---- a folder ---- */

struct reading {
	struct ftp_cut cut;
	struct ftp *f;
	bool (*each)(void *, const struct row *);
	void *arg;
	const struct ftp_talk *talk;
	int64_t at;
	bool enough, known, unknown;
};

/* On a connection that has only moved content, libcurl goes to the login's folder behind our back, once: then this is a listing of that. */
static bool elsewhere(const struct ftp_talk *t)
{
	return t->cwds > 1;
}

static bool one(void *arg, const char *line)
{
	struct reading *g = arg;
	struct row r;
	enum ftp_line is = g->f->facts ? ftp_facts(line, &r) : ftp_listed(line, g->at, &r);
	g->known |= is != FTP_UNKNOWN;
	g->unknown |= is == FTP_UNKNOWN;
	return is != FTP_ROW || g->each(g->arg, &r);
}

static size_t take(char *data, size_t size, size_t n, void *arg)
{
	struct reading *g = arg;
	if (elsewhere(g->talk))
		return 0;
	g->enough |= !ftp_cut(&g->cut, data, size * n, one, g);
	return g->enough ? 0 : size * n;
}

static int list_once(struct ftp *f, const char *path, struct reading *g)
{
	struct ftp_talk t_ = { .list_here = true, .take = take, .arg = g }, *t = &t_;
	ftp_say(f, t, false, "CWD", path);
	g->talk = t;
	int e = ftp_talk(f, t);
	if (g->enough)
		return 0;
	if (elsewhere(t))
		return EAGAIN;
	if (e)
		return e == ECANCELED ? WIRE_E_CUT : e;
	if (!ftp_done(t, "CWD"))
		return ftp_refusal(t, "CWD", ENOENT);
	const char *verb = f->facts ? "MLSD" : "LIST";
	const struct ftp_reply *r = ftp_reply(t, verb);
	if (r && r->code == 450)
		return 0; /* some say so of an empty folder */
	return ftp_done(t, verb) ? 0 : ftp_refusal(t, verb, EACCES);
}

int ftp_each(struct ftp *f, const char *path, bool (*each)(void *, const struct row *), void *arg)
{
	struct reading *g = calloc(1, sizeof *g);
	int e = ftp_name_good(path);
	if (!g || e) {
		free(g);
		return e ? e : ENOMEM;
	}
	*g = (struct reading){ .f = f, .each = each, .arg = arg, .at = now() };
	e = EAGAIN;
	for (int i = 0; i < 3 && (e == EAGAIN || (e == WIRE_E_CUT && !g->known)); i++)
		e = list_once(f, path, g);
	if (!e && !g->enough)
		ftp_cut_end(&g->cut, one, g);
	if (!e && g->unknown && !g->known)
		e = why(WIRE_E_ANSWER, "a listing in a format of its own");
	free(g);
	return e;
}

static bool offer(void *sift, const struct row *r)
{
	return sift_offer(sift, r);
}

static int explain(struct ftp *f, const char *path, int e)
{
	struct row r;
	if (e != ENOENT && e != EACCES && e != ENOTDIR)
		return e;
	int is = ftp_look(f, NULL, path, &r);
	return is ? is : r.kind == ENTRY_FOLDER ? EACCES : ENOTDIR;
}

int ftp_list(void *state, const struct row_query *q, struct rows *out)
{
	struct sift s;
	int e = sift_begin(&s, q, out);
	if (e)
		return e;
	do
		e = ftp_each(state, q->path, offer, &s);
	while (!e && sift_again(&s));
	if (e)
		return explain(state, q->path, e);
	sift_end(&s);
	return 0;
}
