/*
 * moves: favourites and tags follow what was cut and pasted. The mover moves it while nobody may be looking, and only this module writes marks: so
 * what is taken to the clipboard is noted (table 'V'), and a process of ours looks what became of it. Only what has moved whole is followed.
 */
#include "files.h"

#include "clip.h"
#include "marks.h"
#include "mark_pages.h"
#include "mover.h"
#include "transfer_words.h"

enum { TABLE = 'V', NOTED_S = 7 * 86400, MOST = 5000, PAGES = 4 };

static struct db_key key_of_note(const struct clip *c)
{
	return db_key2(TABLE, c->owner, c->id);
}

bool moves_note(struct ctx *ctx, struct db_write *db, const struct clip *c)
{
	struct db_key key = key_of_note(c);
	return db_put(ctx, db, &key, record_pack(ctx->arena, &clip_record, c));
}

/* ---- what is noted ---- */

struct notes { struct clip *at; size_t n; };

static bool read_notes(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct notes *notes = arg;
	struct db_key prefix = db_key(TABLE, ""), key;
	struct db_walk *walk = db_walk(ctx, db, &prefix, NULL, false);
	struct bytes value;
	notes->at = NEW_ARRAY(ctx->arena, struct clip, MOST);
	for (bool more; notes->n < MOST; notes->n++) {
		if (!db_next(ctx, walk, &more, &key, &value))
			return false;
		if (!more)
			return true;
		if (!record_unpack(ctx, &clip_record, value, &notes->at[notes->n]))
			return false;
		notes->at[notes->n].path = notes->at[notes->n].path ? notes->at[notes->n].path : "";
	}
	return true;
}

/* ---- what became of it ---- */

struct followed { const struct clip *clip; const struct transfer *t; const char **to; };

/* The names that what was chosen has now: it stands first in the ledger. */
static bool new_names(struct ctx *ctx, struct db *transfers, struct followed *f)
{
	struct file_query q = { .id = f->t->id, .limit = TRANSFER_PAGE };
	f->to = NEW_ARRAY(ctx->arena, const char *, f->clip->names.n + 1);
	for (size_t i = 0; i < f->clip->names.n; i++)
		f->to[i] = f->clip->names.at[i];
	for (int page = 0; page < PAGES; page++) {
		struct transfer_file_list list;
		if (!transfer_files(ctx, transfers, &q, &list))
			return false;
		for (size_t i = 0; i < list.n; i++)
			for (size_t k = 0; k < f->clip->names.n && !empty(list.at[i].name); k++)
				if (same(list.at[i].path, f->clip->names.at[k]))
					f->to[k] = list.at[i].name;
		if (!list.next)
			break;
		q.after = list.next;
	}
	return true;
}

static bool drop_note(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct db_key key = key_of_note(arg);
	return db_del(ctx, db, &key);
}

static bool move_marks(struct ctx *ctx, struct db_write *db, void *arg)
{
	const struct followed *f = arg;
	for (size_t i = 0; i < f->clip->names.n; i++)
		if (!marks_move_to(ctx, db, f->clip->owner, f->clip->place, path_join(ctx->arena, f->clip->path, f->clip->names.at[i]), f->t->to_place,
			path_join(ctx->arena, f->t->to_path, f->to[i])))
			return false;
	struct db_key key = key_of_note(f->clip);
	return db_del(ctx, db, &key);
}

static bool follow(struct ctx *ctx, struct db *files, struct db *transfers, struct clip *c)
{
	struct transfer t;
	bool used;
	if (!transfer_of_key(ctx, transfers, c->owner, clip_once(ctx->arena, c->id), &used, &t))
		return false;
	bool whole = used && same(t.state, TRANSFER_DONE) && same(t.verb, "move") && !t.dry && !t.files_failed && !t.files_skipped;
	struct followed f = { .clip = c, .t = &t };
	if (whole)
		return new_names(ctx, transfers, &f) && db_change(ctx, files, move_marks, &f);
	return c->made > now() - NOTED_S || db_change(ctx, files, drop_note, c);
}

bool moves_tick(struct ctx *ctx)
{
	static int64_t seen_files = -1, seen_transfers = -1;
	struct db *files, *transfers = transfers_or_null(ctx);
	struct notes notes = { 0 };
	if (!transfers || !files_db(ctx, &files))
		return !ctx->error.kind;
	int64_t v_files = db_version(files), v_transfers = db_version(transfers);
	if (v_files == seen_files && v_transfers == seen_transfers && v_files >= 0)
		return true;
	if (!db_view(ctx, files, read_notes, &notes))
		return false;
	for (size_t i = 0; i < notes.n; i++)
		if (!follow(ctx, files, transfers, &notes.at[i]))
			return false;
	seen_files = v_files;
	seen_transfers = v_transfers;
	return true;
}
