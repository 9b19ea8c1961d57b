#include "pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "store/wire.h"

#define BLOCK 262144
#define AT_ONCE 65536        /* bytes that pack_more() gives, about */
#define STEP_MS 20000        /* for one answer of the store */
#define PER_PAGE 200
#define DEPTH_MOST 1000
#define ERRORS_MOST 262144   /* bytes of NARU-ERRORS.txt */

/* A folder being walked; it has a page of its entries at a time. */
struct level { struct arena *arena; const char *path, *shown; struct store_page page; size_t at; bool chosen; struct level *up; };

struct pack {
	struct ctx ctx;              /* its arena is for one step */
	struct store *store;
	unsigned can;
	struct archive *archive;
	struct archive_entry *entry;
	struct level *level;
	int depth;
	struct store_file file;      /* being read, if .fd >= 0 */
	int64_t left;                /* bytes of it still to come */
	const char *file_path;       /* lives in .file_arena */
	struct arena *file_arena;
	char *block;
	struct buf out, errors;
	struct pack_counts counts;
	int64_t entries_most, bytes_most;
	bool full, done;
};

static const struct { const char *end; enum pack_kind kind; } ends[] = {
	{ ".tar", PACK_TAR }, { ".tar.gz", PACK_TAR_GZ }, { ".zip", PACK_ZIP }, { ".tgz", PACK_TAR_GZ },
};

bool pack_kind_of(const char *name, enum pack_kind *kind)
{
	size_t n = strlen(name);
	for (size_t i = 0; i < COUNT(ends); i++) {
		size_t k = strlen(ends[i].end);
		if (n > k && strcasecmp(name + n - k, ends[i].end) == 0) {
			*kind = ends[i].kind;
			return true;
		}
	}
	return false;
}

const char *pack_end(enum pack_kind kind)
{
	size_t i = 0;
	while (ends[i].kind != kind)
		i++;
	return ends[i].end;
}

/* ---- what is left out ---- */

static void left_out(struct pack *p, const char *path, const char *why)
{
	p->counts.left_out++;
	if (p->errors.n < ERRORS_MOST)
		buf_printf(&p->errors, "%s: %s\n", path, why);
	else if (p->errors.at[p->errors.n - 1] == '\n')
		buf_text(&p->errors, "…");
}

/* After a failure: true, it concerns this entry alone. */
static bool can_go_on(struct pack *p, const char *path)
{
	const char *words;
	int code = store_failure(&words);
	if (code == WIRE_E_PROOF || code == WIRE_E_BUSY || code == WIRE_E_PLACE || code == WIRE_E_LOGIN)
		return false;
	left_out(p, path, p->ctx.error.message);
	forget(&p->ctx);
	return true;
}

/* ---- libarchive ---- */

static bool broken(struct pack *p)
{
	return fail(&p->ctx, KIND_INTERNAL, tr(&p->ctx, "The archive could not be made."), "libarchive: %s", archive_error_string(p->archive));
}

static la_ssize_t take(struct archive *a, void *arg, const void *data, size_t n)
{
	(void)a;
	buf_add(&((struct pack *)arg)->out, data, n);
	return (la_ssize_t)n;
}

static bool put_header(struct pack *p, const char *shown, const struct entry *e, mode_t type, int64_t size)
{
	archive_entry_clear(p->entry);
	archive_entry_copy_pathname(p->entry, shown);
	archive_entry_set_mode(p->entry, type | (p->can & STORE_CAN_MODES ? (mode_t)e->mode & 0777 : type == AE_IFDIR ? 0755 : 0644));
	archive_entry_set_size(p->entry, size);
	if (e->modified > 0)
		archive_entry_set_mtime(p->entry, (time_t)e->modified, 0);
	if (p->can & STORE_CAN_MODES) {
		archive_entry_set_uid(p->entry, e->uid);
		archive_entry_set_gid(p->entry, e->gid);
	}
	p->counts.entries++;
	return true;
}

/* A warning is about a name that is no UTF-8: its bytes are kept. */
static bool write_header(struct pack *p)
{
	return archive_write_header(p->archive, p->entry) >= ARCHIVE_WARN ? true : broken(p);
}

static bool write_errors(struct pack *p)
{
	const char *first = tr(&p->ctx, "These entries are not in this archive, or not all of their content:");
	char *text_ = text(p->ctx.arena, "%s\n\n%s", first, buf_cstr(&p->errors));
	struct entry e = { .mode = 0644, .modified = now() };
	size_t n = strlen(text_);
	return put_header(p, "NARU-ERRORS.txt", &e, AE_IFREG, (int64_t)n) && write_header(p) &&
		(archive_write_data(p->archive, text_, n) == (la_ssize_t)n || broken(p));
}

static bool finish(struct pack *p)
{
	if (p->errors.n && !write_errors(p))
		return false;
	p->done = true;
	return archive_write_close(p->archive) >= ARCHIVE_WARN ? true : broken(p);
}

/* ---- content ---- */

/* What is missing of a file that became shorter is zeros: its length is promised already. */
static bool end_file(struct pack *p, bool whole)
{
	bool good = whole && store_read_end(&p->ctx, p->store, &p->file);
	close(p->file.fd);
	p->file.fd = -1;
	if (!good) {
		left_out(p, p->file_path, p->ctx.error.message ? p->ctx.error.message : tr(&p->ctx, "It became shorter while it was read; its end is zeros here."));
		forget(&p->ctx);
	}
	arena_reset(p->file_arena);
	return archive_write_finish_entry(p->archive) >= ARCHIVE_WARN ? true : broken(p);
}

static bool add_block(struct pack *p)
{
	size_t want = p->left < BLOCK ? (size_t)p->left : BLOCK, n = want ? read_pipe(&p->ctx, p->file.fd, p->block, want) : 0;
	if (n && archive_write_data(p->archive, p->block, n) < 0)
		return broken(p);
	p->left -= (int64_t)n;
	p->counts.bytes += (int64_t)n;
	return n < want || p->left == 0 ? end_file(p, p->left == 0) : true;
}

static bool add_file(struct pack *p, const char *path, const char *shown)
{
	if (!store_read(&p->ctx, p->store, path, &p->file)) {
		p->file.fd = -1;
		return can_go_on(p, path);
	}
	p->left = p->file.entry.size;
	p->file_path = arena_copy(p->file_arena, path, strlen(path));
	if (p->counts.bytes + p->left > p->bytes_most) {
		p->full = true;
		left_out(p, path, tr(&p->ctx, "This site's archives hold no more: the rest is left out."));
		close(p->file.fd);
		p->file.fd = -1;
		return true;
	}
	return put_header(p, shown, &p->file.entry, AE_IFREG, p->left) && write_header(p);
}

/* ---- the walk ---- */

static bool enter(struct pack *p, const char *path, const char *shown, const struct texts *chosen)
{
	struct arena *a = arena_new(0);
	struct level *l = NEW(a, struct level);
	*l = (struct level){ .arena = a, .path = arena_copy(a, path, strlen(path)), .shown = arena_copy(a, shown, strlen(shown)), .up = p->level };
	p->level = l;
	p->depth++;
	if (chosen) {
		struct entry *at = NEW_ARRAY(a, struct entry, chosen->n + 1);
		for (size_t i = 0; i < chosen->n; i++)
			at[i].name = arena_copy(a, chosen->at[i], strlen(chosen->at[i]));
		l->page = (struct store_page){ .at = at, .n = chosen->n };
		l->chosen = true;
	}
	return true;
}

static void leave(struct pack *p)
{
	struct level *l = p->level;
	p->level = l->up;
	p->depth--;
	arena_free(l->arena);
}

/* The key of the page is in the arena that the next page is in, too: a folder of a million entries keeps its pages' memory only until the next. */
static bool next_page(struct pack *p, struct level *l, const char *after)
{
	char *kept = after ? arena_copy(p->ctx.arena, after, strlen(after)) : NULL;
	struct level old = *l;
	struct arena *a = arena_new(0);
	struct level *fresh = NEW(a, struct level);
	*fresh = (struct level){ .arena = a, .path = arena_copy(a, old.path, strlen(old.path)), .shown = arena_copy(a, old.shown, strlen(old.shown)), .up = old.up };
	p->level = fresh;
	arena_free(old.arena);
	struct ctx c = p->ctx;
	c.arena = a;
	if (store_list(&c, p->store, &(struct store_query){ .path = fresh->path, .order = STORE_ANY, .after = kept, .limit = PER_PAGE }, &fresh->page))
		return true;
	p->ctx.error = c.error;
	fresh->page = (struct store_page){ 0 };
	return can_go_on(p, *fresh->path ? fresh->path : "/");
}

static bool add_folder(struct pack *p, const char *path, const char *shown, const struct entry *e)
{
	if (p->depth >= DEPTH_MOST) {
		left_out(p, path, tr(&p->ctx, "It lies too deep."));
		return true;
	}
	if (!put_header(p, text(p->ctx.arena, "%s/", shown), e, AE_IFDIR, 0) || !write_header(p) || !enter(p, path, shown, NULL))
		return false;
	return next_page(p, p->level, NULL);
}

static bool add_link(struct pack *p, const char *path, const char *shown, const struct entry *e, const char *target)
{
	struct store_details d = { .target = target };
	if (!target && (!store_details(&p->ctx, p->store, path, &d) || !d.target))
		return p->ctx.error.kind == KIND_NONE ? true : can_go_on(p, path);
	put_header(p, shown, e, AE_IFLNK, 0);
	archive_entry_copy_symlink(p->entry, d.target);
	return write_header(p);
}

/* One that was chosen by name: a link is a link here, too, although looking at it shows what it leads to. */
static bool look(struct pack *p, const char *path, struct entry *e, const char **target)
{
	struct store_details d = { 0 };
	bool known = store_details(&p->ctx, p->store, path, &d);
	forget(&p->ctx);
	*target = known ? d.target : NULL;
	if (!store_stat(&p->ctx, p->store, path, e))
		return false;
	e->kind = *target ? ENTRY_LINK : e->kind;
	return true;
}

static bool add_entry(struct pack *p, const struct level *l, const struct entry *e)
{
	struct entry seen = *e;
	const char *target = NULL, *path = path_join(p->ctx.arena, l->path, e->name), *shown = path_join(p->ctx.arena, l->shown, e->name);
	if (p->counts.entries >= p->entries_most) {
		p->full = true;
		left_out(p, path, tr(&p->ctx, "This site's archives hold no more: the rest is left out."));
		return true;
	}
	if (l->chosen && !look(p, path, &seen, &target))
		return can_go_on(p, path);
	switch (seen.kind) {
	case ENTRY_FILE: return add_file(p, path, shown);
	case ENTRY_FOLDER: return add_folder(p, path, shown, &seen);
	case ENTRY_LINK: return add_link(p, path, shown, &seen, target);
	case ENTRY_OTHER: break;
	}
	left_out(p, path, tr(&p->ctx, "It is a device, a pipe or a socket."));
	return true;
}

static bool step(struct pack *p)
{
	struct level *l = p->level;
	p->ctx.deadline = clock_ms() + STEP_MS;
	if (p->file.fd >= 0)
		return add_block(p);
	arena_reset(p->ctx.arena);
	if (!l || p->full)
		return finish(p);
	if (l->at < l->page.n)
		return add_entry(p, l, &l->page.at[l->at++]);
	if (l->page.next)
		return next_page(p, l, l->page.next);
	leave(p);
	return true;
}

bool pack_more(void *arg, struct bytes *out)
{
	static locale_t letters;
	struct pack *p = arg;
	if (!letters)
		letters = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	locale_t before = letters ? uselocale(letters) : (locale_t)0; /* libarchive takes names to be in it */
	bool good = true;
	p->out.n = 0;
	while (good && !p->done && p->out.n < AT_ONCE)
		good = step(p);
	if (before)
		uselocale(before);
	if (!good)
		log_line(&p->ctx, "archive: %s", p->ctx.error.detail ? p->ctx.error.detail : "error");
	*out = (struct bytes){ (const unsigned char *)p->out.at, p->out.n };
	return good;
}

/* ---- beginning and end ---- */

static void pack_free(void *arg)
{
	struct pack *p = arg;
	if (p->file.fd >= 0)
		close(p->file.fd);
	while (p->level)
		leave(p);
	archive_entry_free(p->entry);
	archive_write_free(p->archive);
	buf_free(&p->out);
	buf_free(&p->errors);
	arena_free(p->file_arena);
	arena_free(p->ctx.arena);
}

static void set_kind(struct archive *a, enum pack_kind kind)
{
	if (kind == PACK_ZIP) {
		archive_write_set_format_zip(a);
		archive_write_set_options(a, "zip:compression-level=4");
	} else {
		archive_write_set_format_pax_restricted(a);
	}
	if (kind == PACK_TAR_GZ) {
		archive_write_add_filter_gzip(a);
		archive_write_set_options(a, "gzip:compression-level=4");
	}
	archive_write_set_bytes_per_block(a, AT_ONCE);
	archive_write_set_bytes_in_last_block(a, 1);
}

struct pack *pack_new(struct req *r, struct where *w, const char *folder, struct texts names, const char *title, enum pack_kind kind)
{
	struct pack *p = NEW(r->ctx->arena, struct pack);
	*p = (struct pack){ .ctx = *r->ctx, .store = w->store, .can = w->can, .file = { .fd = -1 } };
	p->ctx.arena = arena_new(0);
	p->file_arena = arena_new(0);
	p->block = arena_alloc(r->ctx->arena, BLOCK);
	p->entries_most = conf_int("files", "archive-entries", 1000000);
	p->bytes_most = conf_int("files", "archive-gib", 1024) << 30;
	p->archive = archive_write_new();
	p->entry = archive_entry_new();
	arena_defer(r->ctx->arena, pack_free, p);
	if (!p->archive || !p->entry)
		die("out of memory");
	set_kind(p->archive, kind);
	if (archive_write_open2(p->archive, p, NULL, take, NULL, NULL) != ARCHIVE_OK)
		die("libarchive: %s", archive_error_string(p->archive));
	enter(p, folder, names.n ? "" : title, names.n ? &names : NULL);
	if (!names.n)
		p->level->page.next = ""; /* its first page is still to come */
	return p;
}

struct pack_counts pack_counts(const struct pack *p)
{
	return p->counts;
}
