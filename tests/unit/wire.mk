# Unit tests of wire.

if HAVE_CMOCKA
WIRE_TESTS = tests/unit/test_msg tests/unit/test_frame tests/unit/test_mesh \
	tests/unit/test_ctlmsg tests/unit/test_eth tests/unit/test_ip \
	tests/unit/test_gso tests/unit/test_gso_join \
	tests/unit/test_claim tests/unit/test_netdesc tests/unit/test_negmsg \
	tests/unit/test_record tests/unit/test_uri tests/unit/test_beacon \
	tests/unit/test_entry
check_PROGRAMS += $(WIRE_TESTS)
TESTS += $(WIRE_TESTS)
test_descgen = tests/unit/descgen.c tests/unit/descgen.h
test_recgen = tests/unit/recgen.c tests/unit/recgen.h
WIRE_LDADD = src/wire/libwire.a src/base/libbase.a $(CMOCKA_LIBS) \
	$(JSON_LIBS) $(SODIUM_LIBS) $(QRENCODE_LIBS)

tests_unit_test_msg_SOURCES = tests/unit/test_msg.c $(test_vectors)
tests_unit_test_msg_LDADD = $(WIRE_LDADD)
tests_unit_test_frame_SOURCES = tests/unit/test_frame.c $(test_vectors)
tests_unit_test_frame_LDADD = $(WIRE_LDADD)
tests_unit_test_mesh_SOURCES = tests/unit/test_mesh.c $(test_descgen)
tests_unit_test_mesh_LDADD = $(WIRE_LDADD)
tests_unit_test_ctlmsg_SOURCES = tests/unit/test_ctlmsg.c
tests_unit_test_ctlmsg_LDADD = $(WIRE_LDADD)
tests_unit_test_eth_SOURCES = tests/unit/test_eth.c
tests_unit_test_eth_LDADD = $(WIRE_LDADD)
tests_unit_test_ip_SOURCES = tests/unit/test_ip.c
tests_unit_test_ip_LDADD = $(WIRE_LDADD)
tests_unit_test_gso_SOURCES = tests/unit/test_gso.c \
	tests/unit/gso_made.c tests/unit/gso_made.h
tests_unit_test_gso_LDADD = $(WIRE_LDADD)
tests_unit_test_gso_join_SOURCES = tests/unit/test_gso_join.c \
	tests/unit/gso_made.c tests/unit/gso_made.h
tests_unit_test_gso_join_LDADD = $(WIRE_LDADD)
tests_unit_test_claim_SOURCES = tests/unit/test_claim.c $(test_descgen)
tests_unit_test_claim_LDADD = $(WIRE_LDADD)
tests_unit_test_netdesc_SOURCES = tests/unit/test_netdesc.c $(test_descgen)
tests_unit_test_netdesc_LDADD = $(WIRE_LDADD)
tests_unit_test_negmsg_SOURCES = tests/unit/test_negmsg.c $(test_descgen)
tests_unit_test_negmsg_LDADD = $(WIRE_LDADD)
tests_unit_test_record_SOURCES = tests/unit/test_record.c $(test_recgen)
tests_unit_test_record_LDADD = $(WIRE_LDADD)
tests_unit_test_uri_SOURCES = tests/unit/test_uri.c $(test_recgen)
tests_unit_test_uri_LDADD = $(WIRE_LDADD)
tests_unit_test_beacon_SOURCES = tests/unit/test_beacon.c $(test_recgen)
tests_unit_test_beacon_LDADD = $(WIRE_LDADD)
tests_unit_test_entry_SOURCES = tests/unit/test_entry.c $(test_recgen)
tests_unit_test_entry_LDADD = $(WIRE_LDADD)
endif
