/*
 * Counts of moves between states: names, counter, packed form. The Markov chain that they estimate: published
 * values, identities and brute force.
 */
#include "core/constant_retention.h"
#include "core/markov.h"
#include "tap.h"

#include <string.h>

static state_name
name_of(const char *text)
{
    return (state_name){text, strlen(text)};
}

static move_count
move_of(const char *from, const char *to, int64_t count)
{
    return (move_count){name_of(from), name_of(to), count};
}

static bool
is_move(const move_count *move, const char *from, const char *to, int64_t count)
{
    state_name f = name_of(from), t = name_of(to);

    return state_name_compare(&move->from, &f) == 0 && state_name_compare(&move->to, &t) == 0 &&
           move->count == count;
}

static bool
stop_at_once(void *arg)
{
    return true;
}

static const clm_stop stopped = {stop_at_once, NULL};

/* ---- names ---- */

static void
test_names(void)
{
    state_name a = name_of("a"), ab = name_of("ab"), b = name_of("b"), empty = name_of(""),
               high = name_of("\xe6");
    const state_name *names[5] = {&b, &high, &ab, &empty, &a}, *scratch[5];
    state_name many[100];
    const state_name *references[100], *room[100];
    char texts[100][8];

    ok(state_name_compare(&a, &a) == 0 && state_name_compare(&a, &ab) < 0 &&
           state_name_compare(&ab, &b) < 0 && state_name_compare(&empty, &a) < 0 &&
           state_name_compare(&b, &high) < 0,
       "bytewise order, the shorter first");
    ok(sort_state_names(names, 5, scratch, NULL) == CLM_OK && names[0] == &empty && names[1] == &a &&
           names[2] == &ab && names[3] == &b && names[4] == &high,
       "sorted");
    ok(find_state_name(names, 5, &empty) == &empty && find_state_name(names, 5, &high) == &high &&
           find_state_name(names, 3, &b) == NULL && find_state_name(NULL, 0, &b) == NULL,
       "found and not found");
    for (int i = 0; i < 100; i++) {
        snprintf(texts[i], sizeof(texts[i]), "%d", i * 37 % 100);
        many[i] = name_of(texts[i]);
        references[i] = &many[i];
    }
    ok(sort_state_names(references, 100, room, &stopped) == CLM_STOPPED, "a sort stops");
}

/* ---- the counter ---- */

static transition_counter *
make_counter(size_t size)
{
    transition_counter *counter = calloc(1, size);

    transition_counter_init(counter, size);
    return counter;
}

/* Adds to a counter that grows as it needs to. */
static clm_status
add(transition_counter **counter, const move_count *move)
{
    clm_status status;

    while ((status = transition_counter_add(*counter, move)) == CLM_TOO_MANY) {
        transition_counter *larger = make_counter((size_t)(*counter)->size * 2);

        transition_counter_copy(larger, *counter);
        free(*counter);
        *counter = larger;
    }
    return status;
}

/* The moves of a counter, sorted. */
static move_count *
sorted_moves(const transition_counter *counter)
{
    move_count *moves = malloc((counter->n + 1) * sizeof(move_count)),
               *scratch = malloc((counter->n + 1) * sizeof(move_count));
    size_t at = 0, n = 0;

    while (transition_counter_next(counter, &at, &moves[n]))
        n++;
    ok(n == counter->n, "a counter gives back its %zu moves", n);
    ok(sort_moves(moves, n, scratch, NULL) == CLM_OK, "sorted");
    free(scratch);
    return moves;
}

static void
test_counter(void)
{
    transition_counter *counter = make_counter(TRANSITION_COUNTER_MIN_SIZE);
    move_count full = move_of("a", "b", INT64_MAX), one = move_of("a", "b", 1), other = move_of("ab", "", 1);
    move_count *moves;
    size_t at = 0;

    ok(transition_counter_is_valid(counter, TRANSITION_COUNTER_MIN_SIZE) && counter->n == 0,
       "an empty counter");
    ok(!transition_counter_next(counter, &at, &one), "has no move");
    ok(add(&counter, &one) == CLM_OK && add(&counter, &other) == CLM_OK && add(&counter, &one) == CLM_OK,
       "moves are counted");
    ok(add(&counter, &full) == CLM_OVERFLOW, "up to the range of a count");
    full.count = INT64_MAX - 2;
    ok(add(&counter, &full) == CLM_OK, "and including it");
    moves = sorted_moves(counter);
    ok(is_move(&moves[0], "a", "b", INT64_MAX) && is_move(&moves[1], "ab", "", 1), "ab>\"\" is not a>b");
    free(moves);
    ok(!transition_counter_is_valid(counter, counter->size - 8), "a size of another block");
    counter->used = counter->size;
    ok(!transition_counter_is_valid(counter, counter->size), "more than there is");
    free(counter);
}

#define MANY_STATES 400

/* 160,000 moves, each counted three times in different orders, then packed; and the damaged packed form. */
static void
test_many_moves(void)
{
    transition_counter *counter = make_counter(TRANSITION_COUNTER_MIN_SIZE);
    char names[MANY_STATES][16];
    move_count *moves, *unpacked;
    unsigned char *packed;
    size_t n = (size_t)MANY_STATES * MANY_STATES, size, found, wrong = 0;
    bool added = true;

    for (int i = 0; i < MANY_STATES; i++)
        snprintf(names[i], sizeof(names[i]), "state %05d", i);
    for (size_t k = 0; k < 3 * n; k++) {
        size_t pair = k * 7919 % n;
        move_count move = move_of(names[pair / MANY_STATES], names[pair % MANY_STATES], (int64_t)pair + 1);

        added = added && add(&counter, &move) == CLM_OK;
    }
    ok(added && counter->n == n, "160,000 distinct moves");
    moves = sorted_moves(counter);
    size = packed_moves_size(moves, n);
    packed = malloc(size);
    pack_moves(moves, n, packed);
    ok(packed_moves_are_valid(packed, size, &found) && found == n, "packed");
    unpacked = malloc(n * sizeof(move_count));
    unpack_moves(packed, n, unpacked);
    for (size_t k = 0; k < n; k++)
        wrong += !is_move(&unpacked[k], names[k / MANY_STATES], names[k % MANY_STATES], 3 * ((int64_t)k + 1));
    ok(wrong == 0, "and unpacked");
    free(unpacked);
    free(packed);
    free(moves);
    free(counter);
}

static bool
packs(const move_count *moves, size_t n)
{
    size_t size = packed_moves_size(moves, n), found;
    unsigned char *packed = malloc(size);
    bool valid;

    pack_moves(moves, n, packed);
    valid = packed_moves_are_valid(packed, size, &found) && found == n;
    free(packed);
    return valid;
}

/* Every prefix of a packed form but those between two moves is refused; none is read beyond its end. */
static void
test_damaged(void)
{
    static char long_name[STATE_NAME_MAX + 2];
    move_count moves[] = {move_of("", "a", 1), move_of("a", "", 2), move_of("a", "b", 3)};
    move_count twice[] = {move_of("a", "b", 1), move_of("a", "b", 1)}, zero = move_of("a", "b", 0);
    move_count descending[] = {move_of("b", "a", 1), move_of("a", "b", 1)}, lengthy = move_of("a", "b", 1);
    size_t size = packed_moves_size(moves, 3), n, accepted = 0;

    for (size_t length = 0; length <= size; length++) {
        unsigned char *all = malloc(size), *part = malloc(length);

        pack_moves(moves, 3, all);
        memcpy(part, all, length);
        accepted += packed_moves_are_valid(part, length, &n);
        free(all);
        free(part);
    }
    ok(accepted == 4, "prefixes of 0, 1, 2 and 3 moves are valid, no others are");
    ok(packs(moves, 3), "ascending");
    ok(!packs(twice, 2) && !packs(descending, 2) && !packs(&zero, 1), "not ascending, not positive");
    memset(long_name, 'x', STATE_NAME_MAX + 1);
    lengthy.to = name_of(long_name);
    ok(!packs(&lengthy, 1), "a name too long");
    long_name[STATE_NAME_MAX] = '\0';
    lengthy.to = name_of(long_name);
    ok(packs(&lengthy, 1), "the longest name");
}

static void
test_distinct_names(void)
{
    move_count moves[] = {move_of("a", "c", 1), move_of("b", "a", 1), move_of("b", "b", 1)};
    const state_name *names[6], *scratch[6];
    size_t n;

    ok(distinct_state_names(moves, 3, names, scratch, &n, NULL) == CLM_OK && n == 3 &&
           *names[0]->bytes == 'a' && *names[1]->bytes == 'b' && *names[2]->bytes == 'c',
       "the three states of three moves");
    ok(distinct_state_names(NULL, 0, NULL, NULL, &n, NULL) == CLM_OK && n == 0, "no moves, no states");
}

/* ---- the chain ---- */

#define MAX_N 5

/* A chain with its own memory, from the numbers of moves n x n. */
typedef struct test_chain {
    markov_chain chain;
    double p[MAX_N * MAX_N];
    bool absorbing[MAX_N];
} test_chain;

static void
fill_chain(test_chain *t, const int64_t *counts, size_t n)
{
    static const char *const names[MAX_N] = {"a", "b", "c", "d", "e"};
    move_count moves[MAX_N * MAX_N];
    double shares[MAX_N * MAX_N];
    size_t from[MAX_N * MAX_N], to[MAX_N * MAX_N], nmoves = 0;

    for (size_t k = 0; k < n * n; k++) {
        if (counts[k] == 0)
            continue;
        from[nmoves] = k / n;
        to[nmoves] = k % n;
        moves[nmoves++] = move_of(names[k / n], names[k % n], counts[k]);
    }
    t->chain = (markov_chain){n, t->p, t->absorbing};
    markov_shares(moves, nmoves, shares);
    markov_estimate(moves, from, to, nmoves, shares, &t->chain);
}

static const int64_t published[] = {70, 30, 0, 25, 45, 30, 0, 0, 0};

static void
test_published(void)
{
    const double rewards[] = {40, -4, 1e9}, p[] = {.7, .3, 0, .25, .45, .3, 0, 0, 1};
    test_chain t;
    double value[3], worst = 0.0;

    fill_chain(&t, published, 3);
    for (int k = 0; k < 9; k++)
        worst = fmax(worst, fabs(t.p[k] - p[k]));
    ok(worst == 0.0 && !t.absorbing[0] && !t.absorbing[1] && t.absorbing[2], "probabilities from counts");
    ok(markov_clv(&t.chain, rewards, .1, value) == CLM_OK, "for ever");
    is_close(value[0], 147.46, 0, .005, "V of the first state");
    is_close(value[1], 49.95, 0, .005, "V of the second state");
    ok(value[2] == 0.0, "an absorbing state is worth nothing, whatever its reward");
    ok(markov_clv_until(&t.chain, rewards, .1, 4, value, NULL) == CLM_OK, "four periods ahead");
    is_close(value[0], 106.04, 0, .005, "V_4 of the first state");
    is_close(value[1], 25.68, 0, .005, "V_4 of the second state");
    ok(value[2] == 0.0, "V_4 of the absorbing state");
    ok(markov_clv_until(&t.chain, rewards, .1, 0, value, NULL) == CLM_OK && value[0] == 40 && value[1] == -4,
       "V_0 is the reward");
}

/* Two states, active and lost, are a constant retention rate. */
static void
test_constant_retention(void)
{
    const int64_t counts[] = {8, 2, 0, 0};
    const double rewards[] = {100, 0};
    constant_retention c = {
        .margin = 100, .retention = .8, .discount = .1, .infinite = true, .advance = true};
    test_chain t;
    double value[2], want;

    fill_chain(&t, counts, 2);
    ok(constant_retention_clv(&c, &want) == CLM_OK && markov_clv(&t.chain, rewards, .1, value) == CLM_OK,
       "for ever");
    is_close(value[0], want, 1e-14, 0, "the value of constant retention");
    is_close(value[0], 366.67, 0, .005, "which is 366.67");
    c.infinite = false;
    for (int periods = 0; periods <= 40; periods += 8) {
        c.periods = periods + 1;
        ok(constant_retention_clv(&c, &want) == CLM_OK &&
               markov_clv_until(&t.chain, rewards, .1, periods, value, NULL) == CLM_OK,
           "%d periods ahead", periods);
        is_close(value[0], want, 1e-14, 0, "is one margin more in advance");
    }
}

/* V = R + P V / (1 + i), also with recurrent states and a tiny discount; the horizon far ahead is for ever. */
static void
test_identities(void)
{
    const int64_t counts[] = {5, 3, 1, 0, 1, 2, 2, 2, 2, 2, 0, 0, 7, 0, 3, 1, 0, 0, 9, 0, 0, 1, 1, 1, 1};
    const double rewards[] = {3, -1, 10, .5, 2}, discounts[] = {1e-6, .01, .1, 2, 1e6};
    test_chain t;

    fill_chain(&t, counts, 5);
    for (size_t k = 0; k < sizeof(discounts) / sizeof(*discounts); k++) {
        double value[5], far[5], i = discounts[k], worst = 0.0, gap = 0.0;

        ok(markov_clv(&t.chain, rewards, i, value) == CLM_OK, "discount %g", i);
        for (int from = 0; from < 5; from++) {
            double expected = 0.0;

            for (int to = 0; to < 5; to++)
                expected += t.p[from * 5 + to] * value[to];
            worst = fmax(worst, fabs(rewards[from] + expected / (1 + i) - value[from]) / fabs(value[from]));
        }
        ok(worst < 1e-13, "solves its equation within %.1g", worst);
        if (i < .01)
            continue;
        ok(markov_clv_until(&t.chain, rewards, i, INT64_MAX, far, NULL) == CLM_OK,
           "a horizon without end ends");
        for (int from = 0; from < 5; from++)
            gap = fmax(gap, fabs(far[from] / value[from] - 1));
        ok(gap < 1e-12, "with the value for ever, within %.1g", gap);
    }
}

static void
test_limits(void)
{
    const int64_t recurrent[] = {1, 1, 1, 1}, transient[] = {1, 1, 0, 0};
    const double rewards[] = {1, 1}, huge[] = {1e308, 1e308};
    test_chain t;
    double value[2];

    fill_chain(&t, recurrent, 2);
    ok(markov_clv(&t.chain, rewards, 0, value) == CLM_DOMAIN &&
           markov_clv(&t.chain, rewards, -.1, value) == CLM_DOMAIN &&
           markov_clv(&t.chain, rewards, INFINITY, value) == CLM_DOMAIN &&
           markov_clv(&t.chain, rewards, NAN, value) == CLM_DOMAIN,
       "no discount, no value for ever");
    ok(markov_clv(&t.chain, rewards, 1e-17, value) == CLM_DIVERGES, "a discount too small to see");
    ok(markov_clv(&t.chain, huge, .1, value) == CLM_OVERFLOW, "a value beyond double");
    ok(markov_clv_until(&t.chain, huge, 0, 100, value, NULL) == CLM_OVERFLOW, "up to a horizon, too");
    ok(markov_clv_until(&t.chain, rewards, -1, 1, value, NULL) == CLM_DOMAIN &&
           markov_clv_until(&t.chain, rewards, 0, -1, value, NULL) == CLM_DOMAIN,
       "limits of a horizon");
    ok(markov_clv_until(&t.chain, rewards, 0, 9, value, NULL) == CLM_OK && value[0] == 10,
       "no discount: ten rewards");
    ok(markov_clv_until(&t.chain, rewards, -.5, 1, value, NULL) == CLM_OK && value[0] == 3,
       "a negative discount");
    ok(markov_clv_until(&t.chain, rewards, 0, 9, value, &stopped) == CLM_STOPPED, "a horizon stops");
    fill_chain(&t, transient, 2);
    ok(markov_clv(&t.chain, rewards, 1e-300, value) == CLM_OK,
       "customers who all leave need no discount to speak of");
    is_close(value[0], 2, 1e-15, 0, "two rewards on average");
    t.chain.n = 0;
    ok(markov_clv(&t.chain, NULL, .1, NULL) == CLM_OK &&
           markov_clv_until(&t.chain, NULL, .1, 1, NULL, NULL) == CLM_OK,
       "no states");
}

static void
test_forecast(void)
{
    const double start[] = {1000, 0, 0}, huge[] = {1.7e308, 1.7e308, 1.7e308};
    double mix[3], next[3];
    bool moved = true;
    test_chain t;

    fill_chain(&t, published, 3);
    ok(markov_step(&t.chain, start, mix) == CLM_OK && fabs(mix[0] - 700) < 1e-9 &&
           fabs(mix[1] - 300) < 1e-9 && mix[2] == 0,
       "one step ahead");
    for (int step = 2; step <= 1000; step++) {
        moved = moved && markov_step(&t.chain, mix, next) == CLM_OK;
        memcpy(mix, next, sizeof(mix));
        if (step == 2)
            ok(fabs(mix[0] - 565) < 1e-9 && fabs(mix[1] - 345) < 1e-9 && fabs(mix[2] - 90) < 1e-9, "by hand");
    }
    ok(moved, "a thousand steps ahead");
    is_close(mix[0] + mix[1] + mix[2], 1000, 1e-12, 0, "the total stays");
    is_close(mix[2], 1000, 1e-12, 0, "and all have been absorbed");
    ok(markov_step(&t.chain, huge, next) == CLM_OVERFLOW, "a sum beyond double");
}

int
main(void)
{
    test_names();
    test_counter();
    test_many_moves();
    test_damaged();
    test_distinct_names();
    test_published();
    test_constant_retention();
    test_identities();
    test_limits();
    test_forecast();
    return done_testing();
}
