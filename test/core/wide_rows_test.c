/*
 * Merging of wide rows: order and split of the input do not matter, what is equal merges, collisions, limits, stops.
 */
#include "core/wide_rows.h"
#include "core/random.h"
#include "tap.h"

#include <string.h>

typedef union word {
    int64_t n;
    double d;
} word;

static word *
make_rows(size_t n, size_t width)
{
    return calloc(n * width + 1, sizeof(word));
}

static void
shuffle(word *rows, size_t n, size_t width, clm_rng *random)
{
    word *aside = make_rows(1, width);

    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)(clm_rng_uniform(random) * (double)i);

        memcpy(aside, rows + j * width, width * sizeof(word));
        memcpy(rows + j * width, rows + (i - 1) * width, width * sizeof(word));
        memcpy(rows + (i - 1) * width, aside, width * sizeof(word));
    }
    free(aside);
}

/* n rows of a count and width - 1 keys that take `levels` values each. */
static word *
random_rows(size_t n, size_t width, double levels, clm_rng *random)
{
    word *rows = make_rows(n, width);

    for (size_t i = 0; i < n; i++) {
        rows[i * width].n = (int64_t)(clm_rng_uniform(random) * 5.0);
        for (size_t j = 1; j < width; j++)
            rows[i * width + j].d = floor(clm_rng_uniform(random) * levels) - levels / 2.0;
    }
    return rows;
}

static int64_t
sum_counts(const word *rows, size_t n, size_t width)
{
    int64_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += rows[i * width].n;
    return sum;
}

static bool
all_differ(const word *rows, size_t n, size_t width)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            if (memcmp(rows + i * width + 1, rows + j * width + 1, (width - 1) * sizeof(word)) == 0)
                return false;
        }
    }
    return true;
}

static void
test_merge(size_t n, size_t width, double levels, clm_rng *random)
{
    word *rows = random_rows(n, width, levels, random), *others = make_rows(n, width);
    size_t merged = n, half = n / 2, rest = n - half;
    int64_t sum = sum_counts(rows, n, width);
    clm_status status;

    memcpy(others, rows, n * width * sizeof(word));
    shuffle(others, n, width, random);
    status = wide_rows_merge(rows, &merged, width, 1, NULL);

    ok(status == CLM_OK && sum_counts(rows, merged, width) == sum, "%zu rows of %zu: %zu, of the same counts",
       n, width, merged);
    if (n <= 5000)
        ok(all_differ(rows, merged, width), "all differ");
    wide_rows_merge(others, &half, width, 1, NULL);
    wide_rows_merge(others + n / 2 * width, &rest, width, 1, NULL);
    memmove(others + half * width, others + n / 2 * width, rest * width * sizeof(word));
    half += rest;
    ok(wide_rows_merge(others, &half, width, 1, NULL) == CLM_OK && half == merged &&
           memcmp(rows, others, merged * width * sizeof(word)) == 0,
       "the same bytes from another order, merged in two parts");
    free(rows);
    free(others);
}

static void
test_zeros(void)
{
    word rows[] = {{.n = 1}, {.d = -0.0}, {.d = 1.0}, {.n = 2}, {.d = 0.0}, {.d = 1.0}};
    size_t n = 2;

    ok(wide_rows_merge(rows, &n, 3, 1, NULL) == CLM_OK && n == 1 && rows[0].n == 3 && !signbit(rows[1].d),
       "-0 is 0");
}

/* Changed signs and exchanged columns, which a weak hash would confuse. */
static void
test_similar(void)
{
    word *rows = make_rows(4096, 13);
    size_t n = 4096;

    for (size_t i = 0; i < n; i++) {
        rows[i * 13].n = 1;
        for (size_t j = 0; j < 12; j++)
            rows[i * 13 + 1 + j].d = (i >> j) % 2 == 0 ? -1.0 : 1.0;
    }
    ok(wide_rows_merge(rows, &n, 13, 1, NULL) == CLM_OK && n == 4096, "4096 rows of signs stay apart");
    free(rows);
}

static void
test_limits(void)
{
    word rows[] = {{.n = WIDE_ROWS_MOST}, {.d = 1.0}, {.n = 1}, {.d = 1.0}};
    word negative[] = {{.n = -1}, {.d = 1.0}}, zeros[] = {{.n = 0}, {.d = 1.0}, {.n = 0}, {.d = 1.0}};
    size_t n = 2, one = 1, two = 2, none = 0;

    ok(wide_rows_merge(rows, &n, 2, 1, NULL) == CLM_OVERFLOW, "a count that grows too large");
    ok(wide_rows_merge(negative, &one, 2, 1, NULL) == CLM_DOMAIN, "a negative count");
    ok(wide_rows_merge(zeros, &two, 2, 1, NULL) == CLM_OK && two == 1, "counts of 0");
    ok(wide_rows_merge(zeros, &none, 2, 1, NULL) == CLM_OK && none == 0, "no rows");
    ok(wide_rows_merge(zeros, &two, 1, 1, NULL) == CLM_OK && two == 1, "rows of counts only");
}

/* Stops at the look that brings the count to 0. */
static bool
count_down(void *arg)
{
    int *left = arg;

    return --*left <= 0;
}

/* Stopped anywhere, no row is lost. */
static void
test_stop(clm_rng *random)
{
    const size_t n = 40000, width = 4;
    word *rows = random_rows(n, width, 1e6, random), *stopped = make_rows(n, width);
    size_t merged = n, different = 0, looks = 0, done = 0;

    memcpy(stopped, rows, n * width * sizeof(word));
    wide_rows_merge(rows, &merged, width, 1, NULL);
    while (!done) {
        int left = (int)++looks;
        const clm_stop stop = {count_down, &left};
        size_t again = n;

        done = wide_rows_merge(stopped, &again, width, 1, &stop) != CLM_STOPPED;
        different += again != (done ? merged : n);
    }
    ok(looks > 20 && different == 0, "stopped at each of %zu looks", looks);
    ok(memcmp(rows, stopped, merged * width * sizeof(word)) == 0, "nothing is lost by a stop");
    free(rows);
    free(stopped);
}

int
main(void)
{
    clm_rng random;

    clm_rng_seed(&random, 5, 0);
    test_merge(1, 3, 2.0, &random);
    test_merge(2, 3, 2.0, &random);
    test_merge(3000, 4, 5.0, &random);
    test_merge(4000, 21, 1e9, &random);
    test_merge(100000, 4, 30.0, &random);
    /* Some of them agree in the part of the hash that is sorted by. */
    test_merge(300000, 3, 1e15, &random);
    test_zeros();
    test_similar();
    test_limits();
    test_stop(&random);
    return done_testing();
}
