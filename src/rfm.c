/*
 * The composite clm.rfm: made from a history, read from a row that a user brings.
 */
#include "rfm.h"

#include <math.h>

#include "funcapi.h"

#include "composite.h"
#include "history.h"

/* Attributes of clm.rfm, in their order. */
enum { RFM_X, RFM_T_X, RFM_T, RFM_MONETARY, RFM_N_MONETARY, RFM_LEFT_TRUNCATED, RFM_NATTS };

static void
check_customer(const customer *c)
{
    const customer_summary *s = &c->summary;

    if (s->x < 0)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("x must be at least 0, not %lld", (long long)s->x)));
    if (!isfinite(s->t) || s->t < 0)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("t must be a finite number of at least 0, not %g", s->t)));
    if (!(s->t_x >= 0 && s->t_x <= s->t))
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("t_x must lie between 0 and t = %g, not at %g", s->t, s->t_x)));
    if (s->x == 0 && s->t_x != 0)
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                 errmsg("t_x must be 0 where x is 0, not %g", s->t_x),
                 errdetail("t_x is the time of the last repeat purchase, counted from the first purchase.")));
    if (c->n_monetary < 0 || c->n_monetary > s->x)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("n_monetary must lie between 0 and x = %lld, not at %lld", (long long)s->x,
                               (long long)c->n_monetary)));
    if (!(isfinite(c->monetary) && c->monetary >= 0) || (c->n_monetary > 0 && c->monetary == 0))
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("monetary must be a finite number above 0, not %g", c->monetary),
                        errhint("Leave purchases without value out of monetary and n_monetary; a NULL says "
                                "that no value is known.")));
}

/*
 * Attribute i of a clm.rfm where no attribute before it is NULL: as all are 8 bytes wide, it then lies at a
 * fixed place. A million summaries are read in half the time that heap_deform_tuple takes with its look-up of
 * the row type.
 */
static bool
get_fixed_attribute(HeapTupleHeader header, int i, void *value)
{
    if (i >= HeapTupleHeaderGetNatts(header) ||
        ((header->t_infomask & HEAP_HASNULL) && att_isnull(i, header->t_bits)))
        return false;
    memcpy(value, (char *)header + header->t_hoff + i * sizeof(int64), sizeof(int64));
    return true;
}

/* Without monetary, or with a 0 as other tools write for "none", no value is known; NULL n_monetary means x.
 */
static void
get_spend(HeapTupleHeader header, customer *c)
{
    bool given = get_fixed_attribute(header, RFM_MONETARY, &c->monetary);
    bool counted = given && get_fixed_attribute(header, RFM_N_MONETARY, &c->n_monetary);

    if (!given)
        c->monetary = 0;
    if (!counted)
        c->n_monetary = c->monetary == 0 ? 0 : c->summary.x;
}

bool
datum_get_customer(Datum rfm, customer *c)
{
    HeapTupleHeader header = DatumGetHeapTupleHeader(rfm);
    customer_summary *s = &c->summary;

    if (!get_fixed_attribute(header, RFM_X, &s->x) || !get_fixed_attribute(header, RFM_T_X, &s->t_x) ||
        !get_fixed_attribute(header, RFM_T, &s->t))
        return false;
    s->t_x += 0.0; /* -0 becomes 0: equal summaries have equal bits */
    s->t += 0.0;
    get_spend(header, c);
    check_customer(c);
    return true;
}

/* The summary in days; false where the history has no occasion up to as_of. */
static bool
summarize(const history_view *h, DateADT as_of, int64 since, history_rfm *rfm)
{
    clm_status status = history_summary(h, as_of, since, rfm);

    if (status == CLM_UNDEFINED)
        return false;
    check_status(status, "the summary of a history");
    return true;
}

bool
history_get_customer(const history_view *h, DateADT as_of, const customer_clock *clock, bool with_spend,
                     customer *c)
{
    history_rfm rfm;

    if (!summarize(h, as_of, clock->since, &rfm))
        return false;
    if (clock->discrete) {
        history_opportunities o = history_count_opportunities(&rfm, clock->period);

        c->summary = (customer_summary){o.x, (double)o.last, (double)o.n};
    } else {
        c->summary = customer_summary_of_days(rfm.x, rfm.recency_days, rfm.age_days, clock->period);
    }
    if (with_spend)
        check_status(history_spend(&rfm.repeats, &c->n_monetary, &c->monetary),
                     "the mean spend of a history");
    return true;
}

int32 *
history_get_gaps(const history_view *h, DateADT as_of, const customer_clock *clock, size_t *n)
{
    history_rfm rfm;
    int32 *gaps;

    *n = 0;
    if (!summarize(h, as_of, clock->since, &rfm))
        return NULL;
    gaps = palloc((rfm.x + 1) * sizeof(*gaps));
    history_gaps(&rfm, gaps);
    *n = (size_t)rfm.x;
    return gaps;
}

/* rfm(h, as_of, period, since) */
PG_FUNCTION_INFO_V1(clm_rfm_from_history);
Datum
clm_rfm_from_history(PG_FUNCTION_ARGS)
{
    history_view h;
    history_rfm rfm;
    customer_summary summary;
    TupleDesc desc;
    Datum values[RFM_NATTS];
    bool nulls[RFM_NATTS] = {false};
    DateADT as_of, since = HISTORY_MIN_DAY;
    int32 period;
    int64_t n_monetary;
    double monetary;

    if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
        PG_RETURN_NULL();
    as_of = get_finite_date(fcinfo, 1, "as_of");
    period = get_positive_int32(fcinfo, 2, "period");
    if (!PG_ARGISNULL(3))
        since = get_finite_date(fcinfo, 3, "since");
    PG_GETARG_HISTORY(0, &h);
    if (!summarize(&h, as_of, since, &rfm))
        PG_RETURN_NULL();
    check_status(history_spend(&rfm.repeats, &n_monetary, &monetary), "the mean spend of a history");
    summary = customer_summary_of_days(rfm.x, rfm.recency_days, rfm.age_days, period);
    values[RFM_X] = Int64GetDatum(summary.x);
    values[RFM_T_X] = Float8GetDatum(summary.t_x);
    values[RFM_T] = Float8GetDatum(summary.t);
    values[RFM_MONETARY] = Float8GetDatum(monetary);
    nulls[RFM_MONETARY] = n_monetary == 0;
    values[RFM_N_MONETARY] = Int64GetDatum(n_monetary);
    values[RFM_LEFT_TRUNCATED] = BoolGetDatum(rfm.left_truncated);
    if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
        elog(ERROR, "clm.rfm must return the composite clm.rfm");
    PG_RETURN_DATUM(row_datum(BlessTupleDesc(desc), values, nulls, RFM_NATTS));
}
