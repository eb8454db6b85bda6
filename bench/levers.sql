-- lever_value with eleven initiatives for 100,000 customers, and the same exact Shapley values written in PL/pgSQL for as
-- many of them as take a few seconds: customers a second of both, in turns. It runs alone, too:
-- scripts/with-cluster psql -X -q -f bench/levers.sql
\ir common.sql
SELECT pg_temp.configure('{}') \g /dev/null

CREATE TEMP TABLE lever_customer AS
    SELECT id, clm.economics(conversion => .5, acquisition_cost => 20, revenue => 40 + id % 60, service_cost => 6 + id % 5,
                             cross_sell => id % 3, price => 1, renewal => .7, expiring => .04, migration => .5,
                             save => .1, churn => .02 + id % 30 * .001, bad_debt => .02, winback => .005, winback_cost => .2,
                             gross_margin => .45, discount => .01) AS e
    FROM generate_series(1, 100000) id;
-- One initiative a lever, most of them with a side effect
CREATE TEMP TABLE lever_programme AS
    SELECT ARRAY[('brand', 'conversion', .05), ('brand', 'acquisition_cost', 2), ('direct sales', 'acquisition_cost', -4),
                 ('data plan', 'revenue', 6), ('data plan', 'service_cost', 1.5), ('self-service', 'service_cost', -1.5),
                 ('self-service', 'churn', .004), ('bundle', 'cross_sell', 2), ('price rise', 'price', .05),
                 ('price rise', 'churn', .003), ('contract offer', 'renewal', .1), ('contract offer', 'revenue', -1),
                 ('new brand', 'migration', -.4), ('new brand', 'churn', -.002), ('save desk', 'save', .15),
                 ('save desk', 'revenue', -2), ('credit check', 'bad_debt', -.01), ('credit check', 'conversion', -.02),
                 ('win-back', 'winback', .01), ('win-back', 'winback_cost', .3)]::clm.effect[] AS effects;

-- The values of n initiatives, whose deltas are 16 a row of `delta` in the order of the fields of clm.economics. The
-- combinations come in the order of a Gray code: each is the one before with one initiative more or less.
CREATE FUNCTION pg_temp.shapley(e clm.economics, n integer, delta float8[]) RETURNS float8[] LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    conversion float8 := (e).conversion;
    acquisition_cost float8 := (e).acquisition_cost;
    revenue float8 := (e).revenue;
    service_cost float8 := (e).service_cost;
    cross_sell float8 := (e).cross_sell;
    price float8 := (e).price;
    renewal float8 := (e).renewal;
    expiring float8 := (e).expiring;
    migration float8 := (e).migration;
    save float8 := (e).save;
    churn float8 := (e).churn;
    bad_debt float8 := (e).bad_debt;
    winback float8 := (e).winback;
    winback_cost float8 := (e).winback_cost;
    gross_margin float8 := (e).gross_margin;
    discount float8 := (e).discount;
    size integer := 0;
    weight_of_size float8[] := ARRAY[1::float8 / n];
    v float8[] := array_fill(0::float8, ARRAY[1 << n]);
    weight float8[] := array_fill(0::float8, ARRAY[1 << n]);
    phi float8[] := '{}';
    combination integer := 0;
    other integer;
    d integer;
    sign float8;
    loss float8;
    gain float8;
BEGIN
    FOR s IN 1 .. n - 1 LOOP
        weight_of_size[s + 1] := weight_of_size[s] * s / (n - s);
    END LOOP;
    FOR j IN 0 .. (1 << n) - 1 LOOP
        IF j > 0 THEN
            -- The initiative of the lowest bit of j joins or leaves
            other := combination # (j & -j);
            sign := CASE WHEN other > combination THEN 1 ELSE -1 END;
            size := size + sign;
            combination := other;
            d := (ln((j & -j)::float8) / ln(2::float8))::integer * 16;
            conversion := conversion + sign * delta[d + 1];
            acquisition_cost := acquisition_cost + sign * delta[d + 2];
            revenue := revenue + sign * delta[d + 3];
            service_cost := service_cost + sign * delta[d + 4];
            cross_sell := cross_sell + sign * delta[d + 5];
            price := price + sign * delta[d + 6];
            renewal := renewal + sign * delta[d + 7];
            expiring := expiring + sign * delta[d + 8];
            migration := migration + sign * delta[d + 9];
            save := save + sign * delta[d + 10];
            churn := churn + sign * delta[d + 11];
            bad_debt := bad_debt + sign * delta[d + 12];
            winback := winback + sign * delta[d + 13];
            winback_cost := winback_cost + sign * delta[d + 14];
            gross_margin := gross_margin + sign * delta[d + 15];
            discount := discount + sign * delta[d + 16];
        END IF;
        weight[combination + 1] := weight_of_size[size + 1];
        loss := expiring * (1 - renewal) + (1 - expiring) * churn * (1 - save);
        v[combination + 1] := conversion * (((revenue * (gross_margin + (price - 1) - bad_debt * price) + cross_sell + migration - service_cost)
                                             * (1 + discount) * (discount + winback) - loss * winback_cost)
                                            / (discount * (discount + loss + winback))) - acquisition_cost;
    END LOOP;
    FOR k IN 0 .. n - 1 LOOP
        gain := 0;
        other := 1 << k;
        FOR start IN 1 .. 1 << n BY 2 << k LOOP
            FOR s IN start .. start + other - 1 LOOP
                gain := gain + weight[s] * (v[s + other] - v[s]);
            END LOOP;
        END LOOP;
        phi[k + 1] := gain;
    END LOOP;
    RETURN phi;
END
$$;

CREATE TEMP TABLE lever_delta AS
    WITH initiative AS (SELECT initiative, min(n) AS first FROM lever_programme, unnest(effects) WITH ORDINALITY f(initiative, driver, delta, n) GROUP BY 1),
         field AS (SELECT attname, attnum FROM pg_attribute WHERE attrelid = 'clm.economics'::regclass AND attnum > 0)
    SELECT (SELECT count(*)::integer FROM initiative) AS n,
           array_agg(coalesce((SELECT sum(delta) FROM lever_programme, unnest(effects) f
                               WHERE f.initiative = i.initiative AND f.driver = attname), 0) ORDER BY first, attnum) AS delta
    FROM initiative i, field;

-- The first round warms caches and does not count
CREATE TEMP TABLE lever_run (round integer, clm float8, plpgsql float8);
INSERT INTO lever_run
    SELECT round, 100000 / l.ms * 1000, 200 / p.ms * 1000
    FROM generate_series(0, 3) round,
        LATERAL (SELECT ms FROM pg_temp.timed('SELECT sum(v.shapley) FROM lever_customer, lever_programme, clm.lever_value(e, effects) v /* ' || round || ' */')) l,
        LATERAL (SELECT ms FROM pg_temp.timed('SELECT sum(phi[1]) FROM (SELECT pg_temp.shapley(e, n, delta) AS phi FROM lever_customer, lever_delta WHERE id <= 200 OFFSET 0) q /* '
                                              || round || ' */')) p;
SELECT max(abs(v.shapley - phi[n])) < 1e-9 AS agree
FROM lever_customer, lever_programme, LATERAL (SELECT pg_temp.shapley(e, d.n, d.delta) AS phi FROM lever_delta d OFFSET 0) p,
    clm.lever_value(e, effects) WITH ORDINALITY v(initiative, alone, shapley, joint, n) WHERE id <= 20 \gset
\if :agree
\else
    \warn 'lever_value and PL/pgSQL do not agree'
    \quit
\endif
INSERT INTO bench_result (section, what, yardstick, value, unit)
    SELECT 'levers', 'lever_value, 11 initiatives', '', percentile_cont(.5) WITHIN GROUP (ORDER BY clm), 'customers/s' FROM lever_run WHERE round > 0;
INSERT INTO bench_result (section, what, yardstick, value, least, most, target, at_least)
    SELECT 'levers', 'lever_value, 11 initiatives: customers a second', 'the same in PL/pgSQL', percentile_cont(.5) WITHIN GROUP (ORDER BY clm / plpgsql),
           min(clm / plpgsql), max(clm / plpgsql), 200, true FROM lever_run WHERE round > 0;
\if :{?customers}
\else
    \ir summary.sql
\endif
