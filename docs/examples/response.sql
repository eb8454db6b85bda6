-- # Response models
-- The probability that something happens to a customer, from signals, and what speaks for it.

-- clm.response_model: Fitted to who leaves, by days since the last purchase and number of purchases
SELECT d.* FROM (SELECT clm.response_model(clm.occasions(h, date '2024-06-30', date '2024-12-31') = 0,
                                           ARRAY[clm.recency(h, date '2024-06-30'), clm.occasions(h, NULL, date '2024-06-30')]) AS m
                 FROM customers WHERE clm.occasions(h, NULL, date '2024-06-30') > 0) q,
    LATERAL clm.describe(m, ARRAY['days silent', 'purchases']) d;

-- clm.reasons: Weights from elsewhere: what makes this customer's score
SELECT r.* FROM clm.reasons(clm.response_model(ARRAY[-2.2, 1.1, .8, -.6], ARRAY[.4, .1, 1]), ARRAY[1.5, .2, 2], ARRAY['complaints', 'late bills', 'contracts']) r;
