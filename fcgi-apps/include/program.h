/* program: other programs of Naru, which stand beside the running one. */
#ifndef NARU_PROGRAM_H
#define NARU_PROGRAM_H

/* A descriptor (O_PATH, close-on-exec) of the program of that name in the folder of the running program, for execveat(); -1: there is none.
 * With a descriptor, what is started is what was there when it was opened. */
int program_beside(const char *name);

#endif
