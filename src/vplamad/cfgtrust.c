/* Who may have a tunnel, where options say it together. */
#include "vplamad/config.h"
#include "vplamad/option.h"

static bool
is_set(const struct config *cfg, enum option_id id)
{
	return cfg->given[id].n > 0 || cfg->given[id].bad;
}

void
trust_check(const struct config *cfg, struct config_errors *errs)
{
	int line = cfg->given[OPT_trust].line;

	if (cfg->trust == TRUST_SECRET && !is_set(cfg, OPT_network_key_file))
		config_error(errs,
		    "%s:%d: trust: secret needs a secret; expected "
		    "network-key-file as well",
		    cfg->path, line);
	if (cfg->trust == TRUST_HOOK && !is_set(cfg, OPT_trust_hook))
		config_error(errs,
		    "%s:%d: trust: hook needs a program; expected trust-hook "
		    "as well",
		    cfg->path, line);
}
