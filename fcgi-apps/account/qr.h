/* qr: a text as a QR code, drawn as inline SVG (no script, no image request). */
#ifndef NARU_ACCOUNT_QR_H
#define NARU_ACCOUNT_QR_H

#include "base.h"

/* Black on white with the quiet zone of 4 modules, whatever the page's colours. `label` is read aloud. NULL if the text is too long. */
const char *qr_svg(struct arena *, const char *text, const char *label);

#endif
