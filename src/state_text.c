/*
 * The text of aggregates' states, token by token, and the errors of both forms.
 */
#include "state_text.h"

#include "common/shortest_dec.h"
#include "utils/builtins.h"

const char *
read_token(state_reader *reader)
{
    const char *token = reader->error == NULL ? strtok_r(reader->at, " ", &reader->at) : NULL;

    if (token == NULL && reader->error == NULL)
        reader->error = "The text ends too early.";
    return token != NULL ? token : "0";
}

int64
read_integer(state_reader *reader)
{
    const char *token = read_token(reader);
    char *end;
    int64 value;

    errno = 0;
    value = strtoi64(token, &end, 10);
    if (errno != 0 || end == token || *end != '\0')
        reader->error = "A whole number is expected.";
    return value;
}

int64
read_count(state_reader *reader)
{
    int64 count = read_integer(reader);

    if (count < 0)
        reader->error = "A number of groups is negative.";
    return count;
}

double
read_double(state_reader *reader)
{
    const char *token = read_token(reader);
    char *end;
    double value = strtod(token, &end);

    if (end == token || *end != '\0')
        reader->error = "A number is expected.";
    return value + 0.0;
}

void
read_end(state_reader *reader)
{
    if (reader->error == NULL && strtok_r(reader->at, " ", &reader->at) != NULL)
        reader->error = "The text goes on behind its end.";
}

void
append_double(StringInfo text, double value)
{
    char digits[DOUBLE_SHORTEST_DECIMAL_LEN];

    double_to_shortest_decimal_buf(value, digits);
    appendStringInfo(text, " %s", digits);
}

void
append_integer(StringInfo text, int64 value)
{
    appendStringInfo(text, " " INT64_FORMAT, value);
}

void
reject_binary(const char *type, const char *why)
{
    if (why != NULL)
        ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
                        errmsg("invalid binary representation of type clm.%s", type), errdetail("%s", why)));
}
