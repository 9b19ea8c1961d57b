#include "qr.h"

#include <qrencode.h>

enum { QUIET = 4 };

/* One path: a run of dark modules in a row is one rectangle. */
static void draw_row(struct buf *out, const unsigned char *row, int width, int y)
{
	for (int x = 0; x < width; x++) {
		int from = x;

		while (x < width && (row[x] & 1))
			x++;
		if (x > from)
			buf_printf(out, "M%d %dh%dv1h-%dz", from + QUIET, y + QUIET, x - from, x - from);
	}
}

static void label_text(struct buf *out, const char *label)
{
	for (; *label; label++) {
		if (*label == '<' || *label == '&' || *label == '"')
			buf_printf(out, "&#%d;", *label);
		else
			buf_char(out, *label);
	}
}

const char *qr_svg(struct arena *arena, const char *data, const char *label)
{
	QRcode *code = QRcode_encodeString8bit(data, 0, QR_ECLEVEL_M);
	struct buf out = { 0 };
	int size;

	if (!code)
		return NULL;
	buf_in(&out, arena);
	size = code->width + 2 * QUIET;
	buf_printf(&out, "<svg class=\"qr\" role=\"img\" width=\"240\" height=\"240\" viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\" aria-label=\"", size, size);
	label_text(&out, label);
	buf_printf(&out, "\"><rect width=\"%d\" height=\"%d\" fill=\"#fff\"/><path fill=\"#000\" d=\"", size, size);
	for (int y = 0; y < code->width; y++)
		draw_row(&out, code->data + y * code->width, code->width, y);
	buf_text(&out, "\"/></svg>");
	QRcode_free(code);
	return arena_copy(arena, out.at, out.n);
}
