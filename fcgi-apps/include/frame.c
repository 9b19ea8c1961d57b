/* frame: what stands around every page. */
#include "app_private.h"
#include "conf.h"
#include "views/models.h"
#include "views.h"

#include <stdio.h>
#include <string.h>

static const char *site_name(void)
{
	return conf_get("site", "name", "Naru");
}

/* How much of the path an entry's begins, 0: none of it; "/" only for itself. */
static size_t begins(const char *entry, const char *path)
{
	size_t n = strlen(entry);
	while (n > 1 && entry[n - 1] == '/')
		n--;
	return strncmp(path, entry, n) == 0 && (path[n] == '\0' || (n > 1 && path[n] == '/')) ? n : 0;
}

/* The longest entry that begins the path is the current one. */
static size_t current_entry(const char *path, const struct nav_item *items, size_t n)
{
	size_t best = n, best_n = 0;
	for (size_t i = 0; i < n; i++) {
		size_t length = begins(items[i].path, path);
		if (length > best_n) {
			best = i;
			best_n = length;
		}
	}
	return best;
}

/* Pages that have no entry of their own stand under another one: also = in its section. */
static bool stands_under(struct req *r, const char *section)
{
	struct texts also = split(r->ctx->arena, conf_get(section, "also", ""), ' ');
	for (size_t i = 0; i < also.n; i++)
		if (*also.at[i] && begins(also.at[i], r->path))
			return true;
	return false;
}

static int64_t order_of(const char *name)
{
	char section[80];
	snprintf(section, sizeof section, "nav %s", name);
	return conf_int(section, "order", 50);
}

/* The sections [nav NAME] by their order=, sorted once a process. */
static struct texts sorted_names(void)
{
	static const char *sorted[64];
	static size_t n;
	struct texts names = conf_names("nav");
	for (size_t i = n; i < names.n && n < COUNT(sorted); i++) {
		size_t at = n++;
		for (; at > 0 && order_of(sorted[at - 1]) > order_of(names.at[i]); at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = names.at[i];
	}
	return (struct texts){ sorted, n };
}

static struct nav_item_list nav(struct req *r)
{
	struct texts names = sorted_names();
	struct nav_item *items = NEW_ARRAY(r->ctx->arena, struct nav_item, names.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < names.n; i++) {
		const char *section = text(r->ctx->arena, "nav %s", names.at[i]);
		const char *path = conf_get(section, "path", NULL);
		if (!path || (same(conf_get(section, "role", ""), "admin") && r->who.role < ROLE_ADMIN))
			continue;
		items[n++] = (struct nav_item){ .path = path, .title = tr(r->ctx, conf_get(section, "title", names.at[i])), .current = stands_under(r, section) };
	}
	size_t at = current_entry(r->path, items, n);
	if (at < n)
		items[at].current = true;
	return (struct nav_item_list){ items, n };
}

void frame_module(struct req *r, const char **path, const char **title)
{
	struct nav_item_list items = nav(r);
	for (size_t i = 0; i < items.n; i++)
		if (items.at[i].current) {
			*path = items.at[i].path;
			*title = items.at[i].title;
		}
}

/* The address of this page with refresh=no put in, or taken out. */
static const char *turned(struct req *r, const char *here)
{
	static const char no[] = "refresh=no";
	const char *at = strstr(here, no);
	if (!frame_still(r))
		return text(r->ctx->arena, "%s%s%s", here, strchr(here, '?') ? "&" : "?", no);
	if (!at || at == here || (at[-1] != '?' && at[-1] != '&'))
		return r->path;
	const char *rest = at + strlen(no);
	if (*rest == '&')
		return text(r->ctx->arena, "%.*s%s", (int)(at - here), here, rest + 1);
	return text(r->ctx->arena, "%.*s%s", (int)(at - here) - 1, here, rest);
}

bool frame_still(struct req *r)
{
	return same(req_query(r, "refresh"), "no");
}

void frame_fill(struct req *r, struct out *page, struct out *whole)
{
	bool member = r->who.user && r->who.role >= ROLE_USER;
	struct frame f = {
		.lang = lang_code(r->ctx->lang), .title = r->title ? r->title : site_name(), .site = site_name(),
		.user = r->who.user, .name = r->who.name,
		.other_lang = r->ctx->lang == LANG_KO ? "en" : "ko", .other_name = r->ctx->lang == LANG_KO ? "English" : "한국어",
		.here = "/", .crumb = r->crumb, .crumb_path = r->crumb_path, .flash = r->state->flash, .as_of = r->as_of,
		.refresh = r->refresh, .wide = r->wide, .plain = !member, .content = buf_cstr(&page->buf),
	};
	if (member) {
		f.nav = nav(r);
		f.ending = ending_line(r, &f.ending_path);
	}
	if (r->method == GET) {
		const char *uri = env_get(r->state->wire, "REQUEST_URI");
		f.here = uri && !starts_with(uri, "//") ? uri : "/";
		f.still = frame_still(r);
		f.turn = turned(r, f.here);
	}
	frame_view.html(whole, &f);
}
