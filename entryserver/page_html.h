/* Text into HTML. Nothing that somebody wrote goes into a page but by these. */
#ifndef VPLAM_ENTRYSERVER_PAGE_HTML_H
#define VPLAM_ENTRYSERVER_PAGE_HTML_H

#include <stdint.h>
#include <stdio.h>

/*
 * For content and for values of attributes in double quotes. What is no
 * character, controls the terminal or turns the direction of the text around it
 * becomes U+FFFD.
 */
void html_text(FILE *out, const char *s);

/* In single quotes for a shell, in double quotes for vplamad.conf. */
void html_shell(FILE *out, const char *s);
void html_conf(FILE *out, const char *s);

/* Percent-encoded; "/" as well. */
void html_percent(FILE *out, const char *s);

/* <time>, or "unknown" for what is no time since 1970 and before 10000. */
void html_time(FILE *out, int64_t t);

/* "74 days" */
void html_age(FILE *out, uint32_t seconds);

#endif
