/*
 * The composite clm.economics.
 */
#ifndef CLM_SERVER_ECONOMICS_H
#define CLM_SERVER_ECONOMICS_H

#include "composite.h"

#include "core/economics.h"

/* The economics of a datum; a NULL field has its initial value. An error where a field is outside its domain. */
extern void read_economics(HeapTupleHeader header, economics *e);

/* The driver of that name; an error that lists the known ones otherwise. */
extern economics_driver get_driver(const char *name, int length);

#endif
