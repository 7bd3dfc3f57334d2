/* How vplamctl prints what the daemon said. */
#include "vplamctl/out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/ctltext.h"
#include "vplamctl/human.h"

static void
assert_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("no \"%s\" in: %s", part, text);
}

/* What printing this JSON gives; the caller frees it. */
static char *
printed(const struct out_ops *ops, size_t member, const char *json, bool flag)
{
	struct json_object *o = json_tokener_parse(json);
	void (*print)(struct out *, struct json_object *);
	char *text = NULL;
	size_t len;
	struct out out = { .ops = ops, .colour = flag, .with_name = flag };

	assert_non_null(o);
	out.f = out.err = open_memstream(&text, &len);
	memcpy(&print, (const char *)ops + member, sizeof(print));
	print(&out, o);
	fclose(out.f);
	json_object_put(o);
	return text;
}

#define PRINTED(ops, member, json, flag) \
	printed(&ops, offsetof(struct out_ops, member), json, flag)

static void
assert_printed(char *text, const char *want)
{
	assert_string_equal(text, want);
	free(text);
}

static void
sizes_are_readable(void **state)
{
	static const struct {
		uint64_t n;
		const char *text;
	} cases[] = { { 0, "0 B" }, { 1023, "1023 B" }, { 1024, "1.00 KiB" },
		{ 1258291, "1.20 MiB" }, { 1048575, "1.00 MiB" },
		{ 1048576, "1.00 MiB" }, { 5ull << 40, "5.00 TiB" },
		{ UINT64_MAX, "16.00 EiB" } };
	char buf[HUMAN_TEXT];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(
		    human_bytes(cases[i].n, buf), cases[i].text);
}

static void
spans_are_readable(void **state)
{
	static const struct {
		uint64_t n;
		const char *text, *ago;
	} cases[] = { { 0, "0 seconds", "now" },
		{ 1, "1 second", "1 second ago" },
		{ 63, "1 minute, 3 seconds", "1 minute, 3 seconds ago" },
		{ 3600, "1 hour", "1 hour ago" },
		{ 86400 * 366 + 7200, "1 year, 1 day, 2 hours",
		    "1 year, 1 day, 2 hours ago" },
		{ UINT64_MAX,
		    "584942417355 years, 26 days, 7 hours, 15 seconds",
		    "584942417355 years, 26 days, 7 hours, 15 seconds ago" } };
	char buf[HUMAN_TEXT];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(human_span(cases[i].n, buf), cases[i].text);
		assert_string_equal(human_ago(cases[i].n, buf), cases[i].ago);
	}
	assert_string_equal(human_rtt(12345, buf), "12.3 ms");
	assert_string_equal(human_rtt(80, buf), "0.0 ms");
}

static void
show_reads_like_wg(void **state)
{
	(void)state;
	assert_printed(PRINTED(out_text, show, SHOW, false),
	    "network: lanuova\n"
	    "  public key: KKKK\n"
	    "  private key: (hidden)\n"
	    "  listening on: 0.0.0.0:7469, [::]:7470\n"
	    "  mesh daemon: connected\n"
	    "\n"
	    "device: vpl0\n"
	    "  kind: tap, mode switch, mtu 1400\n"
	    "  carrier: up\n"
	    "  packets: 12 from the device, 34 to it\n"
	    "  addresses: 5 learned behind peers\n"
	    "\n"
	    "device: d\n"
	    "  kind: dummy, mode hub, mtu 576\n"
	    "  carrier: down, it reaches no live peer\n"
	    "  packets: 0 from the device, 0 to it\n"
	    "  addresses: 0 learned behind peers\n"
	    "\n"
	    "peer: b\n"
	    "  public key: BBBB\n"
	    "  pair key: (hidden)\n"
	    "  state: vrnode for 1 hour, 2 minutes, 3 seconds, dialled by us, "
	    "2 probes without an answer\n"
	    "  endpoint: 192.0.2.1:7469\n"
	    "  seen by it as: 198.51.100.7:4242\n"
	    "  persistent keepalive: every 25 seconds\n"
	    "  latest handshake: 1 minute, 3 seconds ago\n"
	    "  transfer: 1.20 MiB received, 12 B sent\n"
	    "  mesh packets: 7 received, 6 sent\n"
	    "  round trip: 12.3 ms\n"
	    "  cipher: aes-256-gcm\n"
	    "\n"
	    "peer: c?[2J\n"
	    "  public key: CCCC\n"
	    "  state: candidate for 0 seconds\n"
	    "  origin: learned, stranger, observed for 1 hour\n");
}

static void
colours_only_add_escapes(void **state)
{
	char *plain = PRINTED(out_text, show, SHOW, false);
	char *coloured = PRINTED(out_text, show, SHOW, true);
	char *from = coloured, *to = coloured;

	(void)state;
	assert_has(coloured, "\033[32mvrnode\033[0m");
	while (*from != '\0') {
		if (*from == '\033')
			from = strchr(from, 'm') + 1;
		else
			*to++ = *from++;
	}
	*to = '\0';
	assert_string_equal(coloured, plain);
	free(plain);
	free(coloured);
}

static void
dump_has_the_columns_of_wg(void **state)
{
	(void)state;
	assert_printed(PRINTED(out_text, dump, SHOW, false),
	    "(hidden)\tKKKK\t7469\toff\n"
	    "BBBB\t(hidden)\t192.0.2.1:7469\t(none)\t1700000000\t1258291\t12"
	    "\t25\n"
	    "CCCC\t(none)\t(none)\t(none)\t0\t0\t0\toff\n");
	assert_printed(PRINTED(out_text, dump, SHOW, true),
	    "vplama\t(hidden)\tKKKK\t7469\toff\n"
	    "vplama\tBBBB\t(hidden)\t192.0.2.1:7469\t(none)\t1700000000"
	    "\t1258291\t12\t25\n"
	    "vplama\tCCCC\t(none)\t(none)\t(none)\t0\t0\t0\toff\n");
}

static void
counters_leave_out_what_never_happened(void **state)
{
	(void)state;
	assert_printed(
	    PRINTED(out_text, counters,
		"{\"counters\":{\"udp_rx\":5,\"udp_tx\":0,\"dh\":18446744073709"
		"551615},\"texts\":{\"udp_rx\":\"datagrams received\"}}",
		false),
	    "           5  udp_rx             datagrams received\n"
	    "18446744073709551615  dh                 \n");
}

static void
macs_and_routes_are_tables(void **state)
{
	(void)state;
	assert_printed(
	    PRINTED(out_text, macs,
		"{\"macs\":[{\"address\":\"02:00:00:00:01:03\",\"vlan\":0,"
		"\"device\":\"vpl0\",\"peer\":null,\"age_seconds\":0},"
		"{\"address\":\"2001:db8::1:2:3:4\",\"vlan\":4094,"
		"\"device\":\"a-long-name\",\"peer\":\"c\\u001b[2J\","
		"\"age_seconds\":63}]}",
		false),
	    "address            vlan  device    where             seen\n"
	    "02:00:00:00:01:03     0  vpl0      local             now\n"
	    "2001:db8::1:2:3:4  4094  a-long-name  c?[2J             "
	    "1 minute, 3 seconds ago\n");
	assert_printed(
	    PRINTED(out_text, routes,
		"{\"routes\":[{\"prefix\":\"10.1.0.0/16\",\"peer\":null},"
		"{\"prefix\":\"fd00:1::/48\",\"peer\":\"b\","
		"\"agreed\":true,\"refused\":\"taken\"}]}",
		false),
	    "prefix                peer              by\n"
	    "10.1.0.0/16           local             configuration\n"
	    "fd00:1::/48           b                 agreement, the kernel has "
	    "none: "
	    "taken\n");
	assert_printed(PRINTED(out_text, macs, "{\"macs\":[]}", false), "");
	assert_printed(PRINTED(out_text, routes, "{\"routes\":[]}", false), "");
}

static void
explain_says_rule_place_and_facts(void **state)
{
	(void)state;
	assert_printed(
	    PRINTED(out_text, explain,
		"{\"name\":\"b\",\"rule\":{\"id\":\"no-answer\",\"text\":"
		"\"Nothing came.\"},\"facts\":[{\"what\":\"state\",\"value\":"
		"\"candidate\"},{\"what\":\"mesh_connected\",\"value\":false},"
		"{\"what\":\"endpoint_configured\",\"value\":{\"text\":"
		"\"b.example:1\",\"addresses\":[],\"error\":\"no such name\"}},"
		"{\"what\":\"endpoint_configured\",\"value\":{\"text\":"
		"\"c.example:1\",\"addresses\":[\"192.0.2.9:1\"],\"error\":"
		"null}},{\"what\":\"initiations_sent\",\"value\":9}],"
		"\"config\":{\"file\":\"/etc/x.conf\",\"line\":12,\"option\":"
		"\"endpoint\",\"change\":\"Check it.\"}}",
		false),
	    "peer: b\n"
	    "  no-answer: Nothing came.\n"
	    "  to do: Check it.\n"
	    "  where: /etc/x.conf:12, option endpoint\n"
	    "\n"
	    "facts: measured just now\n"
	    "  state: candidate\n"
	    "  mesh connected: no\n"
	    "  endpoint configured: b.example:1: no such name\n"
	    "  endpoint configured: c.example:1 is 192.0.2.9:1\n"
	    "  initiations sent: 9\n");
	assert_printed(
	    PRINTED(out_text, explain,
		"{\"name\":\"b\",\"rule\":{\"id\":\"x\",\"text\":\"No.\"},"
		"\"facts\":[],\"config\":{\"file\":\"/etc/"
		"x.conf\",\"line\":null,"
		"\"option\":\"mesh-socket\",\"change\":\"Check it.\"}}",
		false),
	    "peer: b\n"
	    "  x: No.\n"
	    "  to do: Check it.\n"
	    "  where: /etc/x.conf, option mesh-socket\n"
	    "\n"
	    "facts: measured just now\n");
}

static void
entries_are_a_table(void **state)
{
	(void)state;
	assert_printed(
	    PRINTED(out_text, entry_list,
		"{\"entries\":[{\"public_key\":"
		"\"sofPXkY+nMdiHnx+CEARLUcXbLXK8fscBjVhoqvhf2M=\","
		"\"told_by\":\"peer\",\"endpoints\":[\"192.0.2.1:7469\"],"
		"\"live\":true,\"reached\":true,\"proven\":\"192.0.2.2:7469\","
		"\"anchor\":true,\"observed_seconds\":259260,\"rtt_us\":12345,"
		"\"uptime_30d\":99,\"record\":{\"name\":\"n\\u001btower\"}},"
		"{\"public_key\":"
		"\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\","
		"\"told_by\":\"list\",\"endpoints\":[\"[2001:db8::1]:1\"],"
		"\"live\":false,\"reached\":false,\"proven\":null,"
		"\"uptime_30d\":null,\"record\":null}]}",
		false),
	    "vnode             state           address                       "
	    "told by  30 d    rtt        watched for\n"
	    "n?tower           tunnel, anchor  192.0.2.2:7469                "
	    "peer     99%     12.3 ms    3 days, 1 minute\n"
	    "AAECAwQFBgcI      heard of        [2001:db8::1]:1               "
	    "list     -       -          0 seconds\n");
	assert_printed(PRINTED(out_text, entry_list, "{\"entries\":[]}", false),
	    "no other vnode is known\n");
}

#define SIGNER "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"

static void
lists_are_read_as_paragraphs(void **state)
{
	(void)state;
	assert_printed(
	    PRINTED(out_text, entry_sources,
		"{\"sources\":[{\"source\":\"http://a/e\",\"state\":\"good\","
		"\"why\":null,\"signer\":\"" SIGNER "\","
		"\"key_configured\":true,\"serial\":7,\"publisher\":\"us\","
		"\"generated\":1795300976,\"valid_until\":1795387376,"
		"\"vnodes\":12,\"counted\":11,\"bad_records\":1,"
		"\"good_at\":1795301000,\"fails\":0,\"next_in\":3602},"
		"{\"source\":\"dns:b\",\"state\":\"failed\",\"why\":\"no such "
		"name\",\"signer\":null,\"good_at\":0,\"fails\":3,"
		"\"next_in\":null}]}",
		false),
	    "list: http://a/e\n"
	    "  state: good\n"
	    "  signer: " SIGNER "\n"
	    "  last list: 2026-11-21 22:42 UTC, by us, serial 7\n"
	    "  valid until: 2026-11-22 22:42 UTC\n"
	    "  vnodes: 12, of which 11 count; 1 left out, not signed by "
	    "themselves\n"
	    "  next look: in 1 hour, 2 seconds\n"
	    "\n"
	    "list: dns:b\n"
	    "  state: failed: no such name, 3 times in a row\n"
	    "  signer: nobody yet\n"
	    "  last list: none\n");
}

static void
audits_set_words_beside_facts(void **state)
{
	(void)state;
	assert_printed(
	    PRINTED(out_text, entry_audit,
		"{\"lists\":[{\"source\":\"http://a/e\",\"vnodes_listed\":12,"
		"\"reached\":3,\"silent\":1,\"untried\":8,\"vnodes\":[{"
		"\"public_key\":\"sofPXkY+nMdiHnx+CEARLUcXbLXK8fscBjVhoqvhf2M="
		"\",\"name\":\"north tower\",\"says\":{\"up\":true,"
		"\"uptime_30d\":99,\"observed_seconds\":352080,"
		"\"rtt_us\":12345},\"measured\":{\"reached\":false,"
		"\"fails\":3,\"uptime_30d\":null,\"observed_seconds\":0,"
		"\"rtt_us\":0}},{\"public_key\":\"AAECAwQFBgcICQo\","
		"\"name\":null,\"says\":null,\"measured\":{\"reached\":true,"
		"\"uptime_30d\":7,\"observed_seconds\":86400,"
		"\"rtt_us\":1000}}],\"more\":true}]}",
		false),
	    "list: http://a/e\n"
	    "  vnodes: 12 listed: 3 have answered us, 1 are silent, 8 were not "
	    "tried\n"
	    "  vnode             listed  30 d    watched   rtt        here     "
	    " "
	    "30 d    watched   rtt\n"
	    "  north tower       up      99%     4.1 d     12.3 ms    silent   "
	    " "
	    "-       -         -          \n"
	    "  AAECAwQFBgcI      -       -       -         -          answers  "
	    " "
	    "7%      1.0 d     1.0 ms     \n"
	    "  and more\n");
	assert_printed(PRINTED(out_text, entry_audit, "{\"lists\":[]}", false),
	    "no list of vnodes is configured; option entry\n");
}

static void
empty_results_print_without_harm(void **state)
{
	static const size_t members[] = { offsetof(struct out_ops, show),
		offsetof(struct out_ops, dump),
		offsetof(struct out_ops, counters),
		offsetof(struct out_ops, macs),
		offsetof(struct out_ops, routes),
		offsetof(struct out_ops, explain),
		offsetof(struct out_ops, entry_list),
		offsetof(struct out_ops, entry_sources),
		offsetof(struct out_ops, entry_audit),
		offsetof(struct out_ops, lines),
		offsetof(struct out_ops, event),
		offsetof(struct out_ops, fail) };
	static const char *const docs[] = { "{}", "[]", "7",
		("{\"peers\":{},\"node\":[],\"counters\":[],\"facts\":[1],"
		 "\"macs\":[1],\"routes\":{},\"devices\":[7],"
		 "\"details\":[{}]}"),
		"{\"entries\":[1,{\"endpoints\":{}}],\"sources\":[1,{}],"
		"\"lists\":{},\"text\":[{}],\"peers\":[1,null],\"daemon\":{"
		"\"listen\":[null]}}" };
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		for (j = 0; j < sizeof(docs) / sizeof(docs[0]); j++) {
			free(printed(&out_text, members[i], docs[j], false));
			free(printed(&out_json, members[i], docs[j], false));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_readable),
		cmocka_unit_test(spans_are_readable),
		cmocka_unit_test(show_reads_like_wg),
		cmocka_unit_test(colours_only_add_escapes),
		cmocka_unit_test(dump_has_the_columns_of_wg),
		cmocka_unit_test(counters_leave_out_what_never_happened),
		cmocka_unit_test(macs_and_routes_are_tables),
		cmocka_unit_test(explain_says_rule_place_and_facts),
		cmocka_unit_test(entries_are_a_table),
		cmocka_unit_test(lists_are_read_as_paragraphs),
		cmocka_unit_test(audits_set_words_beside_facts),
		cmocka_unit_test(empty_results_print_without_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
