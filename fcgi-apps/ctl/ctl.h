/* ctl: the subcommands of naru-ctl. */
#ifndef NARU_CTL_H
#define NARU_CTL_H

#include "db.h"
#include "record.h"

/* One JSON object a line for each entry of the database. */
bool dump(struct ctx *, const char *env, FILE *out) MUST_CHECK;
/* Copies every database into a folder of its name below `folder`, which is there and empty; prints "NAME BYTES" for each. */
bool backup(struct ctx *, const char *folder) MUST_CHECK;

enum key_kind { KEY_TEXTS, KEY_NUMBER, KEY_BINARY };
struct table { const char *env; char byte; const struct record *record; enum key_kind key; };
/* NULL: not in schema/tables.h. */
const struct table *table_of(const char *env, unsigned char byte);

/* { "field": …, … } without secret fields; bytes as hexadecimal text. */
void record_json(struct buf *, struct arena *, const struct record *, const void *object);

#endif
