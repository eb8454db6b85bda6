/*
 * One customer's history: the sparse day series (day, net amount, occasion or not), and what can be read off
 * it.
 *
 * A row is what was loaded: a day and an amount. An entry is a day of a finished history: the net amount of
 * its rows, and whether it was an occasion: a day with at least one row of amount >= 0. Days count from
 * 2000-01-01, as dates do in PostgreSQL.
 *
 * A finished history is two packed arrays, so that it can be stored as it is: n stamps of 4 bytes, ascending
 * and distinct in their day, then n amounts of 8 bytes. A stamp is 2 * (days since 4714-11-24 BC, the Julian
 * day number)
 * + occasion; day and flag fit because the last date's Julian day is below 2^31. Neither array need be
 * aligned.
 */
#ifndef CLM_HISTORY_H
#define CLM_HISTORY_H

#include <string.h>

#include "core.h"

#define HISTORY_JULIAN_EPOCH 2451545 /* Julian day number of 2000-01-01 */
#define HISTORY_ENTRY_SIZE 12        /* bytes of one entry, stamp and amount */

typedef struct history_view {
    const unsigned char *stamps;
    const unsigned char *amounts;
    size_t n;
} history_view;

static inline uint32_t
history_stamp(const history_view *h, size_t i)
{
    uint32_t stamp;

    memcpy(&stamp, h->stamps + i * sizeof(stamp), sizeof(stamp));
    return stamp;
}

static inline int32_t
stamp_day(uint32_t stamp)
{
    return (int32_t)(stamp >> 1) - HISTORY_JULIAN_EPOCH;
}

static inline bool
stamp_is_occasion(uint32_t stamp)
{
    return stamp & 1;
}

static inline uint32_t
make_stamp(int32_t day, bool occasion)
{
    return (uint32_t)((int64_t)day + HISTORY_JULIAN_EPOCH) << 1 | (uint32_t)occasion;
}

static inline int32_t
history_day(const history_view *h, size_t i)
{
    return stamp_day(history_stamp(h, i));
}

static inline bool
history_is_occasion(const history_view *h, size_t i)
{
    return stamp_is_occasion(history_stamp(h, i));
}

static inline double
history_amount(const history_view *h, size_t i)
{
    double amount;

    memcpy(&amount, h->amounts + i * sizeof(amount), sizeof(amount));
    return amount;
}

#endif
