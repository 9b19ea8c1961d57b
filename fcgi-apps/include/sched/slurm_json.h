/*
 * slurm_json: reading slurmrestd's answers, for the Slurm driver only. An answer is
 *     { "meta": {…}, "errors": [ … ], "jobs": [ {…}, {…} ], … }
 * and may be large, cut or garbage. It is scanned once without recursion; the elements of one list are given to json-c one by one, so a list of
 * 30,000 jobs never is a tree of 30,000 jobs. An element that json-c refuses is skipped and counted; an answer that is not
 * complete is an error as a whole.
 */
#ifndef NARU_SCHED_SLURM_JSON_H
#define NARU_SCHED_SLURM_JSON_H

#include "base.h"

#include <json-c/json.h>

struct slurm_answer {
	int64_t code;             /* of the first error; 0: none */
	const char *text;         /* its text, NULL: none */
	const char *version;      /* "22.05.8", NULL: not told */
	int64_t job_id;           /* of a submit */
	bool has_list;            /* the wanted list was there */
	size_t n, skipped;        /* elements given to fn, elements that could not be read */
};

typedef bool slurm_element(struct ctx *, const struct json_object *, void *arg);

/* Reads the answer and calls fn for each object of the list named `list` (NULL: none wanted). False: fn failed, or the text is not a complete
 * JSON object (KIND_UNAVAILABLE). */
bool slurm_read(struct ctx *, struct bytes, const char *list, slurm_element *fn, void *arg, struct slurm_answer *) MUST_CHECK;

/* Members of an object. Texts are copied into the arena, made valid UTF-8 and cut at 4,096 bytes; NULL: missing or empty. Numbers may be numbers,
 * numeric texts or { "set", "infinite", "number" }; `preset`: missing, null or infinite. A list of texts gives its first as text. */
const struct json_object *slurm_member(const struct json_object *, const char *key);
const char *slurm_text(struct arena *, const struct json_object *, const char *key);
int64_t slurm_int(const struct json_object *, const char *key, int64_t preset);
size_t slurm_length(const struct json_object *list);              /* 0 for what is not a list */
const struct json_object *slurm_at(const struct json_object *list, size_t i);
const char *slurm_as_text(struct arena *, const struct json_object *); /* of a text, or of a list its first */

/* "cpu=4,mem=400M,gres/gpu=2": what stands for a name; 0 without it. Sizes are MiB. */
int64_t slurm_tres(const char *tres, const char *name);
int64_t slurm_tres_mb(const char *tres, const char *name);
/* GPUs in "gpu:fake:2(IDX:0-1),shard:4". */
int64_t slurm_gpus(const char *gres);

#endif
