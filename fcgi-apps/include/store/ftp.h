/*
 * ftp: the parts of the FTP driver (ftp*.c). libcurl speaks the protocol; what a server answers to each command is taken from the conversation
 * itself (ftp_talk.c), since libcurl's own codes tell little. Every path is absolute, so that no line needs to know where it stands; only LIST
 * is given none: servers read its argument as options and patterns.
 */
#ifndef NARU_STORE_FTP_H
#define NARU_STORE_FTP_H

#include "store/driver.h"
#include "store/ftp_lines.h"
#include "store/lines.h"

#define FTP_TICK_MS 5      /* libcurl has nothing to wait for now and then, and would wait for a second */
#define FTP_REPLIES 16
#define FTP_OPEN 4

struct ftp {
	struct remote r;       /* its texts are the connector's */
	struct lines lines;
	struct streams streams;
	char base[WIRE_PATH_MOST + 2];  /* absolute; "" for the root */
	bool facts, utf8_on;   /* the server knows MLSD and MLST; it wants to be told about UTF-8 */
	char software[WIRE_WORDS_MOST + 1];
};

struct ftp_reply { char verb[8]; int code; char text[256]; };

struct ftp_talk {
	const char *path;             /* below the base, of the content; NULL: commands, and maybe a listing, alone */
	bool list_here;               /* MLSD or LIST of where the commands have gone */
	struct curl_slist *commands;  /* before it; ftp_say() adds */
	int64_t from, most;           /* of content: the part; most -1: to the end */
	struct stream *stream;        /* may give up */
	curl_read_callback give;      /* STOR */
	int64_t size;                 /* of what it gives; -1: not known */
	curl_write_callback take;
	void *arg;
	int64_t until;                /* clock_ms() when it is given up; 0: as long as something comes */
	bool harmless;                /* may be asked twice */
	void (*line)(void *, const char *verb, const char *text); /* each line of a longer reply */
	/* the answers */
	size_t n;
	struct ftp_reply replies[FTP_REPLIES];
	char open[FTP_OPEN][8];       /* commands that wait for their replies */
	size_t waiting;
	char verb[8], begun[4];       /* of the reply that is coming; its code if it has many lines */
	int cwds;                     /* how often the folder was changed */
	char *entry;                  /* where to write the login's folder, of WIRE_PATH_MOST + 1 bytes; NULL: not wanted */
	CURLcode result;
};

/* Adds a command. Its path is below the base; NULL: none. With `may_fail` those behind it are sent even if this is refused. */
void ftp_say(const struct ftp *, struct ftp_talk *, bool may_fail, const char *verb, const char *path);
/* Connects if need be, sends all that, moves the content. Frees the commands. 0 or what went wrong, without a look at the replies' meaning for a path. */
int ftp_talk(struct ftp *, struct ftp_talk *);
/* The last reply to a command; NULL: it got none. */
const struct ftp_reply *ftp_reply(const struct ftp_talk *, const char *verb);
bool ftp_done(const struct ftp_talk *, const char *verb);
/* What a refusal of the command means; `otherwise` if its text says nothing. The text goes to why(). */
int ftp_refusal(const struct ftp_talk *, const char *verb, int otherwise);
/* Can a command carry this name? 0 or EINVAL. */
int ftp_name_good(const char *path);

int ftp_stat(void *, const char *path, struct row *);
/* The same for a stream's thread. */
int ftp_look(struct ftp *, struct stream *, const char *path, struct row *);
/* A refusal (EACCES) may be that of a folder that is none or not there: ENOTDIR or ENOENT then, else e. */
int ftp_explain(struct ftp *, struct stream *, const char *path, int e);
int ftp_list(void *, const struct row_query *, struct rows *);
/* All entries of a folder, hidden ones too, until `each` has enough. */
int ftp_each(struct ftp *, const char *path, bool (*each)(void *, const struct row *), void *arg);

int ftp_read(void *, const char *path, int64_t offset, int64_t length, struct row *, int64_t *handle, int *fd);
int ftp_result(void *, int64_t handle, int64_t *bytes);
int ftp_create(void *, const char *path, int64_t size, int64_t *handle, int *fd);
int ftp_commit(void *, int64_t handle, const char *path, bool replace, int64_t size, int64_t until);
int ftp_abort(void *, int64_t handle);
bool ftp_pending(void *);
int ftp_writable(void *, const char *folder, bool *);

/* RNFR and RNTO, after a look whether the name is taken; until: as in ftp_talk. */
int ftp_move(struct ftp *, const char *from, const char *to, bool replace, int64_t until);

int ftp_folder(void *, const char *path);
int ftp_rename(void *, const char *from, const char *to);
int ftp_remove(void *, const char *path, bool with_content, int64_t until);

#endif
