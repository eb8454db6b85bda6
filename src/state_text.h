/*
 * The text of aggregates' states: tokens separated by single spaces, doubles exact; and the error of binary input.
 */
#ifndef CLM_STATE_TEXT_H
#define CLM_STATE_TEXT_H

#include "clm.h"

#include "lib/stringinfo.h"

/* Reads token by token; after the first error everything reads as 0, and `error` says why. The text is
 * changed on the way. */
typedef struct state_reader {
    char *at;
    const char *error;
} state_reader;

extern const char *read_token(state_reader *reader);
extern int64 read_integer(state_reader *reader);

/* A whole number that is not negative: how many of something follow. */
extern int64 read_count(state_reader *reader);

/* A double as written; -0 reads as 0, so that equal numbers have equal bits. */
extern double read_double(state_reader *reader);

/* Notes an error where the text has not ended. */
extern void read_end(state_reader *reader);

/* Appends a space and the number, in the shortest form that reads back as the same. */
extern void append_double(StringInfo text, double value);
extern void append_integer(StringInfo text, int64 value);

/* What recv throws for type clm.<type>; does nothing where `why` is NULL. */
extern void reject_binary(const char *type, const char *why);

#endif
