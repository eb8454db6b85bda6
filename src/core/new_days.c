/*
 * Merging two histories of a customer that have no day in common.
 */
#include "new_days.h"

/* Where the merged entries go. */
typedef struct packed_entries {
    unsigned char *stamps;
    unsigned char *amounts;
} packed_entries;

/* Copies the entries from index `from` to before index `to`. */
static void
append_entries(packed_entries *out, const history_view *h, size_t from, size_t to)
{
    size_t n = to - from;

    memcpy(out->stamps, h->stamps + from * sizeof(uint32_t), n * sizeof(uint32_t));
    memcpy(out->amounts, h->amounts + from * sizeof(double), n * sizeof(double));
    out->stamps += n * sizeof(uint32_t);
    out->amounts += n * sizeof(double);
}

/*
 * Copies runs: the entries of a before the next day of b, then that of b. New days mostly follow all old ones,
 * which makes it two copies.
 */
clm_status
history_merge_new_days(const history_view *a, const history_view *b, unsigned char *packed)
{
    packed_entries out = {packed, packed + (a->n + b->n) * sizeof(uint32_t)};
    size_t from = 0;

    if (a->n == 0 || b->n == 0 || history_day(a, a->n - 1) < history_day(b, 0)) {
        append_entries(&out, a, 0, a->n);
        append_entries(&out, b, 0, b->n);
        return CLM_OK;
    }
    for (size_t i = 0; i < b->n; i++) {
        int32_t day = history_day(b, i);
        size_t to = history_entries_upto(a, day);

        if (to > 0 && history_day(a, to - 1) == day)
            return CLM_UNDEFINED;
        append_entries(&out, a, from, to);
        append_entries(&out, b, i, i + 1);
        from = to;
    }
    append_entries(&out, a, from, a->n);
    return CLM_OK;
}
