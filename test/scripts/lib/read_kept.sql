-- For tests: what is read from the values that keep.sql keeps, by functions of every part of the extension; the same lines each time.
SET extra_float_digits = 1;
SET search_path = kept, pg_catalog;

-- A value as text, without the attributes that an upgrade has added.
CREATE FUNCTION pg_temp.plain(value anyelement) RETURNS text LANGUAGE sql AS $$
    SELECT replace(replace(to_jsonb(value)::text, ', "added_by_test": null', ''), '"added_by_test": null, ', '')
$$;

-- Every state goes into its combine function with itself, and both into the final function.
SELECT format('SELECT %L, md5(string_agg(pg_temp.plain(%s(v)), '' '' ORDER BY id)), md5(string_agg(pg_temp.plain(%s(%s(v, v))), '' '' ORDER BY id)) FROM kept.%I', a.aggfinalfn::regproc, a.aggfinalfn::regproc, a.aggfinalfn::regproc, a.aggcombinefn::regproc, t.typname)
FROM (SELECT DISTINCT aggfinalfn, aggcombinefn, aggtranstype FROM pg_aggregate) a JOIN pg_type t ON t.oid = a.aggtranstype JOIN pg_proc f ON f.oid = a.aggfinalfn
WHERE t.typnamespace = 'clm'::regnamespace AND f.pronargs = 1 ORDER BY a.aggfinalfn::text \gexec
SELECT 'histories', md5(string_agg(concat_ws(' ', clm.merge(v, v), clm.occasions(v), clm.total(v), clm.trend(v, '2024-12-31', 30, 6), clm.lifecycle_stage(v, '2024-12-31'), pg_temp.plain(clm.rfm(v, '2024-12-31'))), ' ' ORDER BY id)) FROM kept.history WHERE id <= 400;
SELECT 'rollup', md5(clm.rollup(v)::text) FROM kept.history WHERE id <= 400;
SELECT 'scores', m.id, md5(string_agg(pg_temp.plain(s), ' ' ORDER BY c.id)) FROM kept.customer_model m, kept.sample c, LATERAL clm.scores(c.h, '2024-12-31', m.v, level => .9) s
WHERE (m.v).purchase_effects IS NULL AND c.id <= 40 GROUP BY m.id ORDER BY m.id;
SELECT 'of stored summaries', md5(string_agg(concat_ws(' ', clm.p_alive(r.v, m.v), clm.churn_score(r.v, m.v, 12), clm.clv(r.v, m.v, 52)), ' ' ORDER BY r.id)) FROM kept.rfm r, kept.customer_model m WHERE m.id = 3 AND r.id <= 100;
SELECT 'with covariates', md5(string_agg(pg_temp.plain(clm.scores(c.h, '2024-12-31', clm.given(m.v, c.z))), ' ' ORDER BY c.id)) FROM kept.customer_model m, kept.sample c WHERE (m.v).purchase_effects IS NOT NULL AND c.id <= 40;
SELECT 'models', id, clm.aic(v), clm.bic(v), (SELECT md5(string_agg(d::text, ' ')) FROM clm.describe(v) d) FROM kept.customer_model ORDER BY id;
SELECT 'contracts', id, clm.survival(v, 5), clm.churn_score(v, 3), (SELECT md5(string_agg(p::text, ' ')) FROM clm.points(v, 12) p) FROM kept.retention_model ORDER BY id;
SELECT 'signals', md5(string_agg(concat_ws(' ', clm.score(m.v, c.x), clm.churn_score(m.v, c.x)), ' ' ORDER BY c.id)) FROM kept.response_model m, kept.sample c;
SELECT 'points', md5(string_agg(p::text, ' ')) FROM kept.tracking t, kept.customer_model m, LATERAL clm.points(t.v, m.v) p WHERE m.id = 1;
SELECT 'points', md5(string_agg(p::text, ' ')) FROM kept.frequency_fit f, LATERAL clm.points(f.v) p;
SELECT 'points', md5(string_agg(p::text, ' ')) FROM kept.retention_curve f, LATERAL clm.points(f.v) p;
SELECT 'cohorts', c.id, md5(string_agg(e::text, ' ')) FROM kept.cohorts c, LATERAL clm.entries(c.v) e GROUP BY c.id ORDER BY c.id;
SELECT 'transitions', md5(string_agg(e::text, ' ')) FROM kept.transitions c, LATERAL clm.entries(clm.merge(c.v, c.v)) e;
SELECT 'values', pg_temp.plain(clm.sum(v)), max(clm.total(v)) FROM kept.value;
SELECT 'levers', clm.clv(e.v), pg_temp.plain(clm.apply(e.v, x)), l FROM kept.economics e, LATERAL (SELECT array_agg(v) AS x FROM kept.effect WHERE id = 1) f, LATERAL clm.lever_value(e.v, x) l;
SELECT 'fit', pg_temp.plain(clm.customer_model(h, '2024-12-31', clm.fit_options('bg/nbd'))), pg_temp.plain(clm.customer_model(clm.rfm(h, '2024-12-31'), clm.fit_options('pareto/nbd'))) FROM kept.sample;
SELECT 'index', count(*) FROM kept.users u JOIN kept.sample s ON u.h OPERATOR(clm.=) s.h;
SELECT 'function', sum(kept.worth(h)) FROM (SELECT h FROM kept.sample WHERE clm.occasions(h) > 0 ORDER BY id) s;
