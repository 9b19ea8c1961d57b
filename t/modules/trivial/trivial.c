/*
 * trivial SOCKET WORKERS FILE: the least that a FastCGI program can do, to measure ours against: WORKERS
 * processes that answer every request with the bytes of FILE. Ends with its parent.
 */
#include <fcgiapp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char page[1 << 20];
static size_t page_size;

static void serve(int sock)
{
	FCGX_Request request;

	if (FCGX_InitRequest(&request, sock, 0) != 0)
		exit(1);
	while (FCGX_Accept_r(&request) == 0) {
		FCGX_PutS("Status: 200\r\nContent-Type: text/html; charset=utf-8\r\n\r\n", request.out);
		FCGX_PutStr(page, (int)page_size, request.out);
		FCGX_Finish_r(&request);
	}
	exit(0);
}

static void read_page(const char *name)
{
	FILE *f = fopen(name, "r");

	if (!f) {
		perror(name);
		exit(1);
	}
	page_size = fread(page, 1, sizeof(page), f);
	fclose(f);
}

int main(int argc, char **argv)
{
	int sock, workers;

	if (argc != 4 || FCGX_Init() != 0)
		return 2;
	workers = (int)strtol(argv[2], NULL, 10);
	read_page(argv[3]);
	unlink(argv[1]);
	sock = FCGX_OpenSocket(argv[1], 511);
	if (sock < 0 || chmod(argv[1], 0666) != 0)
		return 1;
	for (int i = 0; i < workers; i++) {
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGTERM);
			serve(sock);
		}
	}
	while (wait(NULL) > 0)
		continue;
	return 0;
}
