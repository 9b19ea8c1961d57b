#include "task.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conf.h"
#include "store/client.h"

#include "views.h"

#define OWN_MOST 2
#define ALL_MOST 16
#define KEEP_SECONDS 86400
#define TELL_MS 500
#define FILE_MOST 65536

enum state { RUNNING, DONE, FAILED };

struct task {
	struct arena *arena;      /* of the writer of the file */
	const char *path, *title, *back, *message;
	struct buf notes;         /* a line each, encoded */
	enum state state;
	int64_t begun, told, entries, bytes, left_out;
};

/* ---- the files: "UID-ID" what the page shows, and beside it ".lock", held as long as the task runs ---- */

static const char *folder(struct arena *a)
{
	return text(a, "%s/files/tasks", conf_get("site", "run", "/run/naru"));
}

static bool id_good(const char *id)
{
	return strlen(id) == 32 && strspn(id, "0123456789abcdef") == 32;
}

static bool runs(const char *path)
{
	char lock[512];
	snprintf(lock, sizeof lock, "%s.lock", path);
	int fd = open(lock, O_RDWR | O_CLOEXEC);
	bool held = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0;
	if (fd >= 0)
		close(fd);
	return held;
}

static void write_all(int fd, const char *from, size_t n)
{
	for (ssize_t k; n > 0 && (k = write(fd, from, n)) > 0; n -= (size_t)k)
		from += k;
}

static void save(struct task *t)
{
	struct arena *a = arena_new(0);
	const char *part = text(a, "%s.part", t->path);
	const char *all = text(a, "%d %lld %lld %lld %lld\n%s\n%s\n%s\n%s", (int)t->state, (long long)t->begun, (long long)t->entries, (long long)t->bytes,
		(long long)t->left_out, key_of(a, t->title), key_of(a, t->back), key_of(a, t->message ? t->message : ""), buf_cstr(&t->notes));
	int fd = open(part, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	if (fd >= 0) {
		write_all(fd, all, strlen(all));
		close(fd);
		rename(part, t->path);
	}
	arena_free(a);
	t->told = clock_ms();
}

void task_tell(struct task *t, int64_t entries, int64_t bytes)
{
	t->entries = entries;
	t->bytes = bytes;
	if (clock_ms() - t->told > TELL_MS)
		save(t);
}

void task_left_out(struct task *t, const char *name, const char *why)
{
	if (t->left_out++ >= TASK_NOTES)
		return;
	struct arena *a = arena_new(0);
	buf_printf(&t->notes, "%s\n", key_of(a, text(a, "%s: %s", name_shown(a, name), why)));
	arena_free(a);
}

/* ---- how many ---- */

static void remove_old(const char *path)
{
	struct stat s;
	if (stat(path, &s) < 0 || now() - s.st_mtime < KEEP_SECONDS || runs(path))
		return;
	char lock[512];
	snprintf(lock, sizeof lock, "%s.lock", path);
	unlink(lock);
	unlink(path);
}

static bool room_for(struct req *r)
{
	struct arena *a = r->ctx->arena;
	const char *own = text(a, "%lld-", (long long)r->who.uid);
	int all = 0, mine = 0;
	DIR *d = opendir(folder(a));
	for (const struct dirent *e; d && (e = readdir(d));) {
		const char *path = text(a, "%s/%s", folder(a), e->d_name);
		if (e->d_name[0] == '.' || strchr(e->d_name, '.'))
			continue;
		bool busy = runs(path);
		all += busy;
		mine += busy && starts_with(e->d_name, own);
		remove_old(path);
	}
	if (d)
		closedir(d);
	if (mine >= OWN_MOST)
		return fail(r->ctx, KIND_TOO_MANY, tr(r->ctx, "Two archives of yours are being worked on. Wait until one is done."), "tasks");
	return all < ALL_MOST || fail(r->ctx, KIND_UNAVAILABLE, tr(r->ctx, "Many archives are being worked on. Try again in a few minutes."), "tasks");
}

/* ---- the new process ---- */

static const char *path_of(struct arena *a, int64_t uid, const char *id)
{
	return text(a, "%s/%lld-%s", folder(a), (long long)uid, id);
}

/* Nothing of the worker's is its own: not the visitor's connection, not the databases, not the connectors. */
static void leave_worker(int lock)
{
	signal(SIGTERM, SIG_DFL);
	signal(SIGALRM, SIG_DFL);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	alarm(TASK_MS / 1000 + 60);
	client_forget();
	if (dup2(lock, 3) < 0 || close_range(4, ~0U, 0))
		_exit(1);
	setsid();
}

__attribute__((noreturn)) static void work(struct req *r, struct where *w, struct task *t, task_run *run, void *arg, int lock)
{
	leave_worker(lock);
	r->ctx->deadline = clock_ms() + TASK_MS;
	bool good = run(r, w, t, arg);
	t->state = good ? DONE : FAILED;
	t->message = good ? NULL : r->ctx->error.message;
	if (!good)
		log_line(r->ctx, "%s task: %s", r->who.user, r->ctx->error.detail ? r->ctx->error.detail : "failed");
	save(t);
	_exit(0);
}

static int take_lock(const char *path)
{
	char lock[512];
	snprintf(lock, sizeof lock, "%s.lock", path);
	int fd = open(lock, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 ? fd : -1;
}

/* Twice, so that the worker has no child to bury. */
static bool launch(struct req *r, struct where *w, struct task *t, task_run *run, void *arg, int lock)
{
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		pid = fork();
		if (pid == 0)
			work(r, w, t, run, arg, lock);
		_exit(pid < 0);
	}
	close(lock);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool task_start(struct req *r, struct where *w, const char *title, const char *back, task_run *run, void *arg, const char **url)
{
	unsigned char chance[16];
	struct task *t = NEW(r->ctx->arena, struct task);
	random_bytes(chance, sizeof chance);
	const char *id = hex(r->ctx->arena, chance, sizeof chance);
	mkdir(folder(r->ctx->arena), 0700);
	if (!room_for(r))
		return false;
	*t = (struct task){ .path = path_of(r->ctx->arena, r->who.uid, id), .title = title, .back = back, .begun = now() };
	save(t);
	int lock = take_lock(t->path);
	if (lock < 0 || !launch(r, w, t, run, arg, lock))
		return fail(r->ctx, KIND_UNAVAILABLE, tr(r->ctx, "The work could not be started. Try again in a moment."), "task: %s", strerror(errno));
	*url = text(r->ctx->arena, "/files/task/%s", id);
	return true;
}

/* ---- the page ---- */

static bool read_counts(const char *line, struct task *t)
{
	int state = 0;
	long long begun, entries, bytes, left_out;
	if (sscanf(line, "%d %lld %lld %lld %lld", &state, &begun, &entries, &bytes, &left_out) != 5 || state < RUNNING || state > FAILED)
		return false;
	t->state = (enum state)state;
	t->begun = begun;
	t->entries = entries;
	t->bytes = bytes;
	t->left_out = left_out;
	return true;
}

static const char *plain(struct arena *a, const char *key)
{
	const char *s = path_decoded(a, key);
	return s ? s : "";
}

static bool load(struct req *r, const char *path, struct task *t, struct texts *lines)
{
	struct bytes b;
	struct arena *a = r->ctx->arena;
	if (!file_read(r->ctx, path, FILE_MOST, &b))
		return false;
	*lines = split(a, arena_copy(a, b.at, b.n), '\n');
	if (lines->n < 5 || !read_counts(lines->at[0], t))
		return false;
	t->title = plain(a, lines->at[1]);
	t->back = plain(a, lines->at[2]);
	t->message = plain(a, lines->at[3]);
	return true;
}

static struct note_row_list notes_of(struct req *r, struct texts lines)
{
	struct note_row *rows = NEW_ARRAY(r->ctx->arena, struct note_row, lines.n + 1);
	size_t n = 0;
	for (size_t i = 4; i < lines.n; i++)
		if (*lines.at[i])
			rows[n++].line = plain(r->ctx->arena, lines.at[i]);
	return (struct note_row_list){ rows, n };
}

struct reply task_show(struct req *r)
{
	struct task t = { 0 };
	struct texts lines;
	const char *id = req_part(r, "id"), *path = path_of(r->ctx->arena, r->who.uid, id);
	if (!id_good(id) || !load(r, path, &t, &lines)) {
		forget(r->ctx);
		return reply_fail(r, KIND_NOT_FOUND, tr(r->ctx, "There is no such work (any more). It is forgotten a day after its end."));
	}
	bool running = t.state == RUNNING && runs(path);
	if (running) {
		r->refresh = 2;
		r->as_of = now();
	} else if (t.state == RUNNING && load(r, path, &t, &lines) && t.state == RUNNING) { /* it may just have ended */
		t.state = FAILED;
		t.message = tr(r->ctx, "It was interrupted. What was made until then is there; start it again.");
	}
	r->title = t.title;
	return reply_page(r, &task_page_view, &(struct task_page){
		.url = t.back, .running = running, .done = t.state == DONE, .failed = t.state == FAILED, .message = *t.message ? t.message : NULL,
		.entries = t.entries, .bytes = t.bytes, .left_out = t.left_out, .begun = t.begun, .notes = notes_of(r, lines),
		.more = t.left_out > TASK_NOTES,
	});
}
