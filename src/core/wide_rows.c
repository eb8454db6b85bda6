/*
 * Sort and merge of wide rows. What is sorted are places: a part of each row's hash and its number. Then every row
 * moves once, in place. Rows that share the part of the hash are compared.
 */
#include "wide_rows.h"

#include <stdlib.h>
#include <string.h>

/* So many leading bits of the hash decide: three digits of the radix sort. Of a million different rows some 60
 * pairs agree in them. */
#define HASH_BITS 33

typedef struct place {
    uint64_t hash;
    size_t row;
} place;

/* A row among those of the same hash. */
typedef struct tied_row {
    const char *keys;
    size_t nkeys;
    size_t row;
} tied_row;

typedef struct table {
    char *rows;
    size_t width, counts;
} table;

static uint64_t
word_at(const char *words, size_t i)
{
    uint64_t word;

    memcpy(&word, words + i * sizeof(word), sizeof(word));
    return word;
}

static char *
row_at(const table *t, size_t i)
{
    return t->rows + i * t->width * sizeof(uint64_t);
}

static char *
keys_at(const table *t, size_t i)
{
    return row_at(t, i) + t->counts * sizeof(uint64_t);
}

static int
compare_keys(const char *a, const char *b, size_t nkeys)
{
    for (size_t i = 0; i < nkeys; i++) {
        uint64_t left = word_at(a, i), right = word_at(b, i);

        if (left != right)
            return left < right ? -1 : 1;
    }
    return 0;
}

#define SORT_NAME sort_few
#define SORT_TYPE place
#define SORT_LESS(a, b) ((a)->hash < (b)->hash)
#include "sort.h"

#define SORT_NAME sort_tied
#define SORT_TYPE tied_row
#define SORT_LESS(a, b) (compare_keys((a)->keys, (b)->keys, (a)->nkeys) < 0)
#include "sort.h"

#define RADIX_NAME sort_many
#define RADIX_TYPE place
#define RADIX_KEYS 1
#define RADIX_KEY(item, k) ((item)->hash)
#include "radix_sort.h"

/* From so many rows on a radix sort is the faster one. */
#define MANY_ROWS 4096

/* Each may wait for memory, and rows may be long. */
#define MOVES_BETWEEN_STOPS 1024

/* ---- hashes ---- */

/* Makes -0 into 0, which otherwise would be another key of the same value, and hashes the keys. Every step keeps what
 * the steps before told apart; the shift lets the leading bits of a double, often its only ones, reach all. */
static uint64_t
hash_keys(char *keys, size_t nkeys)
{
    const uint64_t negative_zero = (uint64_t)1 << 63;
    uint64_t hash = nkeys;

    for (size_t i = 0; i < nkeys; i++) {
        uint64_t word = word_at(keys, i);

        if (word == negative_zero) {
            word = 0;
            memcpy(keys + i * sizeof(word), &word, sizeof(word));
        }
        hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 32;
    }
    hash *= UINT64_C(0xd6e8feb86659fd93);
    return hash >> (64 - HASH_BITS);
}

static bool
counts_valid(const char *row, size_t counts)
{
    for (size_t i = 0; i < counts; i++) {
        if (word_at(row, i) > (uint64_t)WIDE_ROWS_MOST)
            return false;
    }
    return true;
}

static clm_status
hash_rows(const table *t, size_t n, place *places, const clm_stop *stop)
{
    for (size_t i = 0; i < n; i++) {
        if (clm_stop_at(i, stop))
            return CLM_STOPPED;
        if (!counts_valid(row_at(t, i), t->counts))
            return CLM_DOMAIN;
        places[i] = (place){hash_keys(keys_at(t, i), t->width - t->counts), i};
    }
    return CLM_OK;
}

/* ---- order ---- */

/* Sorts n places of the same hash by their rows' keys. */
static clm_status
sort_ties(const table *t, place *places, size_t n, const clm_stop *stop)
{
    tied_row *tied = malloc(2 * n * sizeof(*tied));
    bool sorted;

    if (tied == NULL)
        return CLM_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        tied[i] = (tied_row){keys_at(t, places[i].row), t->width - t->counts, places[i].row};
    sorted = sort_tied(tied, n, tied + n, stop);
    for (size_t i = 0; i < n && sorted; i++)
        places[i].row = tied[i].row;
    free(tied);
    return sorted ? CLM_OK : CLM_STOPPED;
}

/* Sorts the rows of equal hash: those whose keys differ, as they seldom do. */
static clm_status
break_ties(const table *t, place *places, size_t n, const clm_stop *stop)
{
    size_t end;

    for (size_t from = 0; from < n; from = end) {
        bool differ = false;

        for (end = from + 1; end < n && places[end].hash == places[from].hash; end++) {
            if (clm_stop_at(end, stop))
                return CLM_STOPPED;
            differ = differ || compare_keys(keys_at(t, places[from].row), keys_at(t, places[end].row),
                                            t->width - t->counts) != 0;
        }
        if (differ) {
            clm_status status = sort_ties(t, places + from, end - from, stop);

            if (status != CLM_OK)
                return status;
        }
    }
    return CLM_OK;
}

static clm_status
sort_places(const table *t, size_t n, place *places, const clm_stop *stop)
{
    place *scratch = malloc(n * sizeof(*scratch));
    bool sorted;

    if (scratch == NULL)
        return CLM_NO_MEMORY;
    sorted = n < MANY_ROWS ? sort_few(places, n, scratch, stop) : sort_many(places, n, scratch, stop);
    free(scratch);
    return sorted ? break_ties(t, places, n, stop) : CLM_STOPPED;
}

/* Moves the rows to their places along the cycle that starts at `first`, whose row is held aside; *to ends as the place that
 * is left for it. */
static bool
move_cycle(const table *t, size_t first, place *places, size_t *to, const clm_stop *stop)
{
    size_t moved = 0;

    for (*to = first; places[*to].row != first; moved++) {
        size_t from = places[*to].row;

        if (moved % MOVES_BETWEEN_STOPS == MOVES_BETWEEN_STOPS - 1 && clm_stop_requested(stop))
            return false;
        memcpy(row_at(t, *to), row_at(t, from), t->width * sizeof(uint64_t));
        places[*to].row = *to;
        *to = from;
    }
    places[*to].row = *to;
    return true;
}

static clm_status
move_rows(const table *t, size_t n, place *places, const clm_stop *stop)
{
    size_t size = t->width * sizeof(uint64_t);
    char *aside = malloc(size);
    bool moving = true;

    if (aside == NULL)
        return CLM_NO_MEMORY;
    for (size_t first = 0; first < n && moving; first++) {
        size_t to;

        if (places[first].row == first)
            continue;
        memcpy(aside, row_at(t, first), size);
        moving = move_cycle(t, first, places, &to, stop) && !clm_stop_at(first, stop);
        memcpy(row_at(t, to), aside, size);
    }
    free(aside);
    return moving ? CLM_OK : CLM_STOPPED;
}

static clm_status
sort_rows(const table *t, size_t n, const clm_stop *stop)
{
    place *places = malloc(n * sizeof(*places));
    clm_status status;

    if (places == NULL)
        return CLM_NO_MEMORY;
    status = hash_rows(t, n, places, stop);
    if (status == CLM_OK)
        status = sort_places(t, n, places, stop);
    if (status == CLM_OK)
        status = move_rows(t, n, places, stop);
    free(places);
    return status;
}

/* ---- merging ---- */

/* Adds the counts of one row to another's; false where one grows too large. */
static bool
add_counts(char *to, const char *from, size_t counts)
{
    for (size_t i = 0; i < counts; i++) {
        uint64_t sum = word_at(to, i) + word_at(from, i);

        if (sum > (uint64_t)WIDE_ROWS_MOST)
            return false;
        memcpy(to + i * sizeof(sum), &sum, sizeof(sum));
    }
    return true;
}

/* Merges neighbours of equal keys. */
static clm_status
merge_neighbours(const table *t, size_t *n, const clm_stop *stop)
{
    size_t nkeys = t->width - t->counts, merged = 0;

    for (size_t i = 1; i < *n; i++) {
        if (clm_stop_at(i, stop))
            return CLM_STOPPED;
        if (compare_keys(keys_at(t, merged), keys_at(t, i), nkeys) == 0) {
            if (!add_counts(row_at(t, merged), row_at(t, i), t->counts))
                return CLM_OVERFLOW;
        } else if (++merged != i) {
            memcpy(row_at(t, merged), row_at(t, i), t->width * sizeof(uint64_t));
        }
    }
    *n = merged + 1;
    return CLM_OK;
}

clm_status
wide_rows_merge(void *rows, size_t *n, size_t width, size_t counts, const clm_stop *stop)
{
    const table t = {rows, width, counts};
    clm_status status;

    if (*n == 0)
        return CLM_OK;
    status = sort_rows(&t, *n, stop);
    return status == CLM_OK ? merge_neighbours(&t, n, stop) : status;
}
