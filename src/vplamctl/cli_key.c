#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "crypto/keys.h"
#include "vplamctl/cli.h"

#define PASSPHRASE_MAX 1024

static void
print_key(struct cli *cli, const uint8_t key[KEY_LEN])
{
	char text[KEY_TEXT];

	key_format(key, text);
	fprintf(cli->out.f, "%s\n", text);
	wipe(text, sizeof(text));
}

/* A secret on its way into a file that others may read deserves a word. */
static void
warn_if_readable(struct cli *cli)
{
	struct stat st;

	if (fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		fprintf(cli->out.err,
		    "vplamctl: warning: others may read the file this key goes "
		    "to; use `umask 077` first\n");
}

/*
 * Standard input up to its end (of a terminal: to the end of a line) without
 * the newline; one line only. Unbuffered, so that no copy of a secret stays
 * behind. The length, below max, or -1.
 */
static ssize_t
read_secret(char *buf, size_t max)
{
	bool tty = isatty(STDIN_FILENO) == 1;
	ssize_t n = 1;
	size_t len = 0;

	while (n != 0 && len < max && !(tty && memchr(buf, '\n', len))) {
		n = read(STDIN_FILENO, buf + len, max - len);
		if (n < 0 && errno != EINTR)
			return -1;
		len += n < 0 ? 0 : (size_t)n;
	}
	if (len == max)
		return -1;
	if (len > 0 && buf[len - 1] == '\n')
		len--;
	return memchr(buf, '\n', len) == NULL ? (ssize_t)len : -1;
}

int
cli_genkey(struct cli *cli, int argc, char **argv)
{
	uint8_t seed[KEY_LEN];
	struct identity id;

	(void)argc, (void)argv;
	warn_if_readable(cli);
	do { /* the one seed in 2^250 that has no X25519 key */
		random_bytes(seed, sizeof(seed));
	} while (!identity_from_seed(seed, &id));
	print_key(cli, seed);
	wipe(seed, sizeof(seed));
	wipe(&id, sizeof(id));
	return EXIT_OK;
}

int
cli_pubkey(struct cli *cli, int argc, char **argv)
{
	char text[KEY_TEXT + 1]; /* a key, a newline, one too many */
	uint8_t seed[KEY_LEN];
	struct identity id;
	ssize_t len = read_secret(text, sizeof(text));
	bool ok = false;

	(void)argc, (void)argv;
	if (len >= 0) {
		text[len] = '\0';
		ok = key_parse(text, seed) && identity_from_seed(seed, &id);
	}
	if (ok)
		print_key(cli, id.ed_pk);
	wipe(text, sizeof(text));
	wipe(seed, sizeof(seed));
	wipe(&id, sizeof(id));
	if (!ok)
		return cli_fail(cli, "bad-key",
		    "standard input must hold one private key: 44 characters "
		    "of base64");
	return EXIT_OK;
}

/* As read_secret(); from a terminal with a prompt and without echo. */
static ssize_t
ask_secret(struct cli *cli, char *buf, size_t max)
{
	struct termios old, quiet;
	ssize_t len;

	if (tcgetattr(STDIN_FILENO, &old) < 0)
		return read_secret(buf, max);
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	fputs("Passphrase: ", cli->out.err);
	fflush(cli->out.err);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	len = read_secret(buf, max);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
	fputc('\n', cli->out.err);
	return len;
}

int
cli_netkey(struct cli *cli, int argc, char **argv)
{
	size_t name_len = strlen(argv[0]);
	char pass[PASSPHRASE_MAX + 2];
	uint8_t key[KEY_LEN];
	ssize_t len;
	bool ok;

	(void)argc;
	if (name_len == 0 || name_len > NETWORK_NAME_MAX)
		return cli_fail(
		    cli, "bad-name", "the name of a network has 1 to 64 bytes");
	warn_if_readable(cli);
	len = ask_secret(cli, pass, sizeof(pass));
	if (len <= 0) {
		wipe(pass, sizeof(pass));
		return cli_fail(cli, "bad-passphrase",
		    "standard input must hold a passphrase: one line of 1 to "
		    "1024 bytes");
	}
	ok = netkey_from_passphrase(key, argv[0], name_len, pass, (size_t)len);
	wipe(pass, sizeof(pass));
	if (ok)
		print_key(cli, key);
	wipe(key, sizeof(key));
	if (!ok)
		return cli_fail(cli, "no-memory",
		    "making a key from a passphrase needs 256 MiB of memory");
	return EXIT_OK;
}
