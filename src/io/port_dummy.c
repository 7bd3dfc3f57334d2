#include "io/port_dummy.h"

#include "base/xmem.h"

static int
dummy_open(struct port **ret, const struct port_conf *conf, unsigned no,
    const struct port_env *env)
{
	struct port *p = xcalloc(1, sizeof(*p));

	(void)conf;
	*p = (struct port){ &port_dummy, env, no };
	*ret = p;
	return 0;
}

static void
dummy_send(struct port *p, struct run *run)
{
	count_n(p->env->cnt, CNT_port_drop, run->n);
}

static void
dummy_close(struct port *p)
{
	free(p);
}

const struct port_ops port_dummy = {
	.name = "dummy",
	.open = dummy_open,
	.send = dummy_send,
	.carrier = NULL,
	.forget = NULL,
	.close = dummy_close,
};
