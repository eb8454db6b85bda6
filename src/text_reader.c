/*
 * What reading the text of different types has in common.
 */
#include "text_reader.h"

#include "mb/pg_wchar.h"

bool
malformed(text_reader *reader, const char *expected)
{
    /* Whole characters, so that the message is valid text. */
    int shown = pg_mbcliplen(reader->at, (int)strnlen(reader->at, 20), 20);

    ereturn(reader->escontext, false,
            (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
             errmsg("invalid input syntax for type clm.%s: \"%s\"", reader->type, reader->start),
             errdetail("Expected %s at \"%.*s\".", expected, shown, reader->at),
             errhint("%s", reader->hint)));
}

void
skip_space(text_reader *reader)
{
    while (*reader->at != '\0' && strchr(" \t\n\v\f\r", *reader->at) != NULL)
        reader->at++;
}

bool
skip(text_reader *reader, char character)
{
    skip_space(reader);
    if (*reader->at != character)
        return false;
    reader->at++;
    return true;
}

bool
at_end(text_reader *reader)
{
    skip_space(reader);
    return *reader->at == '\0' || malformed(reader, "nothing more");
}
