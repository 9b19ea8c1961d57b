/*
 * What an app wrote: see kubernetes.h. A node puts a log aside when it has grown (10 MiB, the kubelet's containerLogMaxSize) and begins a new one; the API server
 * knows only of the new one, which may be empty although the app has just written much. What was put aside lies beside it on the node, which shows it to who may use
 * nodes/proxy (naru-deployer-usage); without that right the log is what the API server gives.
 */
#include "cluster/kubernetes.h"

#include <string.h>

enum { SPARE = 1 << 20, MOST_LIST = 256 << 10, ASIDE = 512 << 10 };

/* ---- what the API server gives -------------------------------------------------------------------------------------- */

/* The last whole lines that fit. */
static struct bytes last_lines(struct bytes all, size_t most)
{
	size_t from = all.n > most ? all.n - most : 0;

	while (from > 0 && from < all.n && all.at[from - 1] != '\n')
		from++;
	return (struct bytes){ all.at + from, all.n - from };
}

/* 400: its container is not there yet, or its log is just being put aside; 404: the pod is not. */
static bool send_log(struct ctx *ctx, const char *engine, const struct kube_call *call, struct kube_answer *answer)
{
	if (!kube_send(ctx, engine, call, answer))
		return false;
	return answer->status == 200 || answer->status == 400 || answer->status == 404 || kube_refused(ctx, &answer->fault);
}

static size_t count_lines(struct bytes all)
{
	size_t n = 0;

	for (size_t i = 0; i < all.n; i++)
		n += all.at[i] == '\n';
	return n;
}

/*
 * The server counts limitBytes from the first of the lines, so many lines are tried, then fewer. It also goes on with what is written meanwhile: of an app that
 * writes faster than one reads, so much is enough. *whole: the log has no more than these.
 */
static bool ask_log(struct ctx *ctx, const char *engine, const char *path, size_t most, struct bytes *out, bool *whole)
{
	static const int lines[] = { 2000, 100, 5 };
	size_t room = SPARE + 2 * most;
	struct kube_answer answer;

	*whole = false;
	for (size_t i = 0; i < COUNT(lines); i++) {
		bool last = i + 1 == COUNT(lines);
		struct kube_call call = { .method = "GET", .plain = true, .most = room, .path = last ?
			text(ctx->arena, "%s/log?tailLines=%d&limitBytes=%zu", path, lines[i], room) : text(ctx->arena, "%s/log?tailLines=%d", path, lines[i]) };

		if (!send_log(ctx, engine, &call, &answer)) {
			if (ctx->error.kind != KIND_TOO_LARGE || last)
				return false;
			forget(ctx);
			continue;
		}
		if (answer.status == 200)
			*out = answer.text;
		*whole = answer.status != 404 && count_lines(*out) < (size_t)lines[i];
		return true;
	}
	return false;
}

/* ---- what the node has put aside ------------------------------------------------------------------------------------- */

/* Its names are "0.log", and with the time behind it those that were put aside; older ones have ".gz" behind that. */
const char *kube_log_newest(struct arena *arena, struct bytes page)
{
	static const char begin[] = "\"0.log.";
	const char *newest = NULL, *all = arena_copy(arena, page.at, page.n);

	for (const char *at = strstr(all, begin); at != NULL; at = strstr(at + 1, begin)) {
		const char *name = at + 1;
		size_t n = strspn(name + sizeof begin - 2, "0123456789-") + sizeof begin - 2;

		if (name[n] != '"' || n > 60)
			continue;
		name = arena_copy(arena, name, n);
		if (newest == NULL || strcmp(name, newest) > 0)
			newest = name;
	}
	return newest;
}

/* The app's words of "2026-11-29T14:56:01.1Z stdout F words"; NULL: it is no such line. */
static const unsigned char *words_of(const unsigned char *at, const unsigned char *stop)
{
	int blanks = 0;

	if (stop - at < 20 || at[4] != '-' || at[10] != 'T' || at[13] != ':')
		return NULL;
	while (at < stop && blanks < 3)
		blanks += *at++ == ' ';
	return blanks == 3 && at[-3] == ' ' && (at[-2] == 'F' || at[-2] == 'P') ? at : NULL;
}

/* F ends a line of the app's, P does not. */
struct bytes kube_log_words(struct arena *arena, struct bytes file)
{
	struct buf out;
	const unsigned char *at = file.at, *end = file.at + file.n;

	buf_in(&out, arena);
	while (at < end) {
		const unsigned char *stop = memchr(at, '\n', (size_t)(end - at)), *words = stop != NULL ? words_of(at, stop) : NULL;

		if (stop == NULL)
			break;
		if (words != NULL) {
			buf_add(&out, words, (size_t)(stop - words));
			if (words[-2] == 'F')
				buf_char(&out, '\n');
		}
		at = stop + 1;
	}
	return (struct bytes){ (const unsigned char *)buf_cstr(&out), out.n };
}

/* A file of the node; *out stays empty if there is none or it is not shown. */
static void ask_file(struct ctx *ctx, const char *engine, const char *path, size_t from_end, struct bytes *out)
{
	struct kube_call call = { .method = "GET", .plain = true, .path = path, .from_end = from_end, .most = from_end > 0 ? from_end : MOST_LIST };
	struct kube_answer answer;

	*out = (struct bytes){ (const unsigned char *)"", 0 };
	if (!kube_send(ctx, engine, &call, &answer)) {
		log_line(ctx, "%s: %s: %s", engine, path, ctx->error.detail != NULL ? ctx->error.detail : "no answer");
		forget(ctx);
	} else if (answer.status == 200 || answer.status == 206) {
		*out = answer.text;
	}
}

/* A name for a path; NULL: it is none. */
static const char *part(struct arena *arena, const struct json_object *pod, const char *path)
{
	const char *value = kube_text(arena, pod, path);

	return value != NULL && strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789.-") == strlen(value) && value[0] != '.' ? value : NULL;
}

static struct bytes ask_aside(struct ctx *ctx, const char *engine, const char *pod_path)
{
	struct bytes list = { (const unsigned char *)"", 0 }, file = list;
	const char *node, *uid, *space, *name, *folder, *newest;
	struct kube_answer answer;

	if (!kube_get(ctx, engine, pod_path, 404, &answer)) {
		forget(ctx);
		return file;
	}
	node = part(ctx->arena, answer.tree, "spec nodeName");
	space = part(ctx->arena, answer.tree, "metadata namespace");
	name = part(ctx->arena, answer.tree, "metadata name");
	uid = part(ctx->arena, answer.tree, "metadata uid");
	if (node == NULL || space == NULL || name == NULL || uid == NULL || !kube_is_ours(answer.tree, ctx->arena))
		return file;
	folder = text(ctx->arena, "/api/v1/nodes/%s/proxy/logs/pods/%s_%s_%s/app/", node, space, name, uid);
	ask_file(ctx, engine, folder, 0, &list);
	newest = kube_log_newest(ctx->arena, list);
	if (newest != NULL)
		ask_file(ctx, engine, text(ctx->arena, "%s%s", folder, newest), ASIDE, &file);
	return kube_log_words(ctx->arena, file);
}

/* ---- both ------------------------------------------------------------------------------------------------------------ */

bool kube_log(struct ctx *ctx, const char *engine, const char *user, const char *id, size_t most, struct bytes *out)
{
	const char *path = kube_path(ctx, engine, user, "pods", id);
	struct bytes before;
	struct buf both;
	bool whole;

	*out = (struct bytes){ (const unsigned char *)"", 0 };
	if (path == NULL || !ask_log(ctx, engine, path, most, out, &whole))
		return false;
	if (whole && out->n < most) {
		before = ask_aside(ctx, engine, path);
		buf_in(&both, ctx->arena);
		buf_add(&both, before.at, before.n);
		buf_add(&both, out->at, out->n);
		*out = (struct bytes){ (const unsigned char *)buf_cstr(&both), both.n };
	}
	*out = last_lines(*out, most);
	return true;
}
