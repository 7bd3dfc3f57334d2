# Turns the parts of the entry server's page into C strings: style, script (each
# with its SHA-256 in the policy, so that no other runs) and the map, whose
# rows of # become dots of a line. Given as
#	awk -v css=HEX -v js=HEX -f page2c.awk page.css page.js land.txt
# where HEX is the hash.
function hex(s,    v, i) {
	v = 0
	for (i = 1; i <= length(s); i++)
		v = v * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
	return v
}

# 32 bytes in base64: three digits are two characters.
function base64(sum,    out, v, i) {
	sum = sum "00"
	for (i = 1; i <= 64; i += 3) {
		v = hex(substr(sum, i, 3))
		out = out substr(alphabet, int(v / 64) + 1, 1) \
		    substr(alphabet, v % 64 + 1, 1)
	}
	return substr(out, 1, 43) "="
}

function checked(sum, what) {
	if (sum !~ /^[0-9a-f]+$/ || length(sum) != 64) {
		print "page2c: no SHA-256 of the " what > "/dev/stderr"
		bad = 1
		exit 1
	}
	return base64(sum)
}

# One row: where each piece of land begins, and how many dots more it has.
function land(row,    at, x, line) {
	for (at = 0; match(row, /#+/); at += RSTART + RLENGTH - 1) {
		x = at + RSTART - 1
		line = line sprintf("M%s.5 %d.5h%s.01", x, FNR - 1, RLENGTH - 1)
		row = substr(row, RSTART + RLENGTH)
	}
	return line
}

function quoted(s) {
	gsub(/\\/, "&&", s) # doubled
	gsub(/"/, "\\\"", s)
	return s
}

function begin(name) {
	print "\nconst char *\n" name "(void)\n{\n\treturn"
}

BEGIN {
	alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" \
	    "0123456789+/"
	name[1] = "page_css"
	name[2] = "page_js"
	name[3] = "page_land"
	policy = "default-src 'none'; img-src data:; style-src 'sha256-" \
	    checked(css, "style") "'; script-src 'sha256-" \
	    checked(js, "script") "'; base-uri 'none'; form-action 'none'"
	print "/* Made from the parts of the page by scripts/page2c.awk. */"
	print "/* clang-format off */"
	print "#include \"entryserver/page.h\"\n" \
	    "#include \"entryserver/page_parts.h\""
	begin("page_policy")
	print "\t\"" policy "; frame-ancestors 'none'\";\n}"
	begin("page_policy_meta")
	print "\t\"" policy "\";\n}"
}

FNR == 1 {
	if (n > 0)
		print "\t\"\";\n}"
	begin(name[++n])
}

n < 3 { print "\t\"" quoted($0) "\\n\"" }
n == 3 && /#/ { print "\t\"" land($0) "\"" }

END {
	if (!bad)
		print "\t\"\";\n}"
}
