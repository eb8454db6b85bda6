/*
 * Moves between named states: the hash table that counts them, and the packed form in which they are stored.
 */
#include "transitions.h"

#include <string.h>

/* ---- names ---- */

int
state_name_compare(const state_name *a, const state_name *b)
{
    size_t common = a->length < b->length ? a->length : b->length;
    int order = common > 0 ? memcmp(a->bytes, b->bytes, common) : 0;

    return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

typedef const state_name *state_reference;

#define SORT_NAME sort_references
#define SORT_TYPE state_reference
#define SORT_LESS(a, b) (state_name_compare(*(a), *(b)) < 0)
#include "sort.h"

clm_status
sort_state_names(const state_name **names, size_t n, const state_name **scratch, const clm_stop *stop)
{
    return sort_references(names, n, scratch, stop) ? CLM_OK : CLM_STOPPED;
}

const state_name *
find_state_name(const state_name *const *names, size_t n, const state_name *name)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = state_name_compare(names[middle], name);

        if (order == 0)
            return names[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

clm_status
distinct_state_names(const move_count *moves, size_t n, const state_name **names, const state_name **scratch,
                     size_t *count, const clm_stop *stop)
{
    clm_status status;

    for (size_t i = 0; i < n; i++) {
        names[2 * i] = &moves[i].from;
        names[2 * i + 1] = &moves[i].to;
    }
    *count = 0;
    status = sort_state_names(names, 2 * n, scratch, stop);
    if (status != CLM_OK)
        return status;
    for (size_t i = 0; i < 2 * n; i++) {
        if (*count == 0 || state_name_compare(names[*count - 1], names[i]) != 0)
            names[(*count)++] = names[i];
    }
    return CLM_OK;
}

/* ---- the counter ---- */

/* A move in a counter; the two names follow, filled up with zeros to whole words. */
typedef struct counted_move {
    int64_t count;
    uint32_t hash;
    uint16_t from_length;
    uint16_t to_length;
} counted_move;

/* A slot is 0, or 1 + the word at which its move starts. */
static uint32_t *
counter_slots(const transition_counter *counter)
{
    return (uint32_t *)counter->area;
}

static uint64_t *
counter_moves(const transition_counter *counter)
{
    return (uint64_t *)counter->area + counter->nslots / 2;
}

static char *
move_names(const counted_move *move)
{
    return (char *)(move + 1);
}

static size_t
move_words(size_t from_length, size_t to_length)
{
    return (sizeof(counted_move) + from_length + to_length + 7) / 8;
}

/*
 * The largest power of two of slots that take no more than half of the block: more than size / 16, whereas
 * moves have less than 3/4 of the block and take 16 bytes at least. So less than three quarters of the slots
 * are ever taken.
 */
static uint32_t
slots_of_size(size_t size)
{
    uint32_t nslots = 2;

    while ((size_t)nslots * 2 <= size / 8)
        nslots *= 2;
    return nslots;
}

static size_t
words_for_moves(const transition_counter *counter)
{
    return (counter->size - sizeof(*counter)) / 8 - counter->nslots / 2;
}

void
transition_counter_init(transition_counter *counter, size_t size)
{
    counter->size = (uint32_t)size;
    counter->nslots = slots_of_size(size);
}

bool
transition_counter_is_valid(const transition_counter *counter, size_t size)
{
    uint32_t nslots = counter->nslots;

    /* Without the loop of slots_of_size: this is asked for every row. */
    return size >= TRANSITION_COUNTER_MIN_SIZE && size <= TRANSITION_COUNTER_MAX_SIZE &&
           counter->size == size && nslots <= size / 8 && nslots > size / 16 &&
           (nslots & (nslots - 1)) == 0 && counter->used <= words_for_moves(counter) &&
           counter->n <= counter->used / 2;
}

/* FNV-1a over both names, with the length of the first between them, and its bits mixed at the end. */
static uint32_t
hash_names(const state_name *from, const state_name *to)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (size_t i = 0; i < from->length; i++)
        hash = (hash ^ (unsigned char)from->bytes[i]) * 0x100000001b3u;
    hash = (hash ^ from->length) * 0x100000001b3u;
    for (size_t i = 0; i < to->length; i++)
        hash = (hash ^ (unsigned char)to->bytes[i]) * 0x100000001b3u;
    hash ^= hash >> 32;
    hash *= 0xd6e8feb86659fd93u;
    return (uint32_t)(hash >> 32);
}

static bool
is_move(const counted_move *counted, uint32_t hash, const move_count *move)
{
    return counted->hash == hash && counted->from_length == move->from.length &&
           counted->to_length == move->to.length &&
           memcmp(move_names(counted), move->from.bytes, move->from.length) == 0 &&
           memcmp(move_names(counted) + move->from.length, move->to.bytes, move->to.length) == 0;
}

/* The slot of the move: the one that has it, or else the free one where it belongs. */
static uint32_t *
find_slot(const transition_counter *counter, uint32_t hash, const move_count *move)
{
    uint32_t *slots = counter_slots(counter);
    uint32_t mask = counter->nslots - 1, i = hash & mask;

    while (slots[i] != 0 && !is_move((counted_move *)(counter_moves(counter) + slots[i] - 1), hash, move))
        i = (i + 1) & mask;
    return &slots[i];
}

static clm_status
append_move(transition_counter *counter, uint32_t *slot, uint32_t hash, const move_count *move)
{
    size_t words = move_words(move->from.length, move->to.length);
    counted_move *counted = (counted_move *)(counter_moves(counter) + counter->used);

    if (words > words_for_moves(counter) - counter->used)
        return CLM_TOO_MANY;
    *slot = counter->used + 1;
    counted->count = move->count;
    counted->hash = hash;
    counted->from_length = (uint16_t)move->from.length;
    counted->to_length = (uint16_t)move->to.length;
    memcpy(move_names(counted), move->from.bytes, move->from.length);
    memcpy(move_names(counted) + move->from.length, move->to.bytes, move->to.length);
    counter->used += (uint32_t)words;
    counter->n++;
    return CLM_OK;
}

clm_status
transition_counter_add(transition_counter *counter, const move_count *move)
{
    uint32_t hash = hash_names(&move->from, &move->to);
    uint32_t *slot = find_slot(counter, hash, move);
    counted_move *counted;

    if (*slot == 0)
        return append_move(counter, slot, hash, move);
    counted = (counted_move *)(counter_moves(counter) + *slot - 1);
    if (counted->count > INT64_MAX - move->count)
        return CLM_OVERFLOW;
    counted->count += move->count;
    return CLM_OK;
}

void
transition_counter_copy(transition_counter *to, const transition_counter *from)
{
    uint32_t *slots = counter_slots(to), mask = to->nslots - 1;

    memcpy(counter_moves(to), counter_moves(from), (size_t)from->used * 8);
    to->n = from->n;
    to->used = from->used;
    for (uint32_t at = 0; at < to->used;) {
        counted_move *counted = (counted_move *)(counter_moves(to) + at);
        uint32_t i = counted->hash & mask;

        while (slots[i] != 0)
            i = (i + 1) & mask;
        slots[i] = at + 1;
        at += (uint32_t)move_words(counted->from_length, counted->to_length);
    }
}

bool
transition_counter_next(const transition_counter *counter, size_t *at, move_count *move)
{
    const counted_move *counted = (const counted_move *)(counter_moves(counter) + *at);

    if (*at >= counter->used)
        return false;
    move->from = (state_name){move_names(counted), counted->from_length};
    move->to = (state_name){move_names(counted) + counted->from_length, counted->to_length};
    move->count = counted->count;
    *at += move_words(counted->from_length, counted->to_length);
    return true;
}

/* ---- the packed form ---- */

#define PACKED_HEADER_SIZE (sizeof(int64_t) + 2 * sizeof(uint16_t))

static int
compare_moves(const move_count *a, const move_count *b)
{
    int order = state_name_compare(&a->from, &b->from);

    return order != 0 ? order : state_name_compare(&a->to, &b->to);
}

#define SORT_NAME sort_by_names
#define SORT_TYPE move_count
#define SORT_LESS(a, b) (compare_moves(a, b) < 0)
#include "sort.h"

clm_status
sort_moves(move_count *moves, size_t n, move_count *scratch, const clm_stop *stop)
{
    return sort_by_names(moves, n, scratch, stop) ? CLM_OK : CLM_STOPPED;
}

size_t
packed_moves_size(const move_count *moves, size_t n)
{
    size_t size = 0;

    for (size_t i = 0; i < n; i++)
        size += PACKED_HEADER_SIZE + moves[i].from.length + moves[i].to.length;
    return size;
}

void
pack_moves(const move_count *moves, size_t n, unsigned char *packed)
{
    for (const move_count *move = moves; move < moves + n; move++) {
        uint16_t lengths[2] = {(uint16_t)move->from.length, (uint16_t)move->to.length};

        memcpy(packed, &move->count, sizeof(move->count));
        memcpy(packed + sizeof(move->count), lengths, sizeof(lengths));
        packed += PACKED_HEADER_SIZE;
        memcpy(packed, move->from.bytes, move->from.length);
        memcpy(packed + move->from.length, move->to.bytes, move->to.length);
        packed += move->from.length + move->to.length;
    }
}

/* Bytes of the packed move whose header is here. */
static size_t
packed_move_size(const unsigned char *packed)
{
    uint16_t lengths[2];

    memcpy(lengths, packed + sizeof(int64_t), sizeof(lengths));
    return PACKED_HEADER_SIZE + lengths[0] + lengths[1];
}

static void
unpack_move(const unsigned char *packed, move_count *move)
{
    uint16_t lengths[2];
    const char *names = (const char *)packed + PACKED_HEADER_SIZE;

    memcpy(&move->count, packed, sizeof(move->count));
    memcpy(lengths, packed + sizeof(move->count), sizeof(lengths));
    move->from = (state_name){names, lengths[0]};
    move->to = (state_name){names + lengths[0], lengths[1]};
}

bool
packed_moves_are_valid(const unsigned char *packed, size_t size, size_t *n)
{
    move_count previous = {{NULL, 0}, {NULL, 0}, 0}, move;

    for (*n = 0; size > 0; (*n)++) {
        size_t move_size = size < PACKED_HEADER_SIZE ? SIZE_MAX : packed_move_size(packed);

        if (move_size > size)
            return false;
        unpack_move(packed, &move);
        if (move.count < 1 || move.from.length > STATE_NAME_MAX || move.to.length > STATE_NAME_MAX ||
            (*n > 0 && compare_moves(&previous, &move) >= 0))
            return false;
        previous = move;
        packed += move_size;
        size -= move_size;
    }
    return true;
}

void
unpack_moves(const unsigned char *packed, size_t n, move_count *moves)
{
    for (size_t i = 0; i < n; i++) {
        unpack_move(packed, &moves[i]);
        packed += packed_move_size(packed);
    }
}
