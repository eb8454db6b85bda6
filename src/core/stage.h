/*
 * Where a customer stands in the lifecycle as of a day, and why.
 */
#ifndef CLM_STAGE_H
#define CLM_STAGE_H

#include "core.h"
#include "history.h"
#include "trend.h"

/* In the order of the enum clm.stage. */
typedef enum clm_stage_code {
    STAGE_PROSPECT,
    STAGE_ENGAGED,
    STAGE_NEW,
    STAGE_GROWING,
    STAGE_MATURE,
    STAGE_DECLINING,
    STAGE_CHURNED,
    STAGE_REGAINED,
    STAGE_COUNT
} clm_stage_code;

/* Every value is a business choice; stage_default_options gives the documented defaults. */
typedef struct stage_options {
    int new_for;        /* days from the first purchase, or from a return, that count as new; >= 0 */
    double churn_after; /* silence that counts as churn, in mean gaps between purchases; > 0 */
    int churn_floor;    /* the least limit of silence in days, and the only one without a mean gap; >= 0 */
    int period;         /* days of a period of the trend; >= 1 */
    int k;              /* periods of the trend; 3 to TREND_MAX_PERIODS */
    double grow;        /* relative slope a period from which on a customer grows; > decline */
    double decline;     /* relative slope a period down to which a customer declines */
    double alive_below; /* model form: churned below this probability of another purchase; 0 to 1 */
    int horizon;        /* model form: days that the probability looks ahead; >= 1 */
    bool has_engaged;   /* whether there was a contact before the first purchase: */
    int32_t engaged;    /* its day */
    bool has_closed;    /* whether the relation was ended: */
    int32_t closed;     /* the day */
} stage_options;

/* A past that the model form judges: the occasions up to last_day, seen on a day at or after it. */
typedef struct stage_moment {
    int64_t occasions;
    size_t last_entry; /* index of the last of them in the history */
    int32_t first_day, last_day;
    int32_t day;
} stage_moment;

/* Model form: gives the probability of another purchase within `horizon` days after moment->day. Any status
 * but CLM_OK ends the classification and is returned. */
typedef struct stage_model {
    clm_status (*p_active)(void *arg, const stage_moment *moment, int horizon, double *p);
    void *arg;
} stage_model;

/* The rule that decided, and so which fields of a stage_result are set. */
typedef enum stage_cause {
    STAGE_NO_PURCHASE,   /* none */
    STAGE_CONTACT,       /* day */
    STAGE_CLOSED,        /* day */
    STAGE_SILENT,        /* days, limit */
    STAGE_UNLIKELY,      /* p_active, alive_below, horizon */
    STAGE_RETURN,        /* day, days */
    STAGE_YOUNG,         /* days */
    STAGE_NO_TREND,      /* none */
    STAGE_TREND_FLAT,    /* trend */
    STAGE_TREND_NOISE,   /* trend, p_value, has_laplace, laplace */
    STAGE_TREND_AMOUNTS, /* the same */
    STAGE_TREND_DAYS     /* the same */
} stage_cause;

typedef struct stage_result {
    clm_stage_code stage;
    stage_cause cause;
    int32_t day;        /* of the contact, of the end, or of the return */
    int64_t days;       /* of silence, of the gap before the return, or since the first purchase */
    double limit;       /* days of silence that do not yet count as churn */
    double p_active;    /* in [0, 1] */
    double alive_below; /* as in the options */
    int horizon;        /* as in the options */
    double trend;       /* relative slope a period */
    int period;         /* its days */
    double p_value;     /* one-sided, of the Mann-Kendall test in the direction of the trend */
    bool has_laplace;   /* enough purchases for the Laplace test: */
    double laplace;     /* its z */
} stage_result;

/* Room for any text of stage_reason_text, with its final 0. */
#define STAGE_REASON_SIZE 128

extern void stage_default_options(stage_options *options);
extern clm_status stage_check_options(const stage_options *options);
extern clm_status stage_classify(const history_view *h, int32_t as_of, const stage_options *options,
                                 const stage_model *model, stage_result *result);
extern void stage_reason_text(const stage_result *result, char *text, size_t size);

#endif
