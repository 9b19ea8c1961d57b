/* form_private: what a form holds. */
#ifndef NARU_FORM_PRIVATE_H
#define NARU_FORM_PRIVATE_H

#include "app_private.h"

struct form_value {
	const char *text;
	struct texts texts;
	const struct choice *choices;
	size_t n_choices;
	const char *message;
};

struct form {
	struct ctx *ctx;
	const struct form_table *table;
	struct form_value *values;
	const char *message;   /* about the whole form */
	bool wrong;
};

struct form_value *form_value(const struct form *, const char *name);

#endif
