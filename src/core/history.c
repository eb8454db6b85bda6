/*
 * One customer's history: how rows become one, and what can be read off it.
 */
#include "history.h"

#include <float.h>
#include <math.h>

#include "compensated.h"
#include "exact_sum.h"

static bool
row_precedes(const history_row *a, const history_row *b)
{
    if (a->stamp != b->stamp)
        return a->stamp < b->stamp;
    return history_row_amount(a) < history_row_amount(b);
}

#define SORT_NAME sort_rows
#define SORT_TYPE history_row
#define SORT_LESS(a, b) row_precedes(a, b)
#include "sort.h"

#define SORT_NAME sort_days
#define SORT_TYPE history_row
#define SORT_LESS(a, b) (((a)->stamp | 1) < ((b)->stamp | 1))
#include "sort.h"

static bool
same_day(const history_row *a, const history_row *b)
{
    return (a->stamp | 1) == (b->stamp | 1);
}

/* Where the day of the row at `from` ends. */
static size_t
end_of_day(const history_row *rows, size_t from, size_t n)
{
    size_t end = from + 1;

    while (end < n && same_day(&rows[end], &rows[from]))
        end++;
    return end;
}

bool
history_rows_are_finished(const history_row *rows, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if ((rows[i - 1].stamp | 1) >= (rows[i].stamp | 1))
            return false;
    }
    return true;
}

clm_status
history_sort_rows(history_row *rows, size_t n, history_row *scratch, const clm_stop *stop)
{
    /* Rows mostly arrive day by day, or from each of a few workers day by day, but those of a day in any order: so
     * the days are long runs for the first sort, and what is left of each day is little. */
    if (!sort_days(rows, n, scratch, stop))
        return CLM_STOPPED;
    for (size_t from = 0, end; from < n; from = end) {
        end = end_of_day(rows, from, n);
        if (end - from > 1 &&
            (clm_stop_requested(stop) || !sort_rows(rows + from, end - from, scratch, stop)))
            return CLM_STOPPED;
    }
    return CLM_OK;
}

/* a + b = sum + *error exactly (Knuth, The Art of Computer Programming, volume 2, section 4.2.2). */
static double
add_exactly(double a, double b, double *error)
{
    double sum = a + b, b_part = sum - a;

    *error = (a - (sum - b_part)) + (b - b_part);
    return sum;
}

/* The sum in two doubles, which hold nearly every day's exactly; CLM_UNDEFINED where they do not, where it overflows
 * on the way, and where the compiler computes in more than double precision. */
static clm_status
sum_amounts_in_two(const history_row *rows, size_t n, const clm_stop *stop, double *net)
{
    double sum = 0, rest = 0, lost = 0;

    for (size_t i = 0; i < n; i++) {
        double error, further;

        if (clm_stop_at(i, stop))
            return CLM_STOPPED;
        sum = add_exactly(sum, history_row_amount(&rows[i]), &error);
        rest = add_exactly(rest, error, &further);
        lost += fabs(further);
    }
    *net = sum + rest;
    return FLT_EVAL_METHOD == 0 && lost == 0 && isfinite(*net) ? CLM_OK : CLM_UNDEFINED;
}

/* The same in as many places as it takes; CLM_OVERFLOW. */
static clm_status
sum_amounts_in_chunks(const history_row *rows, size_t n, const clm_stop *stop, double *net)
{
    int64_t chunks[EXACT_PLACES] = {0};
    exact_window window = {0, EXACT_PLACES};
    exact_number exact;
    clm_status status;

    for (size_t i = 0; i < n; i++) {
        if (clm_stop_at(i, stop))
            return CLM_STOPPED;
        exact_add_double(chunks, &window, history_row_amount(&rows[i]));
    }
    status = exact_read(chunks, &window, &exact);
    return status == CLM_OK ? exact_to_double(&exact, net) : status;
}

/* The entry of n rows of one day: an occasion where one of them is, and their sum, correctly rounded and so the same
 * in whatever order they are. */
static clm_status
sum_day(const history_row *rows, size_t n, const clm_stop *stop, history_row *entry)
{
    double net;
    uint32_t flags = 0;
    clm_status status = sum_amounts_in_two(rows, n, stop, &net);

    if (status == CLM_UNDEFINED)
        status = sum_amounts_in_chunks(rows, n, stop, &net);
    if (status != CLM_OK)
        return status;
    for (size_t i = 0; i < n; i++)
        flags |= rows[i].stamp & 1;
    *entry = make_history_row(stamp_day(rows[0].stamp), net, flags);
    return CLM_OK;
}

clm_status
history_finish_rows(history_row *rows, size_t *n, history_row *scratch, const clm_stop *stop)
{
    size_t to = 0;
    clm_status status = CLM_OK;

    if (history_rows_are_finished(rows, *n))
        return CLM_OK;
    if (!sort_days(rows, *n, scratch, stop))
        return CLM_STOPPED;
    for (size_t from = 0, end; from < *n && status == CLM_OK; from = end) {
        end = end_of_day(rows, from, *n);
        /* Most days have one row: those keep their bits. */
        if (end - from == 1)
            rows[to++] = rows[from];
        else
            status = sum_day(rows + from, end - from, stop, &rows[to++]);
    }
    *n = to;
    return status;
}

void
history_pack(const history_row *rows, size_t n, unsigned char *packed)
{
    unsigned char *amounts = packed + n * sizeof(rows->stamp);

    for (size_t i = 0; i < n; i++) {
        memcpy(packed + i * sizeof(rows->stamp), &rows[i].stamp, sizeof(rows->stamp));
        memcpy(amounts + i * sizeof(rows->amount_bits), rows[i].amount_bits, sizeof(rows->amount_bits));
    }
}

history_row
history_entry(const history_view *h, size_t i)
{
    return make_history_row(history_day(h, i), history_amount(h, i), history_is_occasion(h, i));
}

size_t
history_search(const history_view *h, int64_t day)
{
    size_t low = 0, high = h->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (history_day(h, middle) <= day)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The entries from index `from` to before index `to`. */
static history_view
view_of(const history_view *h, size_t from, size_t to)
{
    return (history_view){h->stamps + from * sizeof(uint32_t), h->amounts + from * sizeof(double), to - from};
}

history_view
history_slice(const history_view *h, int64_t after, int64_t upto)
{
    size_t to = history_entries_upto(h, upto);
    size_t from = after < HISTORY_MIN_DAY ? 0 : history_entries_upto(h, after);

    return view_of(h, from < to ? from : to, to);
}

size_t
history_occasions(const history_view *h)
{
    size_t count = 0;

    for (size_t i = 0; i < h->n; i++)
        count += history_stamp(h, i) & 1;
    return count;
}

clm_status
history_total(const history_view *h, double *total)
{
    compensated_sum sum = {0, 0};

    for (size_t i = 0; i < h->n; i++)
        compensated_add(&sum, history_amount(h, i));
    *total = compensated_value(&sum);
    return isfinite(*total) ? CLM_OK : CLM_OVERFLOW;
}

/* Index of the first occasion; h->n where there is none. */
static size_t
first_occasion(const history_view *h)
{
    size_t i = 0;

    while (i < h->n && !history_is_occasion(h, i))
        i++;
    return i;
}

bool
history_first_day(const history_view *h, int32_t *day)
{
    size_t first = first_occasion(h);

    if (first == h->n)
        return false;
    *day = history_day(h, first);
    return true;
}

bool
history_last_day(const history_view *h, int32_t *day)
{
    for (size_t i = h->n; i > 0; i--) {
        if (history_is_occasion(h, i - 1)) {
            *day = history_day(h, i - 1);
            return true;
        }
    }
    return false;
}

clm_status
history_cadence(const history_view *h, double *days)
{
    size_t occasions = history_occasions(h);
    int32_t first, last;

    if (occasions < 2 || !history_first_day(h, &first) || !history_last_day(h, &last))
        return CLM_UNDEFINED;
    *days = ((double)last - first) / (double)(occasions - 1);
    return CLM_OK;
}

int
history_compare(const history_view *a, const history_view *b)
{
    size_t n = a->n < b->n ? a->n : b->n;

    for (size_t i = 0; i < n; i++) {
        history_row left = history_entry(a, i), right = history_entry(b, i);

        if (!same_day(&left, &right))
            return left.stamp < right.stamp ? -1 : 1;
        if (history_row_amount(&left) != history_row_amount(&right))
            return history_row_amount(&left) < history_row_amount(&right) ? -1 : 1;
        if (left.stamp != right.stamp)
            return left.stamp < right.stamp ? -1 : 1;
    }
    return a->n < b->n ? -1 : a->n > b->n;
}

clm_status
history_summary(const history_view *h, int64_t as_of, int64_t since, history_rfm *rfm)
{
    history_view past = history_slice(h, INT64_MIN, as_of);
    size_t first = first_occasion(&past);
    int32_t last;
    int64_t start;

    if (first == past.n)
        return CLM_UNDEFINED;
    start = history_day(&past, first);
    rfm->left_truncated = start < since;
    if (rfm->left_truncated) {
        if (since > as_of)
            return CLM_UNDEFINED;
        start = since;
        rfm->repeats = history_slice(&past, since - 1, as_of);
    } else {
        rfm->repeats = view_of(&past, first + 1, past.n);
    }
    rfm->x = (int64_t)history_occasions(&rfm->repeats);
    rfm->recency_days = history_last_day(&rfm->repeats, &last) ? last - start : 0;
    rfm->start = start;
    rfm->age_days = as_of - start;
    return CLM_OK;
}

history_opportunities
history_count_opportunities(const history_rfm *rfm, int32_t period)
{
    history_opportunities o = {.n = rfm->age_days / period};

    for (size_t i = 0; i < rfm->repeats.n; i++) {
        int64_t before_end = rfm->start + rfm->age_days - history_day(&rfm->repeats, i);
        int64_t number = o.n - before_end / period;

        if (!history_is_occasion(&rfm->repeats, i) || number == o.last)
            continue;
        o.last = number;
        o.x++;
    }
    return o;
}

void
history_gaps(const history_rfm *rfm, int32_t *gaps)
{
    int64_t before = rfm->start;

    for (size_t i = 0; i < rfm->repeats.n; i++) {
        int32_t day = history_day(&rfm->repeats, i);

        if (!history_is_occasion(&rfm->repeats, i))
            continue;
        /* A customer who is older than the data may buy on the day that starts the clock. */
        *gaps++ = day > before ? (int32_t)(day - before) : 1;
        before = day;
    }
}

clm_status
history_spend(const history_view *h, int64_t *n, double *mean)
{
    compensated_sum sum = {0, 0};

    *n = 0;
    for (size_t i = 0; i < h->n; i++) {
        double amount = history_amount(h, i);

        if (history_is_occasion(h, i) && amount > 0) {
            compensated_add(&sum, amount);
            (*n)++;
        }
    }
    *mean = *n > 0 ? compensated_value(&sum) / (double)*n : 0;
    return isfinite(*mean) ? CLM_OK : CLM_OVERFLOW;
}
