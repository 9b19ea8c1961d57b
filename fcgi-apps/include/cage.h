/* cage: what a helper program that reads hostile bytes may still do once it has locked itself in. */
#ifndef NARU_CAGE_H
#define NARU_CAGE_H

#include "base.h"

/* From here on the process can read and seek descriptor 0, write descriptor 1, take memory (`memory` bytes in all), compute (`seconds` of CPU)
 * and end; other descriptors are closed, any other call ends it. Opening a file is refused, not deadly: libraries look for their tables. Ends the process if
 * it cannot be locked in. Call it before the first byte is read, from a program without threads. */
void cage_enter(unsigned seconds, size_t memory);
/* Ends the process at once: a sanitizer's _exit() would look for leaks first, which the cage does not let it. */
void cage_leave(int status) __attribute__((noreturn));

#endif
