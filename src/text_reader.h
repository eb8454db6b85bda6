/*
 * Reads the text of a type that looks like {entry,entry}, with soft errors that say what was expected where.
 */
#ifndef CLM_TEXT_READER_H
#define CLM_TEXT_READER_H

#include "clm.h"

typedef struct text_reader {
    const char *start; /* of the whole text, for messages */
    const char *at;
    const char *type; /* name in schema clm */
    const char *hint; /* what a value looks like */
    Node *escontext;
} text_reader;

/* Reports that something else was expected here; false. */
extern bool malformed(text_reader *reader, const char *expected);

extern void skip_space(text_reader *reader);

/* Moves behind the character where it is next, spaces aside. */
extern bool skip(text_reader *reader, char character);

/* Whether nothing but spaces is left; an error otherwise. */
extern bool at_end(text_reader *reader);

#endif
