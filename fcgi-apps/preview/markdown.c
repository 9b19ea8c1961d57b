/* markdown: the tree that cmark makes of a text, as records. HTML in the text stays text; what a comment says is left out. */
#include "preview.h"

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>
#include <string.h>

enum { DEPTH_MOST = 60 }; /* of elements in each other: what is deeper is shown without its own */

static const struct { const char *type; enum preview_element element; } elements[] = {
	{ "paragraph", PREVIEW_PARAGRAPH }, { "block_quote", PREVIEW_QUOTE }, { "item", PREVIEW_ITEM }, { "emph", PREVIEW_EMPHASIS },
	{ "strong", PREVIEW_STRONG }, { "strikethrough", PREVIEW_STRUCK }, { "link", PREVIEW_LINK }, { "image", PREVIEW_IMAGE },
	{ "table", PREVIEW_TABLE }, { "table_row", PREVIEW_ROW }, { "table_header", PREVIEW_ROW }, { "table_cell", PREVIEW_CELL },
	{ "list", PREVIEW_LIST }, { "heading", PREVIEW_HEADING_1 },
};

static bool element_of(cmark_node *n, enum preview_element *e)
{
	const char *type = cmark_node_get_type_string(n);
	for (size_t i = 0; i < sizeof elements / sizeof *elements; i++)
		if (strcmp(type, elements[i].type) == 0) {
			*e = elements[i].element;
			if (*e == PREVIEW_HEADING_1)
				*e += (enum preview_element)(cmark_node_get_heading_level(n) - 1);
			if (*e == PREVIEW_LIST && cmark_node_get_list_type(n) == CMARK_ORDERED_LIST)
				*e = PREVIEW_NUMBERED;
			cmark_node *row = *e == PREVIEW_CELL ? cmark_node_parent(n) : NULL;
			if (row && strcmp(cmark_node_get_type_string(row), "table_header") == 0)
				*e = PREVIEW_HEAD_CELL;
			return true;
		}
	return false;
}

/* Paragraphs of a tight list are not told apart from the item itself. */
static bool is_tight(cmark_node *n)
{
	cmark_node *item = cmark_node_parent(n), *list = item ? cmark_node_parent(item) : NULL;
	return cmark_node_get_type(n) == CMARK_NODE_PARAGRAPH && list && cmark_node_get_type(list) == CMARK_NODE_LIST && cmark_node_get_list_tight(list);
}

static void say_of(enum preview_element e, cmark_node *n)
{
	char number[16] = { 0 };
	if (e == PREVIEW_LINK || e == PREVIEW_IMAGE) {
		open_element(e, cmark_node_get_url(n));
	} else if (e == PREVIEW_NUMBERED) {
		int start = cmark_node_get_list_start(n);
		for (size_t at = sizeof number - 1; start > 0 && at > 0; start /= 10)
			number[--at] = (char)('0' + start % 10);
		const char *digits = number;
		while (digits < number + sizeof number - 1 && !*digits)
			digits++;
		open_element(e, digits);
	} else {
		open_element(e, NULL);
	}
}

static void say_whole(enum preview_element e, const char *text)
{
	open_element(e, NULL);
	say_text(text, strlen(text));
	close_element(e);
}

static bool is_line_break(const char *html)
{
	return strncmp(html, "<br", 3) == 0 && strspn(html + 3, " /") + 4 == strlen(html);
}

static void html(const char *text, bool block)
{
	if (strncmp(text, "<!--", 4) == 0)
		return;
	if (block)
		say_whole(PREVIEW_CODE_BLOCK, text);
	else if (is_line_break(text))
		say_whole(PREVIEW_BREAK, "");
	else
		say_whole(PREVIEW_CODE, text);
}

/* What holds nothing but a text. */
static void leaf(cmark_node *n)
{
	const char *type = cmark_node_get_type_string(n), *text = cmark_node_get_literal(n);
	if (!text)
		text = "";
	if (strcmp(type, "text") == 0)
		say_text(text, strlen(text));
	else if (strcmp(type, "softbreak") == 0)
		say_text("\n", 1);
	else if (strcmp(type, "linebreak") == 0)
		say_whole(PREVIEW_BREAK, "");
	else if (strcmp(type, "thematic_break") == 0)
		say_whole(PREVIEW_RULE, "");
	else if (strcmp(type, "code") == 0)
		say_whole(PREVIEW_CODE, text);
	else if (strcmp(type, "code_block") == 0)
		say_whole(PREVIEW_CODE_BLOCK, text);
	else if (strcmp(type, "html_block") == 0 || strcmp(type, "html_inline") == 0)
		html(text, type[5] == 'b');
}

static void walk(cmark_node *top)
{
	cmark_iter *i = cmark_iter_new(top);
	enum preview_element e;
	int depth = 0;
	for (cmark_event_type event; (event = cmark_iter_next(i)) != CMARK_EVENT_DONE;) {
		cmark_node *n = cmark_iter_get_node(i);
		if (!element_of(n, &e)) {
			if (event == CMARK_EVENT_ENTER)
				leaf(n);
		} else if (is_tight(n)) {
			if (event == CMARK_EVENT_ENTER && cmark_node_previous(n))
				say_whole(PREVIEW_BREAK, "");
		} else if (event == CMARK_EVENT_ENTER) {
			if (++depth <= DEPTH_MOST)
				say_of(e, n);
		} else if (depth-- <= DEPTH_MOST) {
			close_element(e);
		}
	}
}

void markdown_show(const char *text, size_t n)
{
	static const char *const extensions[] = { "table", "strikethrough", "autolink" };
	cmark_gfm_core_extensions_ensure_registered();
	cmark_parser *p = cmark_parser_new(CMARK_OPT_VALIDATE_UTF8);
	for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++)
		cmark_parser_attach_syntax_extension(p, cmark_find_syntax_extension(extensions[i]));
	cmark_parser_feed(p, text, n);
	walk(cmark_parser_finish(p));
}
