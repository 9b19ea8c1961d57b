/*
 * template: what kinds of jobs the form offers. Each is a file NAME.conf in the folder [batch] templates of naru.conf; a site adds its
 * own by adding a file (README says how). Files are read again at each page: no restart.
 */
#ifndef BATCHJOB_TEMPLATE_H
#define BATCHJOB_TEMPLATE_H

#include "ask.h"

/* The form's fields: those of ask_rows, and three that go into the script's body. */
enum { T_SETUP = ASK_COUNT, T_COMMAND, T_PARAMETERS, T_COUNT };

struct template {
	const char *name, *title, *hint;      /* in the user's language */
	int64_t order;
	const char *first_line;               /* "#!/bin/bash" */
	const char *body;                     /* with @setup@, @command@ and @parameters@ */
	struct field fields[T_COUNT];         /* the base rows with the file's labels, presets and limits */
	bool shown[T_COUNT];
};

/* All of the folder, in order; a file with a mistake is left out and named in the log. */
bool template_all(struct ctx *, const struct template **, size_t *n) MUST_CHECK;
/* One of them by name; name empty: the first. KIND_NOT_FOUND. */
bool template_find(struct ctx *, const char *name, const struct template **) MUST_CHECK;
/* Reads one file's text. False, after a message that names the line in the log. */
bool template_parse(struct ctx *, const char *name, const char *text, struct template *) MUST_CHECK;
/* The table of the fields that are shown, for form_new() and form_read(). */
const struct form_table *template_table(struct ctx *, const struct template *);
/* The field in a set of values "name=value"; the template's preset if it is not there. */
const char *value_in(struct texts values, const char *name, const char *preset);
/* The body with its three texts. */
char *template_body(struct arena *, const struct template *, const char *setup, const char *command, const char *parameters);

#endif
