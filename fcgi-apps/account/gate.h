/*
 * gate: how many workers may check a password at the same time. A check costs 60 ms and 64 MiB, or up to 5 s when the directory is
 * slow, and every page of the portal waits for this module's other workers. So a few places are shared by all workers; they
 * are record locks, which the kernel takes back when a process dies.
 */
#ifndef NARU_ACCOUNT_GATE_H
#define NARU_ACCOUNT_GATE_H

#include "base.h"

/* Before the workers are forked. */
void gate_start(int places);
/* False (KIND_UNAVAILABLE, with a message to try again) when all places are taken. Held until the context's arena is freed. */
bool gate_enter(struct ctx *) MUST_CHECK;

#endif
