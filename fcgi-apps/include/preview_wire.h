/*
 * preview_wire: what naru-preview answers for a text with structure (Markdown, a notebook): records, each a head of six bytes (what it is, which
 * element, length of its text as four bytes, the lowest first) and the text. There is no HTML in it: the reader makes that, from
 * its own table of elements, and believes nothing (a text escaped, an address checked, elements closed that were left open).
 */
#ifndef NARU_PREVIEW_WIRE_H
#define NARU_PREVIEW_WIRE_H

enum preview_record { PREVIEW_TEXT = 't', PREVIEW_OPEN = '(', PREVIEW_CLOSE = ')', PREVIEW_END = '.' /* the last one */ };

enum { PREVIEW_HEAD = 6 };

/* Elements. With a text: LINK and IMAGE (address), NUMBERED (number of the first item), PICTURE (which of the notebook's). */
enum preview_element {
	PREVIEW_PARAGRAPH, PREVIEW_HEADING_1, PREVIEW_HEADING_2, PREVIEW_HEADING_3, PREVIEW_HEADING_4, PREVIEW_HEADING_5, PREVIEW_HEADING_6,
	PREVIEW_QUOTE, PREVIEW_LIST, PREVIEW_NUMBERED, PREVIEW_ITEM, PREVIEW_CODE_BLOCK, PREVIEW_CODE, PREVIEW_EMPHASIS, PREVIEW_STRONG,
	PREVIEW_STRUCK, PREVIEW_LINK, PREVIEW_IMAGE, PREVIEW_BREAK, PREVIEW_RULE, PREVIEW_TABLE, PREVIEW_ROW, PREVIEW_HEAD_CELL, PREVIEW_CELL,
	PREVIEW_INPUT, PREVIEW_OUTPUT, PREVIEW_ERROR, PREVIEW_PICTURE, PREVIEW_LEFT_OUT, PREVIEW_ELEMENTS,
};

/* How naru-preview ends. */
enum preview_status { PREVIEW_DONE = 0, PREVIEW_DAMAGED = 2, PREVIEW_TOO_LARGE = 3, PREVIEW_UNKNOWN = 4 /* no kind that it knows */ };

/* The answer to "size": two numbers of four bytes, the lowest first. */
enum { PREVIEW_SIZE = 8 };

#endif
