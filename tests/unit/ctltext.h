/* What the daemon may answer to `show`: for the tests of vplamctl. */
#ifndef VPLAM_TESTS_UNIT_CTLTEXT_H
#define VPLAM_TESTS_UNIT_CTLTEXT_H

#define NODE                                                             \
	"\"version\":1,\"daemon\":{\"version\":\"0.1.0\",\"listen\":"    \
	"[\"0.0.0.0:7469\",\"[::]:7470\"]},\"node\":{\"public_key\":"    \
	"\"KKKK\",\"network\":\"lanuova\",\"suites\":[\"aes-256-gcm\"]," \
	"\"mtu\":1400,\"mesh_connected\":true}"

#define PEER_B                                                                 \
	"{\"id\":1,\"name\":\"b\",\"public_key\":\"BBBB\",\"pair_key\":true,"  \
	"\"origin\":\"configured\",\"class\":\"anchor\",\"observed_seconds\":" \
	"9,"                                                                   \
	"\"state\":\"vrnode\",\"since_seconds\":3723,\"dialled\":true,"        \
	"\"endpoint\":\"192.0.2.1:7469\",\"reflexive\":\"198.51.100.7:4242\"," \
	"\"behind_nat\":true,\"suite\":\"aes-256-gcm\",\"mtu\":1400,"          \
	"\"latest_handshake\":1700000000,\"handshake_age_seconds\":63,"        \
	"\"rtt_us\":12345,\"probes\":2,\"rx_bytes\":1258291,\"tx_bytes\":12,"  \
	"\"rx_packets\":9,\"tx_packets\":8,\"fan_received\":7,"                \
	"\"fan_sent\":6,\"deaths\":1,\"rekeys\":2}"

#define PEER_C                                                                \
	"{\"id\":2,\"name\":\"c\\u001b[2J\",\"public_key\":\"CCCC\","         \
	"\"origin\":\"learned\",\"class\":\"stranger\",\"observed_seconds\":" \
	"3600,"                                                               \
	"\"pair_key\":false,\"state\":\"candidate\",\"since_seconds\":0,"     \
	"\"dialled\":false,\"endpoint\":null,\"reflexive\":null,"             \
	"\"behind_nat\":false,\"suite\":null,\"mtu\":0,\"latest_handshake\":" \
	"0,"                                                                  \
	"\"handshake_age_seconds\":null,\"rtt_us\":0,\"probes\":0,"           \
	"\"rx_bytes\":0,\"tx_bytes\":0,\"rx_packets\":0,\"tx_packets\":0,"    \
	"\"fan_received\":0,\"fan_sent\":0,\"deaths\":0,\"rekeys\":0}"

#define DEVICES                                                               \
	"\"devices\":[{\"name\":\"vpl0\",\"kind\":\"tap\",\"mode\":"          \
	"\"switch\","                                                         \
	"\"carrier\":true,\"mtu\":1400,\"rx_packets\":12,\"tx_packets\":34,"  \
	"\"learned\":5},{\"name\":\"d\",\"kind\":\"dummy\",\"mode\":\"hub\"," \
	"\"carrier\":false,\"mtu\":576,\"rx_packets\":0,\"tx_packets\":0,"    \
	"\"learned\":0}]"

#define SHOW "{" NODE "," DEVICES ",\"peers\":[" PEER_B "," PEER_C "]}"

#endif
