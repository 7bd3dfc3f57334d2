#include "vplamad/entry.h"

#include "vplamad/vplamad.h"

void
entry_open(struct vplamad *d, struct turn *t)
{
	(void)d;
	(void)t;
}

bool
entry_row(void *arg, const struct store_rec *row, int64_t now)
{
	(void)arg;
	(void)row;
	(void)now;
	return true;
}

void
entry_begin(struct vplamad *d, struct turn *t)
{
	(void)d;
	(void)t;
}

void
entry_close(struct vplamad *d)
{
	(void)d;
}

void
entry_reload(struct vplamad *d, struct turn *t)
{
	(void)d;
	(void)t;
}

struct mono
entry_deadline(const struct vplamad *d)
{
	(void)d;
	return MONO_NEVER;
}

void
entry_tick(struct vplamad *d, struct turn *t)
{
	(void)d;
	(void)t;
}

bool
entry_fetch_all(void *arg, const char **why)
{
	(void)arg;
	*why = "there are no entry lists";
	return false;
}

struct json_object *
entry_sources(void *arg)
{
	(void)arg;
	return json_object_new_array();
}

struct json_object *
entry_audit(void *arg)
{
	(void)arg;
	return json_object_new_array();
}
