/* gate_address: see gate_address.h. */
#include "gate_address.h"

#include <string.h>

#include "apps.h"
#include "conf.h"

bool app_id_ok(const char *id)
{
	return id && strlen(id) == APP_ID && id[0] >= 'a' && id[0] <= 'z' && strspn(id, "abcdefghijklmnopqrstuvwxyz234567") == APP_ID;
}

/* "apps." or nothing, and the rest: together what follows "ID.". */
static const char *domain(const char **before)
{
	const char *own = conf_get("apps", "domain", NULL);

	*before = own ? "" : "apps.";
	return own ? own : conf_get("site", "host", "localhost");
}

const char *app_host(struct arena *arena, const char *id)
{
	const char *before, *rest = domain(&before);

	return text(arena, "%s.%s%s", id, before, rest);
}

/* Length of "ID.", if the text begins so. */
static size_t id_label(const char *at, char *id)
{
	if (strlen(at) <= APP_ID || at[APP_ID] != '.')
		return 0;
	memcpy(id, at, APP_ID);
	id[APP_ID] = '\0';
	return app_id_ok(id) ? APP_ID + 1 : 0;
}

bool app_of_host(const char *host, char *id)
{
	const char *before, *rest = domain(&before);
	size_t n = host ? id_label(host, id) : 0, port = strcspn(rest, ":");

	return n > 0 && starts_with(host + n, before) && strlen(host + n) == strlen(before) + port
		&& strncmp(host + n + strlen(before), rest, port) == 0;
}

/* What follows the host name of an app or of the portal; NULL: another host. */
static const char *behind_host(const char *url)
{
	char id[APP_ID + 1];
	const char *before, *rest = domain(&before), *portal = conf_get("site", "host", "localhost"), *at = url + strlen("https://");
	size_t n;

	if (!starts_with(url, "https://"))
		return NULL;
	if (starts_with(at, portal) && at[strlen(portal)] == '/')
		return at + strlen(portal);
	n = id_label(at, id);
	if (n == 0 || !starts_with(at + n, before) || !starts_with(at + n + strlen(before), rest))
		return NULL;
	return at + n + strlen(before) + strlen(rest);
}

bool own_url_ok(const char *url)
{
	const char *at = behind_host(url);

	if (!at || *at != '/')
		return false;
	for (; *at; at++)
		if ((unsigned char)*at <= 0x20 || (unsigned char)*at >= 0x7f || *at == '\\')
			return false;
	return true;
}

bool is_local(const char *path)
{
	size_t n = path ? strlen(path) : 0;

	if (n == 0 || n > 2000 || path[0] != '/' || path[1] == '/' || strchr(path, '\\'))
		return false;
	for (const char *at = path; *at; at++)
		if ((unsigned char)*at <= 0x20 || (unsigned char)*at >= 0x7f)
			return false;
	return true;
}

const char *app_place(const char *next)
{
	return is_local(next) && !starts_with(next, "/_naru/") ? next : "/";
}

const char *portal_address(struct arena *arena, const char *path)
{
	return text(arena, "https://%s%s", conf_get("site", "host", "localhost"), path);
}

const char *query_part(struct arena *arena, const char *s)
{
	struct buf out = { 0 };

	buf_in(&out, arena);
	for (; *s; s++) {
		if (strchr("/-._~", *s) || (*s >= '0' && *s <= '9') || (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z'))
			buf_char(&out, *s);
		else
			buf_printf(&out, "%%%02X", (unsigned char)*s);
	}
	return buf_cstr(&out);
}

const char *app_enter_address(struct arena *arena, const char *id, const char *ticket, const char *next)
{
	return text(arena, "https://%s/_naru/enter?ticket=%s&next=%s", app_host(arena, id), query_part(arena, ticket), query_part(arena, empty(next) ? "/" : next));
}

/* ---- a page ------------------------------------------------------------------------------------------------------ */

static const char *in(enum lang lang, const char *english)
{
	return tr_lang(lang, english);
}

const char *app_page(struct arena *arena, int status, const char *title, const char *says, const char *path, int refresh)
{
	static const char button[] = MSG("To the portal");
	struct buf b = { 0 };

	buf_in(&b, arena);
	buf_text(&b, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n");
	if (refresh > 0)
		buf_printf(&b, "<meta http-equiv=\"refresh\" content=\"%d\">\n", refresh);
	buf_printf(&b, "<title>%s</title>\n<link rel=\"stylesheet\" href=\"/_naru/static/naru.css\">\n"
		"<link rel=\"icon\" href=\"/_naru/static/favicon.svg\" type=\"image/svg+xml\">\n</head>\n", in(LANG_EN, title));
	buf_printf(&b, "<body class=\"plain\">\n<main>\n<div class=\"oops\">\n<p class=\"oops-status\" aria-hidden=\"true\">%d</p>\n", status);
	buf_printf(&b, "<h1>%s</h1>\n<p>%s</p>\n<div lang=\"ko\">\n<h2>%s</h2>\n<p>%s</p>\n</div>\n", in(LANG_EN, title), in(LANG_EN, says),
		in(LANG_KO, title), in(LANG_KO, says));
	buf_printf(&b, "<p class=\"actions\"><a class=\"button primary\" href=\"%s\">%s · <span lang=\"ko\">%s</span></a></p>\n</div>\n</main>\n</body>\n</html>\n",
		portal_address(arena, path), in(LANG_EN, button), in(LANG_KO, button));
	return buf_cstr(&b);
}
