/* Where the output of a job is: the file name pattern of Slurm, filled in as slurmd does it. */
#include "sched.h"

#include <string.h>

enum { WIDEST = 10 };

/* A number with the width that stood in the pattern ("%4j"). */
static void put_number(struct buf *out, int64_t number, int width)
{
	if (number >= 0)
		buf_printf(out, "%0*lld", width, (long long)number);
}

static int64_t task_of(const struct job *job)
{
	const char *task = job->id != NULL ? strchr(job->id, '_') : NULL;
	int64_t number;

	return task != NULL && parse_int(task + 1, 0, INT32_MAX, &number) ? number : -1;
}

/* The first host of "n[1-3,7],m2". */
static void put_first_host(struct buf *out, const char *nodes)
{
	size_t n = strcspn(nodes, "[,");

	buf_add(out, nodes, n);
	if (nodes[n] == '[')
		buf_add(out, nodes + n + 1, strcspn(nodes + n + 1, "-,]"));
}

static void put_host(struct buf *out, const struct job *job)
{
	if (!empty(job->batch_host))
		buf_add(out, job->batch_host, strcspn(job->batch_host, "."));
	else if (!empty(job->nodes))
		put_first_host(out, job->nodes);
}

/* False: a letter that only means something inside the job (%s step, %t task) or nothing at all: it stays as it is. */
static bool put_letter(struct buf *out, const struct job *job, char letter, int width)
{
	switch (letter) {
	case '%': buf_char(out, '%'); return true;
	case 'j': put_number(out, job->raw_id, width); return true;
	case 'J': put_number(out, job->raw_id, width); return true;
	case 'A': put_number(out, job->array_job > 0 ? job->array_job : job->raw_id, width); return true;
	case 'a': put_number(out, task_of(job) >= 0 ? task_of(job) : (int64_t)UINT32_MAX - 1, width); return true;
	case 'x': buf_text(out, job->name != NULL ? job->name : ""); return true;
	case 'u': buf_text(out, job->user != NULL ? job->user : ""); return true;
	case 'b': put_number(out, task_of(job) >= 0 ? task_of(job) % 10 : 0, width); return true;
	case 'N': put_host(out, job); return true;
	case 'n': put_number(out, 0, width); return true;
	default: return false;
	}
}

static char *fill_in(struct arena *arena, const struct job *job, const char *pattern)
{
	struct buf out = { 0 };

	buf_in(&out, arena);
	if (strchr(pattern, '\\') != NULL) { /* a backslash turns all of it off and goes away */
		for (; *pattern != '\0'; pattern++)
			if (*pattern != '\\')
				buf_char(&out, *pattern);
		return arena_copy(arena, buf_cstr(&out), out.n);
	}
	while (*pattern != '\0') {
		const char *at = pattern + 1;
		int width = 0;

		while (*pattern == '%' && *at >= '0' && *at <= '9')
			width = width < WIDEST ? width * 10 + (*at++ - '0') : (at++, width);
		if (*pattern == '%' && put_letter(&out, job, *at, width > WIDEST ? WIDEST : width)) {
			pattern = at + 1;
			continue;
		}
		buf_char(&out, *pattern++);
	}
	return arena_copy(arena, buf_cstr(&out), out.n);
}

static bool is_array(const struct job *job)
{
	return job->array_job > 0;
}

const char *sched_output(struct ctx *ctx, const struct job *job, bool error)
{
	const char *pattern = error && !empty(job->error_file) ? job->error_file : job->output;
	char *name;

	if (empty(pattern) && job->uid == 0) /* only accounting knows the job, and it keeps no paths */
		return NULL;
	if (empty(pattern)) /* what Slurm does when none is given; it does not report it */
		pattern = is_array(job) ? "slurm-%A_%a.out" : "slurm-%j.out";
	name = fill_in(ctx->arena, job, pattern);
	if (name[0] == '/')
		return name;
	if (empty(job->folder) || job->folder[0] != '/')
		return NULL;
	return text(ctx->arena, "%s/%s", job->folder, name);
}
