/* The stage classifier: every rule, its borders, both forms, the texts, and its false alarms by simulation.
 */
#include "tap.h"

#include <limits.h>
#include <string.h>

#include "core/random.h"
#include "core/stage.h"

#define MAX_DAYS 1000

typedef struct test_history {
    uint32_t stamps[MAX_DAYS];
    double amounts[MAX_DAYS];
    size_t n;
} test_history;

static void
append(test_history *made, int32_t day, double amount)
{
    made->stamps[made->n] = make_stamp(day, amount >= 0);
    made->amounts[made->n++] = amount;
}

static history_view
view_of(const test_history *made)
{
    return (history_view){(const unsigned char *)made->stamps, (const unsigned char *)made->amounts, made->n};
}

/* A history of purchases of 10 each. */
static test_history
bought_on(const int32_t *days, size_t n)
{
    test_history made = {.n = 0};

    for (size_t i = 0; i < n; i++)
        append(&made, days[i], 10);
    return made;
}
#define BOUGHT(...)                                                                                          \
    bought_on((const int32_t[]){__VA_ARGS__}, sizeof((const int32_t[]){__VA_ARGS__}) / sizeof(int32_t))

static const char *const stage_names[] = {"prospect", "engaged",   "new",     "growing",
                                          "mature",   "declining", "churned", "regained"};

static stage_options
defaults(void)
{
    stage_options options;

    stage_default_options(&options);
    return options;
}

/* Does the history have this stage as of the day, with this reason (NULL: any)? */
static void
is_stage_with(const test_history *made, int32_t as_of, const stage_options *options, const stage_model *model,
              clm_stage_code stage, const char *reason, const char *name)
{
    history_view h = {NULL, NULL, 0};
    stage_result result;
    char text[STAGE_REASON_SIZE];
    clm_status status;

    if (made != NULL)
        h = view_of(made);
    status = stage_classify(made != NULL ? &h : NULL, as_of, options, model, &result);
    if (!ok(status == CLM_OK, "%s: classified", name))
        return;
    stage_reason_text(&result, text, sizeof(text));
    if (!ok(result.stage == stage && (reason == NULL || strcmp(text, reason) == 0), "%s", name))
        printf("#   got  %s: %s\n#   want %s: %s\n", stage_names[result.stage], text, stage_names[stage],
               reason != NULL ? reason : "any reason");
}

static void
is_stage(const test_history *made, int32_t as_of, clm_stage_code stage, const char *reason, const char *name)
{
    stage_options options = defaults();

    is_stage_with(made, as_of, &options, NULL, stage, reason, name);
}

static void
test_rule_1(void)
{
    stage_options options = defaults();
    test_history none = {.n = 0}, refunds = {.n = 0}, later = BOUGHT(8800);

    append(&refunds, 8700, -5);
    append(&refunds, 8710, -5);
    is_stage(NULL, 8780, STAGE_PROSPECT, "no purchase yet", "no history: prospect");
    is_stage(&none, 8780, STAGE_PROSPECT, "no purchase yet", "an empty history: prospect");
    is_stage(&refunds, 8780, STAGE_PROSPECT, "no purchase yet", "refunds only: prospect");
    is_stage(&later, 8799, STAGE_PROSPECT, "no purchase yet", "the day before the first purchase: prospect");

    options.has_engaged = true;
    options.engaged = 8770;
    is_stage_with(&later, 8780, &options, NULL, STAGE_ENGAGED, "engaged since 2024-01-05",
                  "a contact: engaged");
    is_stage_with(NULL, 8770, &options, NULL, STAGE_ENGAGED, "engaged since 2024-01-05",
                  "on its day: engaged");
    is_stage_with(NULL, 8769, &options, NULL, STAGE_PROSPECT, "no purchase yet", "the day before: prospect");
    is_stage_with(&later, 8800, &options, NULL, STAGE_NEW, "first purchase 0 d ago",
                  "a purchase: not engaged");
    options.has_closed = true;
    options.closed = 8771;
    is_stage_with(NULL, 8780, &options, NULL, STAGE_ENGAGED, NULL, "a prospect cannot be closed");
}

static void
test_rule_2(void)
{
    stage_options options = defaults();
    test_history one = BOUGHT(8700);

    options.has_closed = true;
    options.closed = 8770;
    is_stage_with(&one, 8769, &options, NULL, STAGE_NEW, NULL, "the day before the end: still a customer");
    is_stage_with(&one, 8770, &options, NULL, STAGE_CHURNED, "closed on 2024-01-05", "the end: churned");
    is_stage_with(&one, 9000, &options, NULL, STAGE_CHURNED, "closed on 2024-01-05",
                  "the end comes before silence");
}

static void
test_rule_3(void)
{
    stage_options options = defaults();
    test_history one = BOUGHT(0), even = BOUGHT(0, 60, 120, 180, 240), odd = BOUGHT(0, 61, 121);
    test_history thirds = BOUGHT(0, 10, 20, 31), refunded = BOUGHT(0, 60, 120, 180, 240);

    is_stage(&one, 90, STAGE_MATURE, NULL, "one purchase, silent exactly the floor: not churned");
    is_stage(&one, 91, STAGE_CHURNED, "silent 91 d > limit 90 d", "one day more: churned");
    is_stage(&even, 240 + 180, STAGE_MATURE, "no trend", "silent exactly three gaps: not churned");
    is_stage(&even, 240 + 181, STAGE_CHURNED, "silent 181 d > limit 180 d", "one day more: churned");
    is_stage(&even, 240 + 210, STAGE_CHURNED, "silent 210 d > limit 180 d", "the reason names both numbers");
    is_stage(&odd, 121 + 181, STAGE_MATURE, "no trend", "limit 181.5: 181 days are not churn");
    is_stage(&odd, 121 + 182, STAGE_CHURNED, "silent 182 d > limit 181 d", "limit 181.5: 182 days are");
    append(&refunded, 400, -10);
    is_stage(&refunded, 240 + 181, STAGE_CHURNED, NULL, "a refund does not break the silence");

    options.churn_floor = 0;
    options.new_for = 0;
    is_stage_with(&one, 0, &options, NULL, STAGE_MATURE, "no trend", "floor 0, the day itself: not churned");
    is_stage_with(&one, 1, &options, NULL, STAGE_CHURNED, "silent 1 d > limit 0 d",
                  "floor 0, the next day: churned");
    options.churn_floor = 10;
    is_stage_with(&thirds, 31 + 31, &options, NULL, STAGE_MATURE, NULL,
                  "three mean gaps of 31/3 days: 31 days");
    is_stage_with(&thirds, 31 + 32, &options, NULL, STAGE_CHURNED, "silent 32 d > limit 31 d", "and not 32");
    options = defaults();
    options.churn_after = 1e308;
    is_stage_with(&even, INT_MAX, &options, NULL, STAGE_MATURE, NULL, "a limit beyond double: never churned");
}

static void
test_rule_4(void)
{
    test_history two = BOUGHT(0, 730), dated = BOUGHT(8187, 8887), chain = BOUGHT(0, 500, 1000);
    test_history settled = BOUGHT(0, 30, 60, 800, 830);

    is_stage(&two, 740, STAGE_REGAINED, NULL, "two orders 730 days apart, 10 days after: regained");
    is_stage(&dated, 8900, STAGE_REGAINED, "back on 2024-05-01 after 700 d", "the reason names day and gap");
    is_stage(&two, 730, STAGE_REGAINED, NULL, "the day of the return: regained");
    is_stage(&two, 729, STAGE_CHURNED, "silent 729 d > limit 90 d", "the day before: churned");
    is_stage(&two, 730 + 89, STAGE_REGAINED, NULL, "89 days after: regained");
    is_stage(&two, 730 + 90, STAGE_MATURE, NULL, "90 days after: no longer");
    is_stage(&two, 730 + 91, STAGE_CHURNED, "silent 91 d > limit 90 d",
             "the gap of the regain is no cadence");
    is_stage(&chain, 900, STAGE_CHURNED, "silent 400 d > limit 90 d", "churned again after a regain");
    is_stage(&chain, 1005, STAGE_REGAINED, NULL, "and regained again");
    is_stage(&settled, 805, STAGE_REGAINED, NULL, "a regain after a cadence");
    is_stage(&settled, 835, STAGE_MATURE, NULL, "only the last gap counts: with the next order no regain");
    is_stage(&settled, 830 + 90, STAGE_MATURE, NULL, "its gap is left out of the cadence of 30: 90 days");
    is_stage(&settled, 830 + 91, STAGE_CHURNED, "silent 91 d > limit 90 d", "so that 91 are churn");
}

/* Both sides of the border: silence is counted on the day before the return. */
static void
test_rule_4_border(void)
{
    test_history regain = BOUGHT(0, 92), regular = BOUGHT(0, 91);
    test_history slow_regain = BOUGHT(0, 80, 160, 402), slow_regular = BOUGHT(0, 80, 160, 401);

    is_stage(&regain, 95, STAGE_REGAINED, "back on 2000-04-02 after 92 d",
             "91 days of silence before: regained");
    is_stage(&regular, 95, STAGE_MATURE, NULL, "90 days of silence before: not");
    is_stage(&regular, 91 + 273, STAGE_MATURE, "no trend", "then the gap of 91 is the cadence: 273 days");
    is_stage(&regular, 91 + 274, STAGE_CHURNED, "silent 274 d > limit 273 d", "and no more");
    is_stage(&slow_regain, 410, STAGE_REGAINED, NULL, "cadence 80: a gap of 242 ended in a regain");
    is_stage(&slow_regular, 410, STAGE_MATURE, NULL, "a gap of 241 did not");
    is_stage(&slow_regular, 401 + 402, STAGE_CHURNED, "silent 402 d > limit 401 d",
             "and counts in the cadence: (80 + 80 + 241) / 3");
}

static void
test_rule_5(void)
{
    stage_options options = defaults();
    test_history buyer = BOUGHT(0, 20, 40, 60, 80);

    is_stage(&buyer, 12, STAGE_NEW, "first purchase 12 d ago", "12 days after the first purchase: new");
    is_stage(&buyer, 89, STAGE_NEW, NULL, "tenure 89: new");
    is_stage(&buyer, 90, STAGE_MATURE, NULL, "tenure 90: no longer");
    options.new_for = 0;
    is_stage_with(&buyer, 0, &options, NULL, STAGE_MATURE, "no trend", "new_for 0: never new");
    options.new_for = INT_MAX;
    is_stage_with(&buyer, 160, &options, NULL, STAGE_NEW, NULL, "new_for without end: new until churn");
}

/* A first purchase of 10 on day -100, then these amounts in the middle of 6 periods of 30 days up to day 180.
 */
static test_history
billed(const double *amounts)
{
    test_history made = {.n = 0};

    append(&made, -100, 10);
    for (int i = 0; i < 6; i++)
        append(&made, 30 * i + 15, amounts[i]);
    return made;
}

static void
test_rule_6_amounts(void)
{
    stage_options options = defaults();
    double falling[] = {320, 310, 305, 280, 240, 190}, rising[] = {190, 240, 280, 305, 310, 320};
    double step[] = {30, 30, 30, 20, 20, 20}, jumpy[] = {40, 10, 30, 35, 5, 20};
    double threshold[] = {112.5, 107.5, 102.5, 97.5, 92.5, 87.5},
           climb[] = {87.5, 92.5, 97.5, 102.5, 107.5, 112.5};
    test_history made = billed(falling);

    is_stage(&made, 180, STAGE_DECLINING, "trend -9.2 % per 30 d, p 0.0014", "the falling bills: declining");
    made = billed(rising);
    is_stage(&made, 180, STAGE_GROWING, "trend +9.2 % per 30 d, p 0.0014", "the same turned round: growing");
    made = billed(step);
    is_stage(&made, 180, STAGE_DECLINING, "trend -10.3 % per 30 d, p 0.05", "p exactly .05: declining");
    made = billed(jumpy);
    is_stage(&made, 180, STAGE_MATURE, "no clear trend, p 0.23", "a steep slope in noise: mature");

    made = billed(threshold);
    is_stage(&made, 180, STAGE_DECLINING, NULL, "a trend of exactly -5 %: declining");
    options.decline = nextafter(-0.05, -1);
    is_stage_with(&made, 180, &options, NULL, STAGE_MATURE, "trend -5.0 % per 30 d",
                  "a threshold beyond: mature");
    made = billed(climb);
    is_stage(&made, 180, STAGE_GROWING, NULL, "a trend of exactly 5 %: growing");
    options.grow = nextafter(0.05, 1);
    is_stage_with(&made, 180, &options, NULL, STAGE_MATURE, "trend +5.0 % per 30 d",
                  "a threshold beyond: mature");
    options.grow = 0.2;
    options.decline = 0.1;
    is_stage_with(&made, 180, &options, NULL, STAGE_MATURE, NULL,
                  "below a positive threshold, but not falling: mature");
}

static void
test_rule_6_days(void)
{
    test_history rarer = {.n = 0}, denser = {.n = 0};
    static const int counts[] = {5, 1, 4, 2, 1, 1};

    append(&rarer, -200, 10);
    append(&denser, -200, 10);
    for (int i = 0; i < 6; i++) {
        for (int j = 0; j < counts[i]; j++)
            append(&rarer, 30 * i + 3 + 5 * j, 10);
        for (int j = counts[5 - i] - 1; j >= 0; j--)
            append(&denser, 30 * i + 28 - 5 * j, 10);
    }
    is_stage(&rarer, 180, STAGE_DECLINING, "trend -26.9 % per 30 d, purchase days z -2.16",
             "sums in no clear order, but days grow rarer: declining");
    is_stage(&denser, 180, STAGE_GROWING, "trend +26.9 % per 30 d, purchase days z +2.16",
             "the same turned round: growing");
}

/* The same bills, the first of which is the first purchase: the test leaves its period out. */
static void
test_rule_6_young(void)
{
    test_history falling = {.n = 0}, three = {.n = 0}, four = {.n = 0}, steady = {.n = 0};
    static const double bills[] = {320, 310, 305, 280, 240, 190};

    for (int i = 0; i < 6; i++) {
        append(&falling, 30 * i, bills[i]);
        append(&steady, 30 * i, 100);
        if (i < 4)
            append(&three, 30 * i, 400 - 100 * i);
        if (i < 5)
            append(&four, 30 * i, 500 - 100 * i);
    }
    is_stage(&falling, 170, STAGE_DECLINING, "trend -9.2 % per 30 d, p 0.0083",
             "falling from the first bill on: p = 1/120");
    is_stage(&three, 110, STAGE_MATURE, "no clear trend, p 0.17", "three bills after the first say nothing");
    is_stage(&four, 140, STAGE_DECLINING, "trend -33.3 % per 30 d, p 0.042", "four do");
    is_stage(&steady, 170, STAGE_MATURE, "trend +0.0 % per 30 d", "steady bills: mature");
}

static void
test_rule_7(void)
{
    stage_options options = defaults();
    test_history refunded = BOUGHT(0, 30, 60, 90), made = BOUGHT(0, 30, 60, 90);

    append(&refunded, 100, -500);
    is_stage(&refunded, 110, STAGE_MATURE, "no trend", "more refunds than purchases have no trend: mature");
    options.period = 60;
    is_stage_with(&made, 110, &options, NULL, STAGE_MATURE, "no trend", "two periods have no trend: mature");
}

static void
test_overflow(void)
{
    stage_options options = defaults();
    test_history made = BOUGHT(0, 30, 60, 90);
    history_view h;
    stage_result result;

    append(&made, 100, 1e308);
    append(&made, 101, 1e308);
    h = view_of(&made);
    ok(stage_classify(&h, 110, &options, NULL, &result) == CLM_OVERFLOW, "money beyond double: an error");
}

/* A stand-in for a model: p falls with silence, p = 1 / (1 + silence), and says what it was asked. */
typedef struct fake_model {
    int calls;
    stage_moment last;
    int horizon;
    clm_status status;
} fake_model;

static clm_status
fake_p_active(void *arg, const stage_moment *moment, int horizon, double *p)
{
    fake_model *fake = arg;

    fake->calls++;
    fake->last = *moment;
    fake->horizon = horizon;
    *p = 1.0 / (1.0 + (moment->day - moment->last_day));
    return fake->status;
}

static void
test_model_churn(void)
{
    fake_model fake = {.status = CLM_OK};
    stage_model model = {fake_p_active, &fake};
    stage_options options = defaults();
    test_history made = {.n = 0}, one = BOUGHT(0);

    append(&made, 0, -1);
    append(&made, 5, 10);
    append(&made, 100, 10);
    append(&made, 110, -1);
    options.alive_below = 0.1; /* silence 9 gives .1, silence 10 less */
    is_stage_with(&made, 109, &options, &model, STAGE_REGAINED, NULL,
                  "model: p exactly alive_below is not churn");
    is_stage_with(&made, 110, &options, &model, STAGE_CHURNED, "p_active 0.091 < 0.1 within 90 d",
                  "model: below it is");
    ok(fake.last.occasions == 2 && fake.last.first_day == 5 && fake.last.last_day == 100 &&
           fake.last.day == 110 && fake.last.last_entry == 2 && fake.horizon == 90,
       "model: it is asked about the occasions up to as_of");
    fake.calls = 0;
    is_stage_with(&one, 89, &options, &model, STAGE_NEW, NULL, "model: never churned while new");
    ok(fake.calls == 0, "model: nor asked");
    is_stage_with(&one, 90, &options, &model, STAGE_CHURNED, NULL, "model: churned right after");
    options.alive_below = 0;
    is_stage_with(&one, 5000, &options, &model, STAGE_MATURE, NULL, "model: alive_below 0 never churns");
}

static void
test_model_regain(void)
{
    fake_model fake = {.status = CLM_OK};
    stage_model model = {fake_p_active, &fake};
    stage_options options = defaults();
    test_history made = BOUGHT(0, 100, 111, 300), early = BOUGHT(0, 91), young = BOUGHT(0, 90);
    history_view h = view_of(&made);
    stage_result result;

    options.alive_below = 0.1;
    is_stage_with(&made, 112, &options, &model, STAGE_REGAINED, "back on 2000-04-21 after 11 d",
                  "model: silence 10 on the day before the return: regained");
    ok(fake.last.occasions == 2 && fake.last.last_day == 100 && fake.last.day == 110 &&
           fake.last.last_entry == 1,
       "model: it is asked about the days before the last gap");
    is_stage_with(&early, 92, &options, &model, STAGE_REGAINED, NULL, "model: tenure 90 before the return");
    is_stage_with(&young, 91, &options, &model, STAGE_MATURE, NULL,
                  "model: tenure 89, it was new and not churned");
    fake.status = CLM_DIVERGES;
    ok(stage_classify(&h, 112, &options, &model, &result) == CLM_DIVERGES, "model: its error is returned");
}

static void
test_near_one_threshold(void)
{
    stage_result result = {.cause = STAGE_UNLIKELY, .p_active = 0.0499, .alive_below = 0.05, .horizon = 90};
    char text[STAGE_REASON_SIZE];

    stage_reason_text(&result, text, sizeof(text));
    ok(strcmp(text, "p_active 0.0499 < 0.05 within 90 d") == 0, "a close p has the digits to tell: %s", text);
}

static bool
rejected(stage_options options)
{
    stage_result result;

    return stage_check_options(&options) == CLM_DOMAIN &&
           stage_classify(NULL, 0, &options, NULL, &result) == CLM_DOMAIN;
}

#define REJECTED(field, value)                                                                               \
    do {                                                                                                     \
        stage_options changed = defaults();                                                                  \
                                                                                                             \
        changed.field = value;                                                                               \
        ok(rejected(changed), "option %s = %s is rejected", #field, #value);                                 \
    } while (0)

static void
test_options(void)
{
    stage_options options = defaults();

    ok(stage_check_options(&options) == CLM_OK, "the defaults are valid");
    REJECTED(new_for, -1);
    REJECTED(churn_after, 0);
    REJECTED(churn_after, NAN);
    REJECTED(churn_after, INFINITY);
    REJECTED(churn_floor, -1);
    REJECTED(period, 0);
    REJECTED(k, 2);
    REJECTED(k, 121);
    REJECTED(grow, NAN);
    REJECTED(grow, INFINITY);
    REJECTED(grow, -0.05);
    REJECTED(decline, NAN);
    REJECTED(decline, -INFINITY);
    REJECTED(alive_below, -0.01);
    REJECTED(alive_below, 1.01);
    REJECTED(alive_below, NAN);
    REJECTED(horizon, 0);
}

static void
is_date(int32_t day, const char *want)
{
    stage_result result = {.cause = STAGE_CLOSED, .day = day};
    char text[STAGE_REASON_SIZE];

    stage_reason_text(&result, text, sizeof(text));
    ok(strncmp(text, "closed on ", 10) == 0 && strcmp(text + 10, want) == 0, "day %d is %s", day, want);
}

static void
test_texts(void)
{
    stage_result result = {.cause = STAGE_SILENT, .days = UINT32_MAX, .limit = 1.79e308};
    char text[STAGE_REASON_SIZE], small[9];

    is_date(0, "2000-01-01");
    is_date(8825, "2024-02-29");
    is_date(8826, "2024-03-01");
    is_date(-1, "1999-12-31");
    is_date(-36466, "1900-02-28");
    is_date(-36465, "1900-03-01");
    is_date(-730119, "0001-01-01");
    is_date(-730120, "0001-12-31 BC");
    is_date(-730120 - 306, "0001-02-29 BC");
    is_date(-HISTORY_JULIAN_EPOCH, "4714-11-24 BC");
    is_date(2145031948, "5874897-12-31");
    stage_reason_text(&result, text, sizeof(text));
    ok(strlen(text) < sizeof(text), "a long text is cut to its room");
    stage_reason_text(&(stage_result){.cause = STAGE_TREND_FLAT, .trend = -0.0001}, small, sizeof(small));
    ok(strcmp(small, "trend +0") == 0, "and a small room is filled with no more");
}

/* Days at the far ends of the calendar, and the same answer with what comes later cut off. */
static void
test_extremes(void)
{
    test_history wide = BOUGHT(-HISTORY_JULIAN_EPOCH, 2145031948), chain = BOUGHT(0, 30, 60, 800, 830, 2000);
    bool replays = true;

    is_stage(&wide, 2145031948, STAGE_REGAINED, "back on 5874897-12-31 after 2147483493 d",
             "the first and the last date");
    is_stage(&wide, 2145031947, STAGE_CHURNED, "silent 2147483492 d > limit 90 d", "and the silence between");
    is_stage(&wide, INT_MIN, STAGE_PROSPECT, NULL, "before all time");
    for (int32_t day = 0; day < 2100; day++) {
        stage_options options = defaults();
        history_view all = view_of(&chain), cut = all;
        stage_result with, without;

        while (cut.n > 0 && history_day(&cut, cut.n - 1) > day)
            cut.n--;
        stage_classify(&all, day, &options, NULL, &with);
        stage_classify(&cut, day, &options, NULL, &without);
        replays = replays && with.stage == without.stage && with.cause == without.cause;
    }
    ok(replays, "any past day can be replayed: later days do not count");
}

#define SIMULATED 4000

typedef struct share {
    double declining, growing;
} share;

/* A customer with a constant rate of purchases a period of 30 days, each of 10 or gamma with shape 2, from
 * the first purchase on day 0 to day `tenure`. */
static test_history
steady_buyer(clm_rng *rng, double rate, bool varied, int tenure)
{
    test_history made = {.n = 0};

    for (double t = 0; t <= tenure; t += clm_rng_exponential(rng) * 30 / rate) {
        double amount = varied ? 5 * clm_rng_gamma(rng, 2) : 10;
        int32_t day = (int32_t)ceil(t);

        if (made.n > 0 && stamp_day(made.stamps[made.n - 1]) == day)
            made.amounts[made.n - 1] += amount;
        else if (day <= tenure)
            append(&made, day, amount);
    }
    return made;
}

static void
divide(share *counts, int judged)
{
    counts->declining /= judged;
    counts->growing /= judged;
}

/* Shares among those whose trend is judged; `unguarded` gets what the slope alone would say, and
 * `whole_window` what Mann-Kendall would with the period of the first purchase. */
static share
false_alarms(double rate, bool varied, int tenure, share *unguarded, share *whole_window)
{
    stage_options options = defaults();
    share guarded = {0, 0};
    int judged = 0;

    *unguarded = *whole_window = guarded;
    for (uint64_t i = 0; i < SIMULATED; i++) {
        clm_rng rng;
        test_history made;
        history_view h;
        stage_result result;
        double sums[TREND_MAX_PERIODS];
        mann_kendall test;
        int n;

        clm_rng_seed(&rng, 2024, i);
        made = steady_buyer(&rng, rate, varied, tenure);
        h = view_of(&made);
        stage_classify(&h, tenure, &options, NULL, &result);
        if (result.stage == STAGE_CHURNED || result.stage == STAGE_REGAINED || result.stage == STAGE_NEW)
            continue;
        judged++;
        guarded.declining += result.stage == STAGE_DECLINING;
        guarded.growing += result.stage == STAGE_GROWING;
        unguarded->declining += result.trend <= options.decline;
        unguarded->growing += result.trend >= options.grow;
        trend_periods(&h, tenure, options.period, options.k, sums, &n);
        trend_mann_kendall(sums, n, &test);
        whole_window->declining += result.trend <= options.decline && test.p_down <= 0.05;
        whole_window->growing += result.trend >= options.grow && test.p_up <= 0.05;
    }
    divide(&guarded, judged);
    divide(unguarded, judged);
    divide(whole_window, judged);
    return guarded;
}

static void
test_false_alarms(void)
{
    static const double rates[] = {0.5, 1, 2, 3, 5, 10};
    static const int tenures[] = {95, 120, 135, 149, 150, 179, 180, 200, 365, 730};

    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        share worst = {0, 0}, mildest = {1, 1};

        for (size_t j = 0; j < 2 * sizeof(tenures) / sizeof(tenures[0]); j++) {
            int tenure = tenures[j / 2];
            share unguarded, whole_window;
            share guarded = false_alarms(rates[i], j % 2 == 1, tenure, &unguarded, &whole_window);

            worst.declining = fmax(worst.declining, guarded.declining);
            worst.growing = fmax(worst.growing, guarded.growing);
            if (tenure >= 180) {
                mildest.declining = fmin(mildest.declining, unguarded.declining);
                mildest.growing = fmin(mildest.growing, unguarded.growing);
            }
        }
        ok(worst.declining <= 0.1 && worst.growing <= 0.1,
           "%g purchases a period, steady: at most %.1f %% are called declining and %.1f %% growing",
           rates[i], 100 * worst.declining, 100 * worst.growing);
        if (rates[i] <= 5)
            ok(mildest.declining >= 0.3 && mildest.growing >= 0.3,
               "the slope alone would call at least %.1f %% and %.1f %% so", 100 * mildest.declining,
               100 * mildest.growing);
    }
}

/* Why the period of the first purchase is left out of Mann-Kendall. */
static void
test_first_period_is_biased(void)
{
    share unguarded, whole_window;
    share guarded = false_alarms(10, true, 95, &unguarded, &whole_window);

    ok(whole_window.growing > 0.1 && guarded.growing < 0.05,
       "young frequent buyers: %.1f %% false growth with the first period, %.1f %% without",
       100 * whole_window.growing, 100 * guarded.growing);
}

int
main(void)
{
    test_rule_1();
    test_rule_2();
    test_rule_3();
    test_rule_4();
    test_rule_4_border();
    test_rule_5();
    test_rule_6_amounts();
    test_rule_6_days();
    test_rule_6_young();
    test_rule_7();
    test_overflow();
    test_model_churn();
    test_model_regain();
    test_near_one_threshold();
    test_options();
    test_texts();
    test_extremes();
    test_false_alarms();
    test_first_period_is_biased();
    return done_testing();
}
