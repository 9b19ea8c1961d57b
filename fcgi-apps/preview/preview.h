/* preview: what its source files share. The process is for one file: whatever is wrong with that ends it (stop()), and memory is not given back. */
#ifndef NARU_PREVIEW_H
#define NARU_PREVIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preview_wire.h"

enum {
	SIDE_MOST = 1600,             /* pixels of what is shown */
	SIDE_LARGEST = 65500,         /* of what is read */
	PIXELS_STREAMED = 64000000,  /* of a picture that is read row by row */
	PIXELS_WHOLE = 25000000,      /* of one that must be in memory */
	INPUT_MOST = 32 << 20,
	OUTPUT_MOST = 24 << 20,
};

/* From here on: read, write, memory, the end; nothing else (sandbox.c). */
void sandbox(void);
_Noreturn void stop(enum preview_status);
/* Never NULL: what does not fit is too large. */
void *room(size_t n);

/* Standard output, at most OUTPUT_MOST bytes. */
void out_add(const void *, size_t);
void out_flush(void);

/* ---- structure (record.c) ---- */
void record(enum preview_record, enum preview_element, const char *text, size_t n);
void open_element(enum preview_element, const char *text); /* NULL: without a text */
void close_element(enum preview_element);
void say_text(const char *, size_t n);

void markdown_show(const char *, size_t n);
void notebook_show(const char *, size_t n);
/* The bytes of the picture of that number; ends the process if there is none. */
void notebook_picture(const char *, size_t n, long number, unsigned char **, size_t *length);

/* ---- pictures ---- */
/* Only its size, as PREVIEW_SIZE says. */
void image_size(const unsigned char *, size_t n);
void image_show(const unsigned char *, size_t n);

/* A decoder calls these: once begin, each row as R, G, B, A bytes from the top, then end. */
void scale_begin(uint32_t width, uint32_t height, bool alpha);
void scale_row(const unsigned char *rgba);
void scale_end(void);

struct size { uint32_t width, height; };
/* Each ends the process when the file is damaged; NULL in `size`: shows the picture, else tells its size alone. */
typedef void decoder(const unsigned char *, size_t n, struct size *size);
decoder png_decode, jpeg_decode, webp_decode, gif_decode;
/* Ends the process if it is over the limit. */
void check_size(uint32_t width, uint32_t height, uint32_t pixels_most);

#endif
