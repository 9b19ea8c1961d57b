#include "preview.h"

#include <gif_lib.h>
#include <stdlib.h>
#include <string.h>

struct source { const unsigned char *at; size_t n; };

struct canvas { struct size size; unsigned char *at; /* R, G, B, A */ int clear; /* colour that is none; -1: every one is */ };

static int take(GifFileType *g, GifByteType *to, int wanted)
{
	struct source *s = g->UserData;
	size_t n = (size_t)wanted < s->n ? (size_t)wanted : s->n;
	memcpy(to, s->at, n);
	s->at += n;
	s->n -= n;
	return (int)n;
}

static void draw_line(const GifFileType *g, const ColorMapObject *colours, struct canvas *c, const GifPixelType *line, uint32_t y)
{
	uint32_t left = (uint32_t)g->Image.Left;
	if (y >= c->size.height)
		return;
	for (uint32_t x = 0; x < (uint32_t)g->Image.Width && left + x < c->size.width; x++) {
		unsigned char *to = c->at + ((size_t)y * c->size.width + left + x) * 4;
		if (line[x] == c->clear || line[x] >= colours->ColorCount)
			continue;
		const GifColorType *colour = &colours->Colors[line[x]];
		memcpy(to, (unsigned char[]){ colour->Red, colour->Green, colour->Blue, 255 }, 4);
	}
}

static void draw_lines(GifFileType *g, const ColorMapObject *colours, struct canvas *c, int first, int step)
{
	GifPixelType *line = room((size_t)g->Image.Width);
	for (int y = first; y < g->Image.Height; y += step) {
		if (DGifGetLine(g, line, g->Image.Width) != GIF_OK)
			stop(PREVIEW_DAMAGED);
		draw_line(g, colours, c, line, (uint32_t)(g->Image.Top + y));
	}
	free(line);
}

static void draw_frame(GifFileType *g, struct canvas *c)
{
	static const struct { int first, step; } passes[] = { { 0, 8 }, { 4, 8 }, { 2, 4 }, { 1, 2 } };
	if (DGifGetImageDesc(g) != GIF_OK || g->Image.Left < 0 || g->Image.Top < 0)
		stop(PREVIEW_DAMAGED);
	const ColorMapObject *colours = g->Image.ColorMap ? g->Image.ColorMap : g->SColorMap;
	if (!colours)
		stop(PREVIEW_DAMAGED);
	check_size((uint32_t)g->Image.Width, (uint32_t)g->Image.Height, PIXELS_WHOLE);
	if (!g->Image.Interlace)
		draw_lines(g, colours, c, 0, 1);
	else
		for (size_t i = 0; i < sizeof passes / sizeof *passes; i++)
			draw_lines(g, colours, c, passes[i].first, passes[i].step);
}

static void take_extension(GifFileType *g, struct canvas *c)
{
	GifByteType *block;
	int code;
	GraphicsControlBlock control;
	if (DGifGetExtension(g, &code, &block) != GIF_OK)
		stop(PREVIEW_DAMAGED);
	if (code == GRAPHICS_EXT_FUNC_CODE && block && DGifExtensionToGCB(block[0], block + 1, &control) == GIF_OK)
		c->clear = control.TransparentColor;
	while (block)
		if (DGifGetExtensionNext(g, &block) != GIF_OK)
			stop(PREVIEW_DAMAGED);
}

/* Of a moving picture the first frame. */
static void first_frame(GifFileType *g, struct canvas *c)
{
	GifRecordType what;
	for (;;) {
		if (DGifGetRecordType(g, &what) != GIF_OK)
			stop(PREVIEW_DAMAGED);
		if (what == EXTENSION_RECORD_TYPE)
			take_extension(g, c);
		else if (what == IMAGE_DESC_RECORD_TYPE)
			break;
		else
			stop(PREVIEW_DAMAGED);
	}
	draw_frame(g, c);
}

void gif_decode(const unsigned char *at, size_t n, struct size *size)
{
	struct source source = { at, n };
	int e;
	GifFileType *g = DGifOpen(&source, take, &e);
	if (!g)
		stop(PREVIEW_DAMAGED);
	struct canvas c = { .size = { (uint32_t)g->SWidth, (uint32_t)g->SHeight }, .clear = -1 };
	check_size(c.size.width, c.size.height, PIXELS_WHOLE);
	if (size) {
		*size = c.size;
		return;
	}
	c.at = calloc((size_t)c.size.width * c.size.height, 4);
	if (!c.at)
		stop(PREVIEW_TOO_LARGE);
	first_frame(g, &c);
	scale_begin(c.size.width, c.size.height, true);
	for (uint32_t y = 0; y < c.size.height; y++)
		scale_row(c.at + (size_t)y * c.size.width * 4);
}
