# Documents say what the sources list.
dist_check_SCRIPTS += tests/lint/docs.sh
TESTS += tests/lint/docs.sh
