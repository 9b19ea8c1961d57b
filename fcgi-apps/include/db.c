/* db: LMDB environments and transactions. Keys and walks are in db_key.c and db_walk.c. */
#include "db.h"
#include "conf.h"
#include "db_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* An environment must not be opened twice in a process (lmdb.h, "Caveats"), so the open ones are listed. */
static struct db *opened;

static struct db *find_open(const char *name)
{
	for (struct db *db = opened; db; db = db->next)
		if (same(db->name, name))
			return db;
	return NULL;
}

/* LMDB 0.9 says EIO when a write was cut short, which is what a disk does that has just become full. */
static bool disk_full(const char *name, int error)
{
	const struct db *db = find_open(name);
	struct statvfs fs;

	if (error == ENOSPC || error == EDQUOT || error == MDB_MAP_FULL || error == MDB_TXN_FULL)
		return true;
	return error == EIO && db && statvfs(db->path, &fs) == 0 && (uint64_t)fs.f_bavail * fs.f_frsize < 1 << 20;
}

bool db_failed(struct ctx *ctx, const char *name, const char *what, int error)
{
	if (disk_full(name, error))
		return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The portal's disk is full, so nothing was changed. The administrators have to make room; then try again."),
			"%s: %s: %s", name, what, mdb_strerror(error));
	return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The portal's database does not answer, so nothing was changed. Please try again in a moment."),
		"%s: %s: %s", name, what, mdb_strerror(error));
}

static void set_mode(const char *path, const char *suffix, mode_t mode)
{
	char file[600];
	if (snprintf(file, sizeof file, "%s/%s", path, suffix) < (int)sizeof file && chmod(file, mode) != 0 && errno != EPERM)
		log_line(NULL, "%s: %s", file, strerror(errno));
}

/* Readers need to write the lock file. The data file is the group's to write only if the folder is. */
static void set_modes(const struct db *db)
{
	struct stat st;
	if (db->mode != DB_READ_WRITE || stat(db->path, &st) != 0)
		return;
	set_mode(db->path, "lock.mdb", 0660);
	set_mode(db->path, "data.mdb", st.st_mode & S_IWGRP ? 0660 : 0640);
}

static int open_env(struct db *db)
{
	unsigned flags = MDB_NOTLS | (db->mode == DB_READ_ONLY ? MDB_RDONLY : 0);
	size_t mib = (size_t)conf_int("site", "map-mib", 4096);
	mode_t mask = umask(0007);
	int e = mdb_env_create(&db->env);
	if (e == 0 && (e = mdb_env_set_mapsize(db->env, mib << 20)) == 0)
		e = mdb_env_open(db->env, db->path, flags, 0660);
	umask(mask);
	if (e != 0) {
		mdb_env_close(db->env);
		db->env = NULL;
		return e;
	}
	set_modes(db);
	db_check_readers(db);
	return 0;
}

/* After a write of the meta page failed, LMDB refuses all that follows until it is opened anew. */
static int reopen_if_broken(struct db *db)
{
	if (!db->broken && db->env)
		return 0;
	if (db->users > 0)
		return MDB_PANIC;
	if (db->env)
		mdb_env_close(db->env);
	db->env = NULL;
	db->broken = false;
	return open_env(db);
}

bool db_open(struct ctx *ctx, const char *name, enum db_mode mode, struct db **out)
{
	struct db *db = find_open(name);
	if (db) {
		if (mode == DB_READ_WRITE && db->mode == DB_READ_ONLY)
			die("%s is open for reading only", name);
		*out = db;
		return true;
	}
	db = calloc(1, sizeof *db);
	if (!db)
		die("out of memory");
	snprintf(db->name, sizeof db->name, "%s", name);
	snprintf(db->path, sizeof db->path, "%s", conf_path(ctx->arena, text(ctx->arena, "db/%s", name)));
	db->mode = mode;
	int e = open_env(db);
	if (e != 0) {
		free(db);
		return db_failed(ctx, name, "open", e);
	}
	db->next = opened;
	opened = db;
	*out = db;
	return true;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	for (struct db **at = &opened; *at; at = &(*at)->next)
		if (*at == db) {
			*at = db->next;
			break;
		}
	if (db->env)
		mdb_env_close(db->env);
	free(db);
}

int64_t db_version(const struct db *db)
{
	MDB_envinfo info;

	return db->env && !db->broken && mdb_env_info(db->env, &info) == 0 ? (int64_t)info.me_last_txnid : -1;
}

void db_check_readers(struct db *db)
{
	int dead = 0;
	if (db->env && mdb_reader_check(db->env, &dead) == 0 && dead > 0)
		log_line(NULL, "%s: cleared %d slots of dead readers", db->name, dead);
}

bool db_backup(struct ctx *ctx, struct db *db, const char *folder)
{
	int e = reopen_if_broken(db);
	if (e == 0)
		e = mdb_env_copy2(db->env, folder, MDB_CP_COMPACT);
	return e == 0 || db_failed(ctx, db->name, "backup", e);
}

const struct db_read *db_as_read(const struct db_write *write)
{
	return &write->read;
}

static int begin(struct db *db, unsigned flags, struct db_read *read)
{
	int e = reopen_if_broken(db);
	if (e != 0)
		return e;
	read->db = db;
	e = mdb_txn_begin(db->env, NULL, flags, &read->txn);
	if (e == MDB_MAP_RESIZED && mdb_env_set_mapsize(db->env, 0) == 0)
		e = mdb_txn_begin(db->env, NULL, flags, &read->txn);
	if (e == MDB_PANIC || e == EIO)
		db->broken = true;
	if (e != 0)
		return e;
	e = mdb_dbi_open(read->txn, NULL, 0, &read->dbi);
	if (e != 0)
		mdb_txn_abort(read->txn);
	else
		db->users++;
	return e;
}

static void close_cursors(struct db_cursor *open)
{
	while (open) {
		struct db_cursor *next = open->next;
		if (open->cursor)
			mdb_cursor_close(open->cursor);
		free(open);
		open = next;
	}
}

bool db_view(struct ctx *ctx, struct db *db, bool (*fn)(struct ctx *, const struct db_read *, void *), void *arg)
{
	struct db_cursor *cursors = NULL;
	struct db_read read = { .cursors = &cursors };
	int e = begin(db, MDB_RDONLY, &read);
	if (e != 0)
		return db_failed(ctx, db->name, "read", e);
	bool good = fn(ctx, &read, arg);
	close_cursors(cursors);
	mdb_txn_abort(read.txn);
	db->users--;
	return good;
}

bool db_change(struct ctx *ctx, struct db *db, bool (*fn)(struct ctx *, struct db_write *, void *), void *arg)
{
	struct db_cursor *cursors = NULL;
	struct db_write write = { .read.cursors = &cursors };
	if (db->mode != DB_READ_WRITE)
		die("%s is open for reading only", db->name);
	int e = begin(db, 0, &write.read);
	if (e != 0)
		return db_failed(ctx, db->name, "write", e);
	bool good = fn(ctx, &write, arg);
	close_cursors(cursors);
	if (!good) {
		mdb_txn_abort(write.read.txn);
		db->users--;
		return ctx->error.kind == KIND_NONE ? fail(ctx, KIND_INTERNAL, tr(ctx, "Nothing was changed."), "%s: a change gave up without a reason", db->name) : false;
	}
	e = mdb_txn_commit(write.read.txn);
	db->users--;
	if (e != 0) {
		db->broken = true;
		return db_failed(ctx, db->name, "commit", e);
	}
	return true;
}
