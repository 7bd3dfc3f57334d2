/* What a process gives up before it works for others. */
#ifndef VPLAM_ENTRYSERVER_JAIL_H
#define VPLAM_ENTRYSERVER_JAIL_H

#include <stdbool.h>

struct jail {
	const char *user;
	const char *root; /* folder to be locked into; NULL: none */
	unsigned files;	  /* descriptors that it needs */
	bool groups;	  /* keeps those that the user is in */
};

/*
 * As root: becomes that user, locked into root. Anybody else stays who they
 * are. Either way: no new privileges, no core, no process, bounds. Ends the
 * program when anything fails.
 */
void jail_enter(const struct jail *j);

/* Are they two users, by number? Ends the program when one does not exist. */
bool jail_apart(const char *user, const char *other);

/*
 * Makes the folder if it is missing; as root it becomes the user's. Ends the
 * program when a link stands there.
 */
void jail_folder(const char *path, const char *user);

#endif
