/* An empty folder for the files of a test. */
#ifndef VPLAM_TESTS_FOLDER_H
#define VPLAM_TESTS_FOLDER_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * Makes one and says where. In memory, where there is a place for that: what
 * is synced to a disk takes most of the time of a test that writes much, and
 * no test can see what a disk would have forgotten.
 */
static inline bool
folder_make(char ret[static 32])
{
	const char *where = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

	snprintf(ret, 32, "%s/vplama-test-XXXXXX", where);
	return mkdtemp(ret) != NULL;
}

#endif
