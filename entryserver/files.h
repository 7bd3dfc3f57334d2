/* The files of an edition, as publisher and web server name them. */
#ifndef VPLAM_ENTRYSERVER_FILES_H
#define VPLAM_ENTRYSERVER_FILES_H

enum file_id {
	FILE_JSON,
	FILE_SIG,
	FILE_LINES,
	FILE_PAGE,
	FILE_ZONE,
	FILE_HEALTH,
	FILE_METRICS,
	FILES
};

struct file_kind {
	const char *name;
	const char *type; /* for Content-Type */
};

const struct file_kind *file_kind(enum file_id id);

#define FILES_BYTES (4 * 1024 * 1024) /* of one, at most */
#define FILES_CURRENT "current"	      /* leads to the folder of the newest */

#endif
