#include "vplamctl/out.h"

struct json_object *
get_obj(struct json_object *o, const char *name)
{
	struct json_object *v = NULL;

	if (json_object_is_type(o, json_type_object))
		json_object_object_get_ex(o, name, &v);
	return v;
}

const char *
get_str(struct json_object *o, const char *name)
{
	struct json_object *v = get_obj(o, name);

	return v == NULL ? "" : json_object_get_string(v);
}

uint64_t
get_u64(struct json_object *o, const char *name)
{
	return json_object_get_uint64(get_obj(o, name));
}

bool
get_bool(struct json_object *o, const char *name)
{
	return json_object_get_boolean(get_obj(o, name));
}

size_t
get_len(struct json_object *list)
{
	return json_object_is_type(list, json_type_array)
	    ? json_object_array_length(list)
	    : 0;
}
