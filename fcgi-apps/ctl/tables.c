/* tables: schema/tables.h as a table. */
#include "ctl.h"

#define RECORD account
#include "record_def.h"
#define RECORD session
#include "record_def.h"
#define RECORD token
#include "record_def.h"
#define RECORD throttle
#include "record_def.h"
#define RECORD notice
#include "record_def.h"
#define RECORD submission
#include "record_def.h"
#define RECORD audit_entry
#include "record_def.h"
#define RECORD cluster
#include "record_def.h"
#define RECORD partition
#include "record_def.h"
#define RECORD job
#include "record_def.h"
#define RECORD usage
#include "record_def.h"
#define RECORD deployment
#include "record_def.h"
#define RECORD app_event
#include "record_def.h"
#define RECORD app_share
#include "record_def.h"
#define RECORD app_volume
#include "record_def.h"
#define RECORD engine
#include "record_def.h"
#define RECORD app_offer
#include "record_def.h"
#define RECORD app_request
#include "record_def.h"
#define RECORD dav_lock
#include "record_def.h"
#define RECORD dav_properties
#include "record_def.h"
#define RECORD seat
#include "record_def.h"
#define RECORD remote
#include "record_def.h"
#define RECORD mark
#include "record_def.h"
#define RECORD taste
#include "record_def.h"
#define RECORD clip
#include "record_def.h"
#define RECORD transfer
#include "record_def.h"
#define RECORD transfer_file
#include "record_def.h"
#define RECORD ticket
#include "record_def.h"
#define RECORD share
#include "record_def.h"
#define RECORD share_visit
#include "record_def.h"

/* A table without a record: "&" and nothing, "_record" alone. */
static const struct record _record;

#define TABLE(env_, byte_, record_, key_) { #env_, byte_, &record_##_record, KEY_##key_ },
static const struct table tables[] = {
#include "tables.h"
};

const struct table *table_of(const char *env, unsigned char byte)
{
	for (size_t i = 0; i < COUNT(tables); i++)
		if ((unsigned char)tables[i].byte == byte && same(tables[i].env, env))
			return &tables[i];
	return NULL;
}
