/*
 * record: stored values as tagged fields, declared once in schema/NAME.def.
 *
 * A .def file is lines of  FIELD(number, KIND, name, attributes…)  and is expanded twice by
 *
 *     #define RECORD job                 // before: the record's name
 *     #include "record_def.h"            // gives struct job, and job_record for record_pack()
 *
 * The number is the field's identity on disk for ever; a number used twice does not compile. On disk a
 * field is: number, length (both LEB128), bytes. Integers are little-endian without their leading zero
 * bytes (zigzag), texts have no NUL. A missing field reads as its preset (0, NULL, empty); fields that this
 * program does not know are kept in `.rest` and written back, so two versions may share one database.
 */
#ifndef NARU_RECORD_H
#define NARU_RECORD_H

#include "base.h"

enum record_kind { RECORD_INT, RECORD_BOOL, RECORD_TEXT, RECORD_BYTES, RECORD_TEXTS };

typedef int64_t record_c_INT;
typedef bool record_c_BOOL;
typedef const char *record_c_TEXT;
typedef struct bytes record_c_BYTES;
typedef struct texts record_c_TEXTS;

struct record_field {
	uint32_t number;
	enum record_kind kind;
	const char *name;
	size_t offset;
	int64_t preset;        /* INT and BOOL only */
	bool secret;           /* never in a dump, a page or a log */
};

struct record {
	const char *name;
	const struct record_field *fields;
	size_t n, size, rest;  /* number of fields, sizeof the struct, offset of .rest */
};

/* Packs into the arena. Integers equal to their preset and empty texts are left out. */
struct bytes record_pack(struct arena *, const struct record *, const void *object);
/* Unpacks into `object` (all of it is written). Everything is copied into the arena, so it outlives the
 * transaction. False on malformed bytes (KIND_INTERNAL). */
bool record_unpack(struct ctx *, const struct record *, struct bytes, void *object) MUST_CHECK;

#endif
