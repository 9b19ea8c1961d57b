/* store_contract_rights: times and rights of files: for store_contract_test.c, which includes it. */
#ifndef STORE_CONTRACT_RIGHTS_H
#define STORE_CONTRACT_RIGHTS_H

#include "store_contract_site.h"

static void dating(void)
{
	struct entry e;
	int fd;
	start("times and rights");
	ok(store_create(c, s, in("dated"), 10, &fd) && put(fd, 10) && store_commit_dated(c, s, fd, in("dated"), false, 1000000000), "a file of another time");
	ok(store_stat(c, s, in("dated"), &e), "is there");
	if (can & STORE_CAN_DATE)
		is_int(e.modified, 1000000000, "with that time");
	if ((can & STORE_CAN_DATE) && (can & STORE_CAN_COPY))
		ok(store_copy(c, s, in("dated"), in("dated too"), false) && store_stat(c, s, in("dated too"), &e) && e.modified == 1000000000, "a copy has it, too");
	if (!(can & STORE_CAN_MODES)) {
		ok(fails(store_set_mode(c, s, in("dated"), 0600), KIND_INVALID), "its rights cannot be changed, and it says so");
		return;
	}
	if (can & STORE_CAN_COPY)
		ok(fails(store_copy(c, s, folder, in("x"), false), KIND_INVALID) && !there(in("x")), "a folder cannot be copied like a file");
	ok(store_set_mode(c, s, in("dated"), 0640) && store_stat(c, s, in("dated"), &e) && e.mode == 0640, "other rights");
	ok(fails(store_set_mode(c, s, in("dated"), 04755), KIND_FORBIDDEN) && store_stat(c, s, in("dated"), &e) && e.mode == 0640, "never set-uid");
	ok(fails(store_set_mode(c, s, in("none"), 0600), KIND_NOT_FOUND), "not of nothing");
	if (can & STORE_CAN_COPY)
		ok(store_copy(c, s, in("dated"), in("other rights"), false) && store_stat(c, s, in("other rights"), &e) && e.mode == 0640, "a copy has them, too");
}

#endif
