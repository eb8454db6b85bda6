/*
 * The families that a customer model may have. A new one is one row here, at the end: states of aggregates may hold a
 * family by its place.
 */
#include "family.h"

extern const customer_family bgnbd_family, mbgnbd_family, paretonbd_family, bgbb_family, bgcnbd_family,
    mbgcnbd_family;

const customer_family *const customer_families[] = {
    &mbgnbd_family, &bgnbd_family, &paretonbd_family, &bgbb_family, &bgcnbd_family, &mbgcnbd_family, NULL};

static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool
family_name_is(const char *family, const char *name, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (family[i] == '\0' || family[i] != lower(name[i]))
            return false;
    return family[length] == '\0';
}

const customer_family *
customer_family_by_name(const char *name, size_t length)
{
    for (const customer_family *const *family = customer_families; *family != NULL; family++)
        if (family_name_is((*family)->name, name, length))
            return *family;
    return NULL;
}

int
customer_family_place(const customer_family *family)
{
    int i = 0;

    while (customer_families[i] != family)
        i++;
    return i;
}

const customer_family *
customer_family_at(double place)
{
    for (int i = 0; customer_families[i] != NULL; i++)
        if (place == i)
            return customer_families[i];
    return NULL;
}
