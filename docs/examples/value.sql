-- # Value in five parts
-- What a customer is worth beyond his own purchases.

-- clm.cpv: Spending of 12,000 in the category, 35 % of it here, at a margin of 30 %
SELECT clm.cpv(12000, .35, .30), clm.cpv(12000, 1 - .35, .30) AS wallet_gap;

-- clm.sum: The parts of a customer base
SELECT (s).*, clm.total(s)
FROM (SELECT clm.sum(v) AS s FROM (VALUES (ROW(1260, 1260, 2, NULL, 40)::clm.value), (ROW(1920, NULL, 2, NULL, NULL)::clm.value)) c(v)) q;
