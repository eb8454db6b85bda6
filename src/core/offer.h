/*
 * The value of one offer to one customer, and the loss that credit to one customer leads to.
 */
#ifndef CLM_OFFER_H
#define CLM_OFFER_H

#include "core.h"

typedef struct offer {
    double need;         /* probability that the customer would not do it without the offer, in [0, 1] */
    double accept;       /* probability that who needs the offer takes it, in [0, 1] */
    double value;        /* of the customer who is won or kept by it, money */
    double offer_cost;   /* of the offer to who takes it, money, >= 0 */
    double contact_cost; /* of the contact, taken or not, money, >= 0 */
    double waste;        /* probability that who does not need the offer takes it, in [0, 1] */
} offer;

/*
 * Expected profit of the contact: need accept (value - offer_cost) - (1 - need) waste offer_cost - contact_cost.
 * With need = P(churn) it is the profit of a retention contact (Neslin, Gupta, Kamakura, Lu & Mason 2006, one customer of
 * their equation), with need = 1 that of a win-back, an acquisition or a cross-sell (Stauss & Friege 1999).
 * CLM_DOMAIN; CLM_OVERFLOW.
 */
extern clm_status offer_value(const offer *o, double *value);

/* Expected loss of credit: probability of default x share lost then x exposure, money. CLM_DOMAIN; CLM_OVERFLOW. */
extern clm_status offer_expected_loss(double pd, double lgd, double ead, double *value);

#endif
