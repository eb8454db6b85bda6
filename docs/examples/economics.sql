-- # Economics and levers
-- The drivers of a customer's value, and what moving them is worth.

-- clm.economics, clm.margin, clm.retention
SELECT clm.margin(e), clm.retention(e), clm.clv(e)
FROM clm.economics(revenue => 60, gross_margin => .45, service_cost => 8, churn => .03, bad_debt => .02, winback => .005, acquisition_cost => 55) e;

-- clm.elasticity: One percent more renewals bring 4.73 % more value, one percent less discount .43 % (Gupta, Lehmann & Stuart 2004)
SELECT driver, clm.elasticity(clm.economics(revenue => 100, expiring => 1, renewal => .8, discount => .1, acquisition_cost => 160), driver)
FROM unnest(ARRAY['renewal', 'discount']) driver;

-- clm.breakeven: A price rise from 100 to 110 pays as long as churn stays below this
SELECT clm.breakeven(clm.economics(revenue => 110, churn => .2, discount => .1), 'churn', target => clm.clv(clm.economics(revenue => 100, churn => .2, discount => .1)));

-- clm.apply: Cheaper service that makes more customers leave
SELECT clm.clv(e) AS before, clm.clv(clm.apply(e, ARRAY[('IVR', 'service_cost', -1.5), ('IVR', 'churn', .004)]::clm.effect[])) AS after
FROM clm.economics(revenue => 60, gross_margin => .45, service_cost => 8, churn => .03) e;

-- clm.lever_value: Three initiatives, alone and together
SELECT l.* FROM clm.lever_value(
    clm.economics(revenue => 60, gross_margin => .45, service_cost => 8, churn => .03, bad_debt => .02, winback => .005, acquisition_cost => 55),
    ARRAY[('save desk', 'save', .15), ('save desk', 'revenue', -2), ('IVR', 'service_cost', -1.5), ('IVR', 'churn', .004),
          ('IVR', 'cross_sell', -.5), ('data plan', 'revenue', 6), ('data plan', 'service_cost', 1.5)]::clm.effect[]) l;
