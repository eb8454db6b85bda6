-- # Pilots
-- Did the action work, and how many customers does it take to see that?

-- clm.uplift: 4,300 of 5,000 treated customers stay, and 4,200 of 5,000 others
SELECT u.mean_treated, u.mean_control, u.lift, u.ci_low, u.ci_high, u.p_value
FROM (SELECT (clm.uplift(i <= 5000, i <= 4300 OR i BETWEEN 5001 AND 9200)).* FROM generate_series(1, 10000) i) u;

-- clm.sample_size: Customers that each arm needs to see a share rise from 84 to 86 %
SELECT clm.sample_size(.84, .86);
