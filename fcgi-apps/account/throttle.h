/*
 * throttle: how fast passwords may be tried, without anybody being able to lock the owner out.
 *
 * Wrong tries are counted for the pair (address, user), for the address, for the user, and, where the browser holds a device
 * cookie from an earlier sign-in of this user, for the pair (device, user) alone. After some free tries each one costs a delay
 * that doubles up to a cap. Tries during a delay are refused unseen and do not prolong it.
 *
 *   pair        5 free, then 1, 2, 4 … 60 s
 *   address    50 free, then 1, 2, 4 … 60 s        (somebody who tries many users; many people behind one router)
 *   user       20 free, then a new address waits 30 s before its first try   (somebody with many addresses)
 *   device      5 free, then 1, 2, 4 … 60 s, and none of the others counts
 *
 * Who signs in from an address where they did before is slowed by the pair alone. Nothing here sleeps; the
 * page says how long to wait. A try is counted before the password is looked at, so that parallel tries are counted too, and
 * taken back when it was right. Counts are forgotten an hour after the last try, known places after 90 days.
 */
#ifndef NARU_ACCOUNT_THROTTLE_H
#define NARU_ACCOUNT_THROTTLE_H

#include "people.h"
#define RECORD throttle
#include "record_def.h"

#define DEVICE_COOKIE "__Host-naru-device"
enum { DEVICE_SECONDS = 90 * 86400 };

struct throttle_who { const char *user, *address, *device; /* device: the cookie's value, NULL if none */ };

/* Makes `who` from what a request brings: the network of an IPv6 address, one name for all impossible users. */
struct throttle_who throttle_who(struct arena *, const char *user, const char *address, const char *device);
/* Counts a try. *wait: seconds until it may be made; 0: now. */
bool throttle_enter(struct ctx *, struct db_write *, const struct throttle_who *, int64_t when, int64_t *wait) MUST_CHECK;
/* The password (and code) was right: takes back the tries it took, forgets the pair, remembers address and device. */
bool throttle_pass(struct ctx *, struct db_write *, const struct throttle_who *, int64_t when, int64_t tries) MUST_CHECK;
bool throttle_sweep(struct ctx *) MUST_CHECK;

#endif
