#include "tests/show/asked.h"

#include "base/log.h"

void
ctl_connect(struct client *ctl, const char *path)
{
	if (!client_open(ctl, path))
		fatalx("%s", ctl->why);
}

void
counters_get(struct client *ctl, struct counters *ret)
{
	struct json_object *reply = client_call(ctl, "counters", NULL);
	struct json_object *result, *all, *v;
	unsigned i;

	if (reply == NULL)
		fatalx("counters: %s", ctl->why);
	result = json_object_object_get(reply, "result");
	all = json_object_object_get(result, "counters");
	for (i = 0; i < CNT_MAX; i++) {
		const char *name = counter_name((enum counter)i);

		if (!json_object_object_get_ex(all, name, &v))
			fatalx("the daemon has no counter %s", name);
		ret->v[i] = json_object_get_uint64(v);
	}
	json_object_put(reply);
}
