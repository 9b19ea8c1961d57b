/* log: fetches the end of an app's log and answers the module that asked, on descriptor 3. */
#include "deployer.h"

#include <string.h>
#include <sys/socket.h>

#include <json-c/json.h>

#include "cluster.h"
#include "utf8.h"

enum { LOG_MS = 4500, LOG_MOST = 32768 };

/* Text of whole UTF-8 characters; what is not becomes '?'. */
static const char *clean(struct arena *arena, struct bytes log)
{
	struct buf out;

	buf_in(&out, arena);
	for (size_t i = 0; i < log.n;) {
		size_t n = 1;

		while (n < 4 && i + n < log.n && (log.at[i + n] & 0xc0) == 0x80)
			n++;
		if (log.at[i] && utf8_valid((const char *)log.at + i, n))
			buf_add(&out, log.at + i, n);
		else
			buf_char(&out, '?');
		i += n;
	}
	return buf_cstr(&out);
}

int log_main(const char *id, int64_t most, const char *lang)
{
	struct ctx ctx = { .arena = arena_new(0), .tag = id, .deadline = clock_ms() + LOG_MS };
	struct json_object *answer = json_object_new_object();
	struct deployment app;
	struct bytes log = { 0 };
	struct db *db;
	bool found = false;

	lang_parse(lang, &ctx.lang);
	if (most < 1 || most > LOG_MOST)
		most = LOG_MOST;
	if (db_open(&ctx, "apps", DB_READ_WRITE, &db) && keep_read(&ctx, db, id, &found, &app) && found
		&& cluster_log(&ctx, app.engine, app.user, id, (size_t)most, &log)) {
		json_object_object_add(answer, "log", json_object_new_string(clean(ctx.arena, log)));
	} else {
		if (ctx.error.detail)
			log_line(&ctx, "%s (%s)", ctx.error.message, ctx.error.detail);
		json_object_object_add(answer, "error", json_object_new_int(ctx.error.kind ? (int)ctx.error.kind : (int)KIND_NOT_FOUND));
		json_object_object_add(answer, "message", json_object_new_string(ctx.error.message ? ctx.error.message : tr(&ctx, "There is no such app. It may have been deleted meanwhile.")));
	}
	const char *said = json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN);

	return send(3, said, strlen(said), MSG_NOSIGNAL) < 0;
}
