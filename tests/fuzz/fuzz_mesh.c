/* Records of the mesh socket: what parses is written, and parses the same. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "wire/mesh.h"

static size_t
write_again(uint8_t *out, size_t max, const struct mesh_rec *rec)
{
	struct wr w = wr_of(out, max);

	MUST(mesh_write(&w, rec));
	return w.len;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct mesh_rec rec;
	const char *field = NULL;
	enum mesh_parse rc = mesh_parse(p, len, &rec, &field);
	uint8_t *once, *twice;
	size_t n;

	MUST(rc != MESH_BAD || (field != NULL && rec.type == 0));
	MUST(mesh_type_name(rec.type) != NULL);
	if (rc != MESH_OK)
		return 0;
	once = malloc(len);
	twice = malloc(len);
	MUST(once != NULL && twice != NULL);
	n = write_again(once, len, &rec); /* what was skipped is gone */
	MUST(n <= len);
	if (rec.type == MESH_PKT)
		MUST(n == len && memcmp(once, p, len) == 0);
	MUST(mesh_parse(once, n, &rec, &field) == MESH_OK);
	MUST(write_again(twice, len, &rec) == n);
	MUST(memcmp(once, twice, n) == 0);
	free(once);
	free(twice);
	return 0;
}
