/* Details of a file or folder: whose it is, who may do what, what it holds; and other rights. */
#include <grp.h>
#include <pwd.h>
#include <string.h>

#include "files.h"
#include "sums.h"

#include "views.h"

#define WALK_MS 1500
#define SUMS_MS 20000    /* nginx waits 30 s */

static const struct choice rights[] = { { "r", MSG("read") }, { "w", MSG("change") }, { "x", MSG("run, or enter a folder") } };
#define RIGHTS_OF(name_, label_) { .name = name_, .kind = FIELD_CHOICES, .label = label_, .max = 3, .choices = rights, .n_choices = COUNT(rights) }
static const struct field mode_fields[] = {
	RIGHTS_OF("owner", MSG("The owner may")), RIGHTS_OF("group", MSG("The group may")), RIGHTS_OF("others", MSG("Everybody else may")),
};
FORM(mode_form, mode_fields);

/* ---- names ---- */

static const char *user_name(struct arena *a, int64_t uid)
{
	const struct passwd *p = getpwuid((uid_t)uid);
	return p ? text(a, "%s (%lld)", p->pw_name, (long long)uid) : text(a, "%lld", (long long)uid);
}

static const char *group_name(struct arena *a, int64_t gid)
{
	const struct group *g = getgrgid((gid_t)gid);
	return g ? text(a, "%s (%lld)", g->gr_name, (long long)gid) : text(a, "%lld", (long long)gid);
}

/* ---- rights in words ---- */

static const char *may(struct req *r, bool folder, int64_t bits)
{
	static const char *const of_file[] = { MSG("read"), MSG("change"), MSG("run") }, *const of_folder[] = { MSG("list"), MSG("add and delete"), MSG("enter") };
	struct buf b = { 0 };
	buf_in(&b, r->ctx->arena);
	for (int i = 0; i < 3; i++)
		if (bits & (4 >> i)) {
			buf_text(&b, b.n ? ", " : "");
			buf_text(&b, tr(r->ctx, folder ? of_folder[i] : of_file[i]));
		}
	return b.n ? buf_cstr(&b) : tr(r->ctx, "nothing");
}

static int64_t bits_of(const char *rwx)
{
	return (rwx[0] == 'r' ? 4 : 0) | (rwx[0] && rwx[1] == 'w' ? 2 : 0) | (rwx[0] && rwx[1] && rwx[2] == 'x' ? 1 : 0);
}

/* "user:30001:rwx" of a connector; what is not like that is left out. */
static bool acl_row(struct req *r, const char *line, bool folder, struct right_row *to)
{
	bool later = starts_with(line, "default:");
	struct texts part = split(r->ctx->arena, later ? line + strlen("default:") : line, ':');
	int64_t id = 0;
	bool named = part.n == 3 && *part.at[1];
	if (part.n != 3 || strlen(part.at[2]) != 3 || (named && !parse_int(part.at[1], 0, UINT32_MAX, &id)))
		return false;
	const char *who = same(part.at[0], "user") ? (named ? say(r->ctx, "User %s", user_name(r->ctx->arena, id)) : tr(r->ctx, "Owner"))
		: same(part.at[0], "group") ? (named ? say(r->ctx, "Group %s", group_name(r->ctx->arena, id)) : tr(r->ctx, "Group"))
		: same(part.at[0], "mask") ? tr(r->ctx, "At most, for all but the owner and others") : tr(r->ctx, "Everybody else");
	*to = (struct right_row){ .who = later ? say(r->ctx, "%s, for what is made in it", who) : who, .may = may(r, folder, bits_of(part.at[2])) };
	return true;
}

static struct right_row_list rights_of(struct req *r, const struct entry *e, struct texts acl)
{
	struct right_row *rows = NEW_ARRAY(r->ctx->arena, struct right_row, acl.n + 3);
	bool folder = e->kind == ENTRY_FOLDER;
	size_t n = 0;
	for (size_t i = 0; i < acl.n; i++)
		n += acl_row(r, acl.at[i], folder, &rows[n]);
	if (n)
		return (struct right_row_list){ rows, n };
	rows[0] = (struct right_row){ .who = say(r->ctx, "Owner %s", user_name(r->ctx->arena, e->uid)), .may = may(r, folder, e->mode >> 6 & 7) };
	rows[1] = (struct right_row){ .who = say(r->ctx, "Group %s", group_name(r->ctx->arena, e->gid)), .may = may(r, folder, e->mode >> 3 & 7) };
	rows[2] = (struct right_row){ .who = tr(r->ctx, "Everybody else"), .may = may(r, folder, e->mode & 7) };
	return (struct right_row_list){ rows, 3 };
}

/* ---- the page ---- */

static void tick(struct form *f, const char *name, int64_t bits)
{
	static const char *const all[] = { "r", "w", "x" };
	for (int i = 0; i < 3; i++)
		if (bits & (4 >> i))
			form_set(f, name, all[i]);
}

static struct form *mode_now(struct req *r, const struct entry *e)
{
	struct form *f = form_new(r->ctx, &mode_form);
	tick(f, "owner", e->mode >> 6 & 7);
	tick(f, "group", e->mode >> 3 & 7);
	tick(f, "others", e->mode & 7);
	return f;
}

/* What some stores do not know is not shown. */
static void look_closer(struct req *r, struct where *w, const struct entry *e, struct details *m)
{
	struct store_details d = { 0 };
	struct store_tree tree;
	if (store_details(r->ctx, w->store, w->path, &d)) {
		m->links = d.links > 1 ? d.links : 0;
		m->target = d.target;
	}
	forget(r->ctx);
	if (w->can & STORE_CAN_MODES)
		m->rights = rights_of(r, e, d.acl);
	if (m->folder && store_tree(r->ctx, w->store, w->path, WALK_MS, &tree)) {
		m->counted = true;
		m->entries = tree.entries;
		m->size = tree.bytes;
		m->at_least = tree.at_least;
	}
	forget(r->ctx);
}

static void add_sums(struct req *r, struct where *w, struct details *m)
{
	struct sums s;
	if (sums_of(r, w, SUMS_MS, &s)) {
		m->sha256 = s.sha256;
		m->md5 = s.md5;
	} else {
		m->problem = r->ctx->error.message;
		forget(r->ctx);
	}
}

static struct reply details_reply(struct req *r, struct where *w, const struct entry *e, int status, struct form *f)
{
	struct details m = {
		.place = w->name, .path = w->path, .url = where_url(r, "/files/in", w->name, w->path), .steps = where_steps(r, w, w->path),
		.kind = kind_says(r, e->kind), .folder = e->kind == ENTRY_FOLDER, .ordinary = e->kind == ENTRY_FILE, .size = e->size, .bytes = e->size,
		.modified = e->modified, .mode = w->can & STORE_CAN_MODES ? text(r->ctx->arena, "%s (%03llo)", mode_says(r->ctx->arena, e->mode), (unsigned long long)e->mode & 0777) : NULL,
		.mode_url = where_url(r, "/files/do/mode", w->name, w->path),
		.sums_url = text(r->ctx->arena, "%s?sums=1", where_url(r, "/files/details", w->name, w->path)),
	};
	bool own = !(w->can & STORE_CAN_SEEK) || e->uid == r->who.uid;
	look_closer(r, w, e, &m);
	if (f || (m.mode && own && *w->path && (w->can & STORE_CAN_WRITE) && (m.folder || m.ordinary)))
		m.form = f ? f : mode_now(r, e);
	if (m.ordinary && same(req_query(r, "sums"), "1"))
		add_sums(r, w, &m);
	r->title = say(r->ctx, "Details of “%s”", *w->path ? name_shown(r->ctx->arena, path_name(w->path)) : w->title);
	return reply_page_status(r, status, &details_view, &m);
}

struct reply details_show(struct req *r)
{
	struct where w;
	struct entry e;
	if (!where_open(r, &w) || !store_stat(r->ctx, w.store, w.path, &e))
		return reply_oops(r);
	return details_reply(r, &w, &e, 200, NULL);
}

/* ---- other rights ---- */

static int64_t bits_in(const struct form *f, const char *name)
{
	int64_t bits = 0;
	struct texts ticked = form_texts(f, name);
	for (size_t i = 0; i < ticked.n; i++)
		bits |= same(ticked.at[i], "r") ? 4 : same(ticked.at[i], "w") ? 2 : 1;
	return bits;
}

struct reply mode_do(struct req *r)
{
	struct where w;
	struct entry e;
	struct form *f = form_read(r, &mode_form);
	if (!f || !where_open(r, &w) || !store_stat(r->ctx, w.store, w.path, &e))
		return reply_oops(r);
	if (!form_good(f))
		return details_reply(r, &w, &e, 422, f);
	int64_t mode = bits_in(f, "owner") << 6 | bits_in(f, "group") << 3 | bits_in(f, "others");
	const char *name = name_shown(r->ctx->arena, path_name(w.path));
	if (!note(r, "mode", &w, w.path, text(r->ctx->arena, "%03llo", (unsigned long long)mode)) || !store_set_mode(r->ctx, w.store, w.path, mode))
		return reply_oops(r);
	return reply_go(r, where_url(r, "/files/details", w.name, w.path), say(r->ctx, "The rights of “%s” are changed.", name));
}
