/* rendered: the records of naru-preview as HTML. They come from a process that read a hostile file, so nothing of them is believed. */
#include "previews.h"

#include <string.h>
#include <strings.h>

#include "preview_wire.h"

enum { DEPTH_MOST = 200, PAGE_MOST = 6 << 20, ADDRESS_MOST = 4000 };

/* With a label: what stands for a box in words, between the two parts of the tag. */
static const struct { const char *open, *close, *label, *rest; } elements[PREVIEW_ELEMENTS] = {
	[PREVIEW_PARAGRAPH] = { "<p>", "</p>\n" },
	/* The name of the file is the page's only h1. */
	[PREVIEW_HEADING_1] = { "<h2>", "</h2>\n" }, [PREVIEW_HEADING_2] = { "<h3>", "</h3>\n" }, [PREVIEW_HEADING_3] = { "<h4>", "</h4>\n" },
	[PREVIEW_HEADING_4] = { "<h5>", "</h5>\n" }, [PREVIEW_HEADING_5] = { "<h6>", "</h6>\n" }, [PREVIEW_HEADING_6] = { "<h6>", "</h6>\n" },
	[PREVIEW_QUOTE] = { "<blockquote>", "</blockquote>\n" }, [PREVIEW_LIST] = { "<ul>\n", "</ul>\n" }, [PREVIEW_ITEM] = { "<li>", "</li>\n" },
	[PREVIEW_CODE_BLOCK] = { "<pre tabindex=\"0\"><code>", "</code></pre>\n" }, [PREVIEW_CODE] = { "<code>", "</code>" },
	[PREVIEW_EMPHASIS] = { "<em>", "</em>" }, [PREVIEW_STRONG] = { "<strong>", "</strong>" }, [PREVIEW_STRUCK] = { "<del>", "</del>" },
	[PREVIEW_BREAK] = { "<br>\n", "" }, [PREVIEW_RULE] = { "<hr>\n", "" },
	[PREVIEW_TABLE] = { "<table class=\"list\"><tbody>\n", "</tbody></table>\n" }, [PREVIEW_ROW] = { "<tr>", "</tr>\n" },
	[PREVIEW_HEAD_CELL] = { "<th scope=\"col\">", "</th>" }, [PREVIEW_CELL] = { "<td>", "</td>" },
	[PREVIEW_INPUT] = { "<pre class=\"cell\" tabindex=\"0\" role=\"group\" aria-label=\"", "</code></pre>\n", MSG("Code"), "\"><code>" },
	[PREVIEW_OUTPUT] = { "<pre class=\"output\" tabindex=\"0\" role=\"group\" aria-label=\"", "</pre>\n", MSG("Output"), "\">" },
	[PREVIEW_ERROR] = { "<pre class=\"output error\" tabindex=\"0\" role=\"group\" aria-label=\"", "</pre>\n", MSG("Error"), "\">" },
};

struct page { struct out out; const struct rendered *where; const char *open[DEPTH_MOST]; size_t depth; };

static void put(struct page *p, const char *s)
{
	put_raw(&p->out, s, strlen(s));
}

/* ---- addresses ---- */

static bool has_scheme(const char *link, const char *scheme)
{
	return strncasecmp(link, scheme, strlen(scheme)) == 0;
}

/* As it stands, but for what has no place in an address or in an attribute. */
static const char *encoded(struct arena *a, const char *link)
{
	struct buf b = { 0 };
	buf_in(&b, a);
	for (const unsigned char *s = (const unsigned char *)link; *s; s++)
		if (*s > 0x20 && *s < 0x7f && !strchr("\"'<>\\^`{|}", *s))
			buf_char(&b, (char)*s);
		else
			buf_printf(&b, "%%%02X", (unsigned)*s);
	return buf_cstr(&b);
}

/* A path that is put together in place: hostile texts hold long links, and many. */
struct path { char at[2 * ADDRESS_MOST]; size_t n; };

static void up(struct path *p)
{
	while (p->n && p->at[p->n - 1] != '/')
		p->n--;
	p->n -= p->n > 0;
}

/* One part: "%20" is a space here, and ".." leads up, but never out of the place. */
static void down(struct path *p, const char *part, size_t n)
{
	if (n == 0 || (n == 1 && *part == '.'))
		return;
	if (n == 2 && part[0] == '.' && part[1] == '.') {
		up(p);
		return;
	}
	if (n + 1 > sizeof p->at - p->n)
		return;
	if (p->n)
		p->at[p->n++] = '/';
	memcpy(p->at + p->n, part, n);
	p->n += n;
}

static void down_all(struct path *p, const char *s)
{
	for (size_t n; *s; s += n + (s[n] == '/')) {
		n = strcspn(s, "/");
		down(p, s, n);
	}
}

/* The parts are as encoded as they came; what an address cannot hold is encoded now. */
static const char *page_of(struct arena *a, const struct rendered *w, const char *link)
{
	struct path p = { .n = 0 };
	if (*link != '/')
		down_all(&p, w->folder);
	down_all(&p, arena_copy(a, link, strcspn(link, "?#")));
	return text(a, "%s%s%s", encoded(a, w->place), p.n ? "/" : "", encoded(a, arena_copy(a, p.at, p.n)));
}

const char *rendered_address(struct arena *a, const struct rendered *w, const char *at, size_t n)
{
	if (n == 0 || n > ADDRESS_MOST || memchr(at, 0, n))
		return NULL;
	const char *link = arena_copy(a, at, n);
	if (has_scheme(link, "https://") || has_scheme(link, "http://") || has_scheme(link, "mailto:"))
		return encoded(a, link);
	/* Any other scheme, another host, a place in the text itself. */
	size_t word = strcspn(link, ":/?#");
	if (link[word] == ':' || *link == '#' || *link == '?' || starts_with(link, "//") || *link == '\\')
		return NULL;
	return page_of(a, w, link);
}

/* ---- elements ---- */

static void open_link(struct page *p, const char *at, size_t n, bool image)
{
	const char *address = rendered_address(p->out.buf.arena, p->where, at, n);
	bool inside = false;
	for (size_t i = 0; i < p->depth; i++)
		inside |= same(p->open[i], "</a>"); /* a picture in a link: one link is enough */
	if (!address || inside) {
		p->open[p->depth++] = "";
	} else {
		buf_printf(&p->out.buf, "<a href=\"");
		put_html(&p->out, address);
		put(p, *address == '/' ? "\">" : "\" rel=\"noopener noreferrer nofollow\">");
		p->open[p->depth++] = "</a>";
	}
	if (image) {
		put(p, "[");
		put_tr(&p->out, MSG("Picture"));
		put(p, "] ");
	}
}

static bool number_of(const char *at, size_t n, int64_t most, struct arena *a, int64_t *number)
{
	return n < 12 && parse_int(arena_copy(a, at, n), 0, most, number);
}

static void open_numbered(struct page *p, const char *at, size_t n)
{
	int64_t start;
	if (number_of(at, n, 999999999, p->out.buf.arena, &start) && start != 1)
		buf_printf(&p->out.buf, "<ol start=\"%lld\">\n", (long long)start);
	else
		put(p, "<ol>\n");
	p->open[p->depth++] = "</ol>\n";
}

static void open_picture(struct page *p, const char *at, size_t n)
{
	int64_t number;
	p->open[p->depth++] = "";
	if (!p->where->pictures || !number_of(at, n, 1000000, p->out.buf.arena, &number))
		return;
	put(p, "<p><img class=\"picture\" loading=\"lazy\" src=\"");
	put_html(&p->out, text(p->out.buf.arena, "%s%lld", p->where->pictures, (long long)number));
	put(p, "\" alt=\"");
	put_html(&p->out, say((struct ctx *)(uintptr_t)p->out.ctx, "Picture %lld of the notebook", (long long)number));
	put(p, "\"></p>\n");
}

static void open_left_out(struct page *p)
{
	put(p, "<p class=\"muted\">");
	put_tr(&p->out, MSG("Something is not shown here: a web page, a script, a drawing or too much text."));
	p->open[p->depth++] = "</p>\n";
}

static void open_one(struct page *p, enum preview_element e, const char *at, size_t n)
{
	switch ((int)e) {
	case PREVIEW_LINK: case PREVIEW_IMAGE: open_link(p, at, n, e == PREVIEW_IMAGE); return;
	case PREVIEW_NUMBERED: open_numbered(p, at, n); return;
	case PREVIEW_PICTURE: open_picture(p, at, n); return;
	case PREVIEW_LEFT_OUT: open_left_out(p); return;
	default: break;
	}
	put(p, elements[e].open);
	if (elements[e].label) {
		put_tr(&p->out, elements[e].label);
		put(p, elements[e].rest);
	}
	p->open[p->depth++] = elements[e].close;
}

static void close_one(struct page *p)
{
	if (p->depth)
		put(p, p->open[--p->depth]);
}

static void put_text(struct page *p, const char *at, size_t n)
{
	put_html(&p->out, arena_copy(p->out.buf.arena, at, n));
}

/* ---- records ---- */

/* False: the stream is not as it should be. */
static bool take(struct page *p, int what, unsigned element, const char *at, size_t n)
{
	if (what == PREVIEW_TEXT)
		return put_text(p, at, n), true;
	if (what == PREVIEW_CLOSE)
		return close_one(p), true;
	if (what != PREVIEW_OPEN || element >= PREVIEW_ELEMENTS || p->depth >= DEPTH_MOST)
		return false;
	return open_one(p, (enum preview_element)element, at, n), true;
}

static bool take_all(struct page *p, struct bytes records)
{
	size_t at = 0;
	while (records.n - at >= PREVIEW_HEAD && p->out.buf.n < PAGE_MOST) {
		const unsigned char *h = records.at + at;
		size_t n = (size_t)h[2] | (size_t)h[3] << 8 | (size_t)h[4] << 16 | (size_t)h[5] << 24;
		at += PREVIEW_HEAD;
		if (*h == PREVIEW_END)
			return true;
		if (n > records.n - at || !take(p, *h, h[1], (const char *)records.at + at, n))
			return false;
		at += n;
	}
	return false;
}

bool rendered_page(struct ctx *c, struct bytes records, const struct rendered *where, const char **markup)
{
	struct page *p = NEW(c->arena, struct page);
	p->out.ctx = c;
	p->where = where;
	buf_in(&p->out.buf, c->arena);
	if (!take_all(p, records))
		return fail(c, KIND_UNAVAILABLE, tr(c, "This is too much for one page. Look at it as text, or download it."), "records");
	while (p->depth)
		close_one(p);
	*markup = buf_cstr(&p->out.buf);
	return true;
}
