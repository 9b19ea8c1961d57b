/* form_show: forms as HTML (put_form() of view.h) and as JSON. */
#ifndef NARU_FORM_SHOW_H
#define NARU_FORM_SHOW_H

#include "view.h"

/* { "fields": [ { "name", "label", "value", "message" … } ] }: what a script needs to fill it and to see what was wrong. */
void form_json(struct out *, const struct form *);

#endif
