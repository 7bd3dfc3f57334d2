# Turns the numbered files of sql/, given in order, into a table of C strings.
# The n-th file must begin with the number n.
function number(path) {
	sub(/.*\//, "", path)
	return path + 0
}

function end_file() {
	if (n > 0)
		print "\t\"\","
}

BEGIN {
	print "/* Made from sql/ by scripts/sql2c.awk. */"
	print "/* clang-format off */"
	print "#include \"store/schema.h\"\n"
	print "const char *const schema_migrations[] = {"
}

FNR == 1 {
	end_file()
	if (number(FILENAME) != ++n) {
		print FILENAME ": is number " n > "/dev/stderr"
		bad = 1
		exit 1
	}
}

{
	gsub(/\\/, "\\\\")
	gsub(/"/, "\\\"")
	print "\t\"" $0 "\\n\""
}

END {
	if (bad)
		exit 1
	end_file()
	print "};"
	print "const unsigned schema_migrations_n = " n + 0 ";"
}
