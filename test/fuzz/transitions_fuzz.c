/*
 * Moves between states: what is counted is what is read, packed and unpacked; bytes in place of packed moves are refused
 * or have a single meaning; a chain's probabilities and values are numbers.
 */
#include "../../src/core/markov.h"
#include "../../src/core/transitions.h"
#include "fuzz.h"

#define MOST_MOVES 40

static char names[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

static state_name
read_name(fuzz_input *in)
{
    return (state_name){names + fuzz_pick(in, 8), fuzz_pick(in, fuzz_byte(in) < 16 ? 44 : 4)};
}

static transition_counter *
make_counter(size_t size)
{
    transition_counter *counter = calloc(1, size);

    CHECK(counter != NULL);
    transition_counter_init(counter, size);
    CHECK(transition_counter_is_valid(counter, size));
    return counter;
}

static size_t
read_counter(const transition_counter *counter, move_count *moves)
{
    size_t at = 0, n = 0;

    while (transition_counter_next(counter, &at, &moves[n]))
        n++;
    return n;
}

static void
check_chain(fuzz_input *in, const move_count *moves, size_t n)
{
    const state_name *sorted[2 * MOST_MOVES], *scratch[2 * MOST_MOVES];
    size_t count, from[MOST_MOVES], to[MOST_MOVES];
    double shares[MOST_MOVES], p[4 * MOST_MOVES * MOST_MOVES], rewards[2 * MOST_MOVES], value[2 * MOST_MOVES];
    bool absorbing[2 * MOST_MOVES];
    markov_chain chain = {0, p, absorbing};
    double discount = fuzz_double(in);

    CHECK(distinct_state_names(moves, n, sorted, scratch, &count, NULL) == CLM_OK);
    chain.n = count;
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < count; i++) {
            if (state_name_compare(sorted[i], &moves[k].from) == 0)
                from[k] = i;
            if (state_name_compare(sorted[i], &moves[k].to) == 0)
                to[k] = i;
        }
    markov_shares(moves, n, shares);
    markov_estimate(moves, from, to, n, shares, &chain);
    for (size_t i = 0; i < count; i++) {
        double sum = 0;

        for (size_t j = 0; j < count; j++) {
            CHECK(is_share(p[i * count + j]));
            sum += p[i * count + j];
        }
        CHECK(is_close_to(sum, 1, 0, 1e-12));
        rewards[i] = fuzz_finite(in);
    }
    if (markov_clv(&chain, rewards, discount, value) == CLM_OK)
        for (size_t i = 0; i < count; i++)
            CHECK(isfinite(value[i]));
    if (markov_clv_until(&chain, rewards, discount, fuzz_between(in, -1, 50), value, NULL) == CLM_OK)
        for (size_t i = 0; i < count; i++)
            CHECK(isfinite(value[i]));
}

static void
check_packed(fuzz_input *in, move_count *moves, size_t n, int64_t total)
{
    move_count scratch[MOST_MOVES], again[MOST_MOVES];
    size_t size, count;
    unsigned char *packed;

    CHECK(sort_moves(moves, n, scratch, NULL) == CLM_OK);
    size = packed_moves_size(moves, n);
    packed = malloc(size + 1);
    CHECK(packed != NULL);
    pack_moves(moves, n, packed);
    CHECK(packed_moves_are_valid(packed, size, &count) && count == n);
    unpack_moves(packed, n, again);
    for (size_t i = 0; i < n; i++) {
        CHECK(state_name_compare(&moves[i].from, &again[i].from) == 0 &&
              state_name_compare(&moves[i].to, &again[i].to) == 0 && moves[i].count == again[i].count);
        total -= again[i].count;
    }
    CHECK(total == 0);
    check_chain(in, again, n);
    free(packed);
}

static void
check_counter(fuzz_input *in)
{
    size_t n = fuzz_pick(in, MOST_MOVES + 1);
    size_t size = TRANSITION_COUNTER_MIN_SIZE + 8 * fuzz_pick(in, 100);
    transition_counter *counter = make_counter(size), *copy;
    move_count moves[MOST_MOVES], copied[MOST_MOVES];
    int64_t total = 0;

    for (size_t i = 0; i < n; i++) {
        move_count move = {read_name(in), read_name(in), 1 + fuzz_count(in) / 2};
        clm_status status = transition_counter_add(counter, &move);

        CHECK(status == CLM_OK || status == CLM_TOO_MANY || status == CLM_OVERFLOW);
        /* The sum over moves may leave the range though no count does. */
        if (status == CLM_OK && __builtin_add_overflow(total, move.count, &total)) {
            free(counter);
            return;
        }
        CHECK(transition_counter_is_valid(counter, size));
    }
    copy = make_counter(2 * size);
    transition_counter_copy(copy, counter);
    n = read_counter(counter, moves);
    CHECK(n == counter->n && read_counter(copy, copied) == n);
    if (n > 0)
        check_packed(in, moves, n, total);
    free(counter);
    free(copy);
}

static void
check_bytes(fuzz_input *in)
{
    size_t size = in->left, n;
    unsigned char *bytes = malloc(size + 1), *again;
    move_count *moves;

    CHECK(bytes != NULL);
    memcpy(bytes, in->at, size);
    if (packed_moves_are_valid(bytes, size, &n)) {
        moves = malloc((n + 1) * sizeof(*moves));
        again = malloc(size + 1);
        CHECK(moves != NULL && again != NULL);
        unpack_moves(bytes, n, moves);
        CHECK(packed_moves_size(moves, n) == size);
        pack_moves(moves, n, again);
        CHECK(memcmp(bytes, again, size) == 0);
        free(again);
        free(moves);
    }
    free(bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input in = {bytes, size};

    if (fuzz_byte(&in) < 176)
        check_counter(&in);
    else
        check_bytes(&in);
    return 0;
}
