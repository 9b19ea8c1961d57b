/*
 * slots: who runs at the moment, in memory that the launcher shares with its children only until each has become somebody. The launcher
 * takes and gives back slots; a child writes its user into its own and counts, so the launcher itself never reads a client's bytes.
 */
#ifndef NARU_SLOTS_H
#define NARU_SLOTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct slot;

void slots_start(unsigned most);
/* A free slot for a client process of uid `peer`; NULL if all are taken, or that uid has half of them while they are more than 8. */
struct slot *slot_take(uid_t peer);
void slot_pid(struct slot *, pid_t);
void slot_free(struct slot *);
/* The child of this pid has ended. */
void slot_end(pid_t);
/* In the child: this slot is for the user `uid`, who is there or not; false if the user has more than `most`, or, of those by errand, more than half as many. */
bool slot_user(struct slot *, uid_t uid, bool errand, unsigned most);
/* Which one it is, from 0: no two that run have the same. */
unsigned slot_number(const struct slot *);
/* In the child: gives up the shared memory. */
void slots_leave(void);

#endif
