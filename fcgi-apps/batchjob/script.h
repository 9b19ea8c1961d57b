/*
 * script: job scripts with their #SBATCH lines. What is sent to the batch system is what stands in the script: slurmrestd ignores the
 * lines, so they are read here, as sbatch would read them.
 */
#ifndef BATCHJOB_SCRIPT_H
#define BATCHJOB_SCRIPT_H

#include "ask.h"

#define SCRIPT_MOST 1048576

struct finding { int64_t line; /* 0: not about a line */ const char *says; bool error; /* else a warning */ };
struct findings { struct finding *at; size_t n, cap; };
void find_add(struct ctx *, struct findings *, bool error, int64_t line, const char *says);
bool find_errors(const struct findings *);

/* Browsers send CR LF at each line's end of a textarea; the script has LF. This is the only change that is ever made to a text. */
char *script_lines(struct arena *, const char *typed);
/* The same for a whole script; and empty lines before "#!", which some browsers add and which would make it useless, go. */
char *script_typed(struct arena *, const char *typed);
/* The script of a form: first line, #SBATCH lines, the body as it is. */
char *script_write(struct arena *, const char *first_line, const struct ask *, const char *body);
/* Reads the #SBATCH lines. `rows` are the fields with the limits to check against (one for each ask_what; NULL: ask_rows). */
void script_read(struct ctx *, const char *script, const struct field *const *rows, struct ask *, struct findings *);
/* What is wrong with it whatever its options: no #!, a carriage return, too long. */
void script_check(struct ctx *, const char *script, struct findings *);

#endif
