/* Expands schema/RECORD.def into struct RECORD and `static const struct record RECORD_record`. See record.h.
 * No include guard: it is included once for each record. */
#include "record.h"

#define RECORD_PASTE_(a, b) a##b
#define RECORD_PASTE(a, b) RECORD_PASTE_(a, b)
#define RECORD_TEXT_(x) #x
#define RECORD_NAME_(x) RECORD_TEXT_(x)
#define RECORD_FILE_(x) RECORD_TEXT_(x.def)
#define RECORD_FILE RECORD_FILE_(RECORD)

#define FIELD(no, kind_, name_, ...) record_c_##kind_ name_;
struct RECORD {
#include RECORD_FILE
	struct bytes rest;
};
#undef FIELD

/* A number that stands twice is a duplicate case value: a compile error at its own line. */
#define FIELD(no, kind_, name_, ...) case no: break;
__attribute__((unused)) static inline void RECORD_PASTE(RECORD, _numbers)(int number)
{
	switch (number) {
#include RECORD_FILE
	default: break;
	}
}
#undef FIELD

#define FIELD(no, kind_, name_, ...) \
	{ .number = no, .kind = RECORD_##kind_, .name = #name_, .offset = offsetof(struct RECORD, name_), __VA_ARGS__ },
__attribute__((unused)) static const struct record_field RECORD_PASTE(RECORD, _fields)[] = {
#include RECORD_FILE
};
#undef FIELD

__attribute__((unused)) static const struct record RECORD_PASTE(RECORD, _record) = {
	.name = RECORD_NAME_(RECORD), .fields = RECORD_PASTE(RECORD, _fields),
	.n = sizeof RECORD_PASTE(RECORD, _fields) / sizeof(struct record_field),
	.size = sizeof(struct RECORD), .rest = offsetof(struct RECORD, rest),
};
#undef RECORD
