/*
 * tables: what stands where in the databases. `naru-ctl dump` prints them by this list; a table that is missing here is printed as bytes.
 *
 *     TABLE(environment, table byte, record or nothing, kind of key)
 *
 * TEXTS: texts with a NUL between. NUMBER: a text, NUL, a big-endian number. BINARY: see the comment of the module that writes it.
 */
TABLE(accounts, 'A', account, TEXTS)
TABLE(accounts, 'S', session, TEXTS)
TABLE(accounts, 's', , TEXTS)
TABLE(accounts, 'T', token, TEXTS)
TABLE(accounts, 't', , TEXTS)
TABLE(accounts, 'F', throttle, TEXTS)
TABLE(accounts, 'K', throttle, TEXTS)
TABLE(portal, 'n', notice, TEXTS)
TABLE(portal, 'B', submission, TEXTS)
TABLE(portal, 'K', , TEXTS)
TABLE(portal, 'L', , TEXTS)
TABLE(portal, 'W', , TEXTS)
TABLE(audit, 'a', audit_entry, NUMBER)
TABLE(sched, 'C', cluster, TEXTS)
TABLE(sched, 'P', partition, TEXTS)
TABLE(sched, 'J', job, TEXTS)
TABLE(sched, 'U', , BINARY)
TABLE(sched, 'N', , TEXTS)
TABLE(sched, 'S', usage, TEXTS)
TABLE(sched, 'L', usage, TEXTS)
TABLE(sched, 'A', , TEXTS)
