/*
 * The families that a customer model may have. A new one is one row here.
 */
#include <string.h>

#include "family.h"

extern const customer_family bgnbd_family, mbgnbd_family, paretonbd_family, bgbb_family, bgcnbd_family,
    mbgcnbd_family;

const customer_family *const customer_families[] = {
    &mbgnbd_family, &bgnbd_family, &paretonbd_family, &bgbb_family, &bgcnbd_family, &mbgcnbd_family, NULL};

const customer_family *
customer_family_by_name(const char *name, size_t length)
{
    for (const customer_family *const *family = customer_families; *family != NULL; family++)
        if (strlen((*family)->name) == length && memcmp((*family)->name, name, length) == 0)
            return *family;
    return NULL;
}
