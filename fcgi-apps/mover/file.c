/*
 * file: one file, as its transfer wants it. A file "in doubt" was handed out before to somebody who could not say how it ended: whatever at the
 * target has the same content is taken for what that one had made, so nothing is copied twice and no second name appears.
 */
#include "working.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/client.h"
#include "store/wire.h"

enum { HASH = 32, MOST_NAMES = 1000, MOST_DECISIONS = 8, SMALL = 256 << 10, BIG = 16 << 20, AGAIN = 4 << 20, USUAL_MODE = 0644 };

static bool wants_hash(const struct file *f)
{
	return same(f->h->t->verify, "checksum");
}

static bool moves(const struct file *f)
{
	return same(f->h->t->verb, "move");
}

static bool here(const struct file *f)
{
	return same(f->h->t->from_place, f->h->t->to_place);
}

static bool failed(struct file *f, int code)
{
	return client_fail(f->h->ctx, code, f->task->from);
}

/* ---- looking ---------------------------------------------------------------------------------------------------- */

/* *found false: nothing has this name. */
static bool look(struct file *f, struct store *s, const char *path, bool *found, struct entry *e)
{
	*found = store_stat(f->h->ctx, s, path, e);
	if (*found)
		return true;
	if (client_code() != ENOENT)
		return false;
	forget(f->h->ctx);
	return true;
}

static bool same_content(struct file *f, const char *path, bool *equal)
{
	unsigned char other[HASH];

	if (!f->hashed && !pour_hash(f->h, f->h->from, f->task->from, f->hash))
		return false;
	f->hashed = true;
	if (!pour_hash(f->h, f->h->to, path, other))
		return false;
	*equal = !memcmp(other, f->hash, HASH);
	return true;
}

/* Did the one before make it, under its name or, if files are renamed, one like it? */
static bool made_before(struct file *f, bool *made)
{
	bool renames = same(f->h->t->rule, "rename"), found = true;
	const char *path = f->task->to;

	*made = false;
	for (int nth = 2; found && !*made && nth < MOST_NAMES; nth++) {
		struct entry e;

		if (!look(f, f->h->to, path, &found, &e))
			return false;
		if (found && e.kind == ENTRY_FILE && e.size == f->source.size && !(here(f) && same(path, f->task->from)) && !same_content(f, path, made))
			return false;
		if (*made)
			f->to = path;
		if (!renames)
			break;
		path = rules_name(f->h->ctx->arena, f->task->to, nth);
	}
	return true;
}

/* ---- naming ------------------------------------------------------------------------------------------------------ */

static bool free_name(struct file *f)
{
	struct entry e;

	for (int nth = 2; nth < MOST_NAMES; nth++) {
		bool found = true;

		f->to = rules_name(f->h->ctx->arena, f->task->to, nth);
		if (!look(f, f->h->to, f->to, &found, &e))
			return false;
		if (!found)
			return true;
	}
	return failed(f, MOVER_E_NAMES);
}

static bool decide(struct file *f, enum act *act)
{
	bool equal = false;

	f->to = f->task->to;
	if (!look(f, f->h->to, f->to, &f->taken, &f->there))
		return false;
	*act = rules_act(f->h->t->rule, wants_hash(f), &f->source, f->taken ? &f->there : NULL);
	if (*act == ACT_COMPARE) {
		if (!same_content(f, f->to, &equal))
			return false;
		*act = equal ? ACT_SAME : ACT_REPLACE;
	}
	if (*act == ACT_REFUSE || *act == ACT_CLASH)
		return failed(f, *act == ACT_REFUSE ? MOVER_E_EXISTS : MOVER_E_FOLDER);
	f->fresh = *act == ACT_NEW || *act == ACT_RENAME;
	return *act != ACT_RENAME || free_name(f);
}

/* ---- copying -------------------------------------------------------------------------------------------------------- */

static void close_fd(void *arg)
{
	close((int)(intptr_t)arg);
}

static bool unchanged(struct file *f, const struct store_file *from, bool seeks, int64_t n)
{
	struct stat s;

	if (n != from->entry.size && from->entry.size >= 0)
		return failed(f, MOVER_E_CHANGED);
	if (seeks && (fstat(from->fd, &s) || s.st_size != n || s.st_mtime != from->entry.modified))
		return failed(f, MOVER_E_CHANGED);
	return true;
}

static bool arrived(struct file *f, int fd, bool seeks, int64_t n)
{
	struct stat s;

	if (seeks && (fstat(fd, &s) || s.st_size != n))
		return failed(f, MOVER_E_VERIFY);
	return true;
}

const char *file_keep(struct arena *arena, const struct transfer *t, const struct task *task)
{
	unsigned char hash[crypto_generichash_BYTES_MIN];
	const char *seed = text(arena, "%s %lld %lld %lld %s", t->id, (long long)task->number, (long long)task->size, (long long)task->modified, task->from);

	crypto_generichash(hash, sizeof hash, (const unsigned char *)seed, strlen(seed), NULL, 0);
	return hex(arena, hash, STORE_KEEP_MOST / 2);
}

/* Big files on this machine go on where they were left. The last of what is there may not have come to the disk before a power cut. */
static bool keeps(const struct file *f)
{
	return f->task->size >= FILE_KEPT && !wants_hash(f) && store_can(f->h->to) & STORE_CAN_SEEK && store_can(f->h->from) & STORE_CAN_PART;
}

static int64_t rest_from(const struct file *f, const struct entry *source)
{
	struct stat s;

	if (fstat(f->fd, &s) || source->size != f->task->size || source->modified != f->task->modified || s.st_size > source->size)
		return 0;
	return s.st_size > AGAIN ? (s.st_size - AGAIN) / AGAIN * AGAIN : 0;
}

/* Opens both ends; *at: where to go on. */
static bool open_ends(struct file *f, struct store_file *from, int64_t *at)
{
	struct hands *h = f->h;
	struct entry source;

	*at = 0;
	f->kept = keeps(f);
	if (!f->kept)
		return store_read(h->ctx, h->from, f->task->from, from) && (arena_defer(h->ctx->arena, close_fd, (void *)(intptr_t)from->fd), true)
			&& store_create(h->ctx, h->to, f->to, from->entry.size, &f->fd);
	if (!store_stat(h->ctx, h->from, f->task->from, &source) || !store_create_kept(h->ctx, h->to, f->to, file_keep(h->ctx->arena, h->t, f->task), &f->fd))
		return false;
	*at = rest_from(f, &source);
	if (ftruncate(f->fd, *at) || lseek(f->fd, *at, SEEK_SET) < 0)
		return failed(f, errno);
	if (!store_read_part(h->ctx, h->from, f->task->from, *at, -1, from))
		return false;
	arena_defer(h->ctx->arena, close_fd, (void *)(intptr_t)from->fd);
	if (store_can(h->from) & STORE_CAN_SEEK && lseek(from->fd, *at, SEEK_SET) < 0)
		return failed(f, errno);
	from->entry = source;
	return true;
}

/* Connector to connector, all but its name. */
static bool carry(struct file *f)
{
	struct hands *h = f->h;
	struct store_file from;
	int64_t n;

	if (!open_ends(f, &from, &n))
		return false;
	bool seeks = store_can(h->from) & STORE_CAN_SEEK, to_seeks = store_can(h->to) & STORE_CAN_SEEK;

	f->source = from.entry;
	atomic_store(&h->shared->now, n);
	if (!pour(h, &from, seeks, f->fd, to_seeks, wants_hash(f) ? f->hash : NULL, &n))
		return false;
	f->hashed = wants_hash(f);
	if (!store_read_end(h->ctx, h->from, &from) || !unchanged(f, &from, seeks, n) || !arrived(f, f->fd, to_seeks, n))
		return false;
	f->stage = STAGE_WRITTEN;
	return true;
}

/* What will never be finished is not left. */
static void drop_kept(struct file *f)
{
	if (f->kept && f->h->to && !store_remove(f->h->ctx, f->h->to, store_kept_path(f->h->ctx->arena, f->to, file_keep(f->h->ctx->arena, f->h->t, f->task)), false))
		forget(f->h->ctx);
}

/* Who could run it can still run it. */
static void keep_mode(struct file *f)
{
	int64_t mode = f->source.mode & 0777;
	bool both = store_can(f->h->from) & store_can(f->h->to) & STORE_CAN_MODES;

	if (both && f->fresh && mode != USUAL_MODE && !store_set_mode(f->h->ctx, f->h->to, f->to, mode))
		forget(f->h->ctx);
}

static bool name(struct file *f)
{
	bool dates = store_can(f->h->to) & STORE_CAN_DATE;

	if (!store_commit_dated(f->h->ctx, f->h->to, f->fd, f->to, !f->fresh, dates ? f->source.modified : -1))
		return false;
	keep_mode(f);
	return true;
}

/* Inside a place the store does it. A big file on this machine is carried all the same: that can be watched, and stopped. */
static bool store_does(const struct file *f)
{
	unsigned can = store_can(f->h->to);

	return here(f) && (can & STORE_CAN_COPY) && !(can & STORE_CAN_SEEK && (f->batched || f->task->size > BIG));
}

static bool copy(struct file *f)
{
	struct hands *h = f->h;

	f->begun = true;
	if (here(f) && moves(f) && f->fresh) {
		if (store_rename(h->ctx, h->to, f->task->from, f->to)) {
			f->stage = STAGE_NAMED;
			return true;
		}
		if (client_code() != WIRE_E_OTHER_DISK && client_code() != WIRE_E_CANNOT)
			return false;
		forget(h->ctx);
	}
	if (!store_does(f))
		return carry(f);
	if (!store_copy(h->ctx, h->to, f->task->from, f->to, !f->fresh))
		return false;
	atomic_store(&h->shared->now, f->source.size);
	atomic_fetch_add(&h->shared->moved, f->source.size);
	f->stage = STAGE_NAMED;
	return true;
}

/* What the file is now at the target, as carefully as was asked. What is wrong and was not there before is removed. */
static bool verify(struct file *f)
{
	struct entry e;
	bool good = true;

	if (wants_hash(f) && !same_content(f, f->to, &good))
		return false;
	if (good && same(f->h->t->verify, "time")) {
		struct entry source;

		if (!store_stat(f->h->ctx, f->h->to, f->to, &e) || !store_stat(f->h->ctx, f->h->from, f->task->from, &source))
			return false;
		if (source.modified != f->source.modified || source.size != f->source.size)
			return failed(f, MOVER_E_CHANGED);
		good = e.size == source.size;
	}
	if (good)
		return true;
	if (f->fresh && !store_remove(f->h->ctx, f->h->to, f->to, false))
		forget(f->h->ctx);
	return failed(f, MOVER_E_VERIFY);
}

/* A moved file is removed at its old place once it is safe at the new one. It may have been renamed, and is gone already. */
static bool leave(struct file *f)
{
	if (!moves(f) || store_remove(f->h->ctx, f->h->from, f->task->from, false))
		return true;
	if (client_code() != ENOENT)
		return false;
	forget(f->h->ctx);
	return true;
}

static void outcome(struct file *f, enum outcome o, enum act act)
{
	f->stage = STAGE_OVER;
	f->out->outcome = o;
	f->out->act = act;
	f->out->size = f->source.size;
	f->out->name = same(f->to, f->task->to) ? "" : f->to;
}

static bool taken_meanwhile(const struct file *f)
{
	return f->h->ctx->error.kind == KIND_CONFLICT && client_code() == EEXIST && f->fresh;
}

/* Each stage may find that its name was taken meanwhile, and asks again what that means. */
static bool stage(struct file *f, bool (*step)(struct file *))
{
	for (int tries = 0; !step(f); tries++) {
		if (!taken_meanwhile(f) || tries == MOST_DECISIONS)
			return false;
		forget(f->h->ctx);
		if (!decide(f, &f->act))
			return false;
		if (f->act == ACT_KEEP || f->act == ACT_SAME) {
			outcome(f, OUT_SKIPPED, f->act);
			return true;
		}
	}
	return true;
}

static bool give_name(struct file *f)
{
	if (f->stage == STAGE_WRITTEN && !stage(f, name))
		return false;
	if (f->stage == STAGE_OVER)
		return true;
	f->stage = STAGE_NAMED;
	return (here(f) && moves(f) && f->fresh && !f->fd) || verify(f);
}

/* ---- the whole ------------------------------------------------------------------------------------------------------- */

/* The source of a move that is gone while the target is there: the one before had come to the end. */
static bool moved_before(struct file *f)
{
	bool found = false;

	if (!f->task->doubt || !moves(f) || client_code() != ENOENT)
		return false;
	struct error why = f->h->ctx->error;

	forget(f->h->ctx);
	if (look(f, f->h->to, f->task->to, &found, &f->there) && found && f->there.size == f->task->size) {
		f->source.size = f->task->size;
		outcome(f, OUT_DONE, ACT_NEW);
		return true;
	}
	f->h->ctx->error = why;
	return false;
}

/* A small file is made before it is known whether its name is free: the store says so when it gets it. */
static bool looks_first(const struct file *f)
{
	bool waits = same(f->h->t->rule, "rename") || same(f->h->t->rule, "refuse");

	return f->task->doubt || f->h->t->dry || !waits || f->task->size > SMALL;
}

static bool work(struct file *f)
{
	bool made = false;

	if (!hands_open(f->h))
		return false;
	f->batched = f->batched && store_can(f->h->to) & STORE_CAN_SEEK;
	f->source = (struct entry){ .name = "", .kind = ENTRY_FILE, .size = f->task->size, .modified = f->task->modified };
	f->to = f->task->to;
	f->act = ACT_NEW;
	f->fresh = true;
	if (f->task->doubt && !store_stat(f->h->ctx, f->h->from, f->task->from, &f->source))
		return moved_before(f);
	if (f->task->doubt && !f->h->t->dry && !made_before(f, &made))
		return false;
	if (made && same(f->h->t->rule, "sync")) {
		outcome(f, OUT_SKIPPED, ACT_SAME); /* whoever made it, it is as it should be */
		return true;
	}
	if (made) {
		f->act = f->to == f->task->to ? ACT_NEW : ACT_RENAME;
		f->stage = STAGE_NAMED;
		return true;
	}
	if (looks_first(f) && !decide(f, &f->act))
		return false;
	if (f->h->t->dry || f->act == ACT_KEEP || f->act == ACT_SAME) {
		outcome(f, f->act == ACT_KEEP || f->act == ACT_SAME ? OUT_SKIPPED : OUT_DONE, f->act);
		return true;
	}
	return stage(f, copy) && (f->stage != STAGE_WRITTEN || f->batched || give_name(f));
}

/* All of it, once more, after its connector went away: with a new one it may go on. */
static void once_more(struct file *f)
{
	struct task again = *f->task;
	struct file g = { .h = f->h, .task = &again, .out = f->out };

	forget(f->h->ctx);
	f->h->from = f->h->to = NULL;
	again.doubt = again.doubt || f->begun;
	*f->out = (struct result){ .number = again.number, .name = "" };
	f->stage = STAGE_OVER;
	if (!work(&g) || (g.stage == STAGE_WRITTEN && !give_name(&g)) || (g.stage == STAGE_NAMED && !leave(&g)))
		hands_failed(f->h, f->out);
	else if (g.stage == STAGE_NAMED)
		outcome(&g, OUT_DONE, g.act);
}

static void step(struct file *f, bool (*fn)(struct file *))
{
	if (fn(f))
		return;
	/* A kept file that is gone was given its name by the one before. */
	if (rules_lost(client_code()) || (f->kept && f->stage == STAGE_WRITTEN && client_code() == ENOENT)) {
		once_more(f);
		return;
	}
	f->stage = STAGE_OVER;
	hands_failed(f->h, f->out);
	if (f->out->outcome == OUT_FAILED)
		drop_kept(f);
}

void file_begin(struct file *f)
{
	*f->out = (struct result){ .number = f->task->number, .name = "" };
	atomic_store(&f->h->shared->now, 0);
	step(f, work);
}

void file_named(struct file *f)
{
	if (f->stage == STAGE_WRITTEN)
		step(f, give_name);
}

void file_left(struct file *f)
{
	if (f->stage != STAGE_NAMED)
		return;
	step(f, leave);
	if (f->stage == STAGE_NAMED)
		outcome(f, OUT_DONE, f->act);
}
