/*
 * Merge sort of an array in place, as a template: stable, O(n log n) for any input, near-linear where the
 * input consists of few ascending runs (sorted input, concatenated sorted parts), and it can be stopped.
 *
 * Define SORT_NAME, SORT_TYPE and SORT_LESS(a, b) (of two const pointers), then include this file; it defines
 *     static bool SORT_NAME(SORT_TYPE *items, size_t n, SORT_TYPE *scratch, const clm_stop *stop)
 * with scratch of n items (unused, may be NULL, where n <= SORT_SMALL), false where the stop callback said
 * so, and
 *     static inline clm_status SORT_NAME_alone(SORT_TYPE *items, size_t n, const clm_stop *stop)
 * which brings its own scratch: CLM_STOPPED, CLM_NO_MEMORY. The macros are undefined at the end.
 */
#include <stdlib.h>
#include <string.h>

#include "core.h"

#ifndef SORT_SMALL
#define SORT_SMALL 16    /* so short a run is sorted by insertion */
#define SORT_CHUNK 65536 /* most items between two looks at the stop callback */
#define SORT_CONCAT_(a, b) a##b
#define SORT_CONCAT(a, b) SORT_CONCAT_(a, b)
#endif

#define SORT_ALONE SORT_CONCAT(SORT_NAME, _alone)
#define SORT_INSERTION SORT_CONCAT(SORT_NAME, _insertion)
#define SORT_RUN_END SORT_CONCAT(SORT_NAME, _run_end)
#define SORT_MERGE SORT_CONCAT(SORT_NAME, _merge)

static void
SORT_INSERTION(SORT_TYPE *items, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        SORT_TYPE item = items[i];
        size_t j = i;

        for (; j > 0 && SORT_LESS(&item, &items[j - 1]); j--)
            items[j] = items[j - 1];
        items[j] = item;
    }
}

/* End of the ascending run that starts at `from`, 0 where the stop callback said so; what is shorter than
 * SORT_SMALL is made a run of that length. */
static size_t
SORT_RUN_END(SORT_TYPE *items, size_t from, size_t n, const clm_stop *stop)
{
    size_t end = from + 1;

    while (end < n && !SORT_LESS(&items[end], &items[end - 1])) {
        if (++end % SORT_CHUNK == 0 && clm_stop_requested(stop))
            return 0;
    }
    if (end - from < SORT_SMALL && end < n) {
        end = n - from < SORT_SMALL ? n : from + SORT_SMALL;
        SORT_INSERTION(items + from, end - from);
    }
    return end;
}

/* Merges the runs [from, middle) and [middle, end) of `in` into the same places of `out`; false where the
 * stop callback said so. */
static bool
SORT_MERGE(const SORT_TYPE *in, size_t from, size_t middle, size_t end, SORT_TYPE *out, const clm_stop *stop)
{
    size_t left = from, right = middle, to = from;

    while (left < middle && right < end) {
        out[to++] = SORT_LESS(&in[right], &in[left]) ? in[right++] : in[left++];
        if (to % SORT_CHUNK == 0 && clm_stop_requested(stop))
            return false;
    }
    memcpy(out + to, in + left, (middle - left) * sizeof(SORT_TYPE));
    to += middle - left;
    memcpy(out + to, in + right, (end - right) * sizeof(SORT_TYPE));
    return true;
}

static bool
SORT_NAME(SORT_TYPE *items, size_t n, SORT_TYPE *scratch, const clm_stop *stop)
{
    SORT_TYPE *in = items, *out = scratch;

    if (n <= SORT_SMALL) {
        SORT_INSERTION(items, n);
        return true;
    }
    for (;;) {
        size_t from = 0, first_end = SORT_RUN_END(in, 0, n, stop);

        if (first_end == n)
            break;
        while (from < n) {
            size_t middle = from == 0 ? first_end : SORT_RUN_END(in, from, n, stop);
            size_t end = middle == 0 || middle == n ? middle : SORT_RUN_END(in, middle, n, stop);

            if (end == 0 || clm_stop_requested(stop) || !SORT_MERGE(in, from, middle, end, out, stop))
                return false;
            from = end;
        }
        SORT_TYPE *merged = out;
        out = in;
        in = merged;
    }
    if (in != items)
        memcpy(items, in, n * sizeof(SORT_TYPE));
    return true;
}

static inline clm_status
SORT_ALONE(SORT_TYPE *items, size_t n, const clm_stop *stop)
{
    SORT_TYPE *scratch = malloc((n + 1) * sizeof(*scratch));
    bool finished;

    if (scratch == NULL)
        return CLM_NO_MEMORY;
    finished = SORT_NAME(items, n, scratch, stop);
    free(scratch);
    return finished ? CLM_OK : CLM_STOPPED;
}

#undef SORT_ALONE
#undef SORT_INSERTION
#undef SORT_RUN_END
#undef SORT_MERGE
#undef SORT_NAME
#undef SORT_TYPE
#undef SORT_LESS
