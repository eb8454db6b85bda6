#!/usr/bin/env perl
# Two servers with the orders of a region each, and one that asks them through postgres_fdw, set up by the statements of the
# README: what runs where, and that the answers are those of one server with all rows.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use Test::More;

my %port = (west => 5433, east => 5434);
my $cluster = Server->cluster('postgres');
my $asking = Server->cluster("clm_two_servers_$$");

# The blocks of the README that are for a kind of server, together.
sub readme {
    my ($kind) = @_;
    open my $in, '<', "$FindBin::Bin/../../README.md" or die "README.md: $!";
    my $text = do { local $/; <$in> };
    return join '', $text =~ /^```sql $kind\n(.*?)^```$/msg;
}

# The rows of one server under the same names in the schema one, to compare with.
sub set_up {
    my %server = map { $_ => Server->start($port{$_}) } keys %port;
    $server{west}->sql(readme('server'));
    # As Citus installs an extension on workers.
    $server{east}->sql(readme('server') =~ s/CREATE EXTENSION clm/CREATE SCHEMA clm; CREATE EXTENSION IF NOT EXISTS clm SCHEMA clm/r);
    my $statements = readme('coordinator');
    $statements =~ s/host '(\w+)', dbname 'shop'/host '$ENV{PGHOST}', port '$port{$1}', dbname 'postgres'/g;
    $statements =~ s/ALTER DATABASE report/ALTER DATABASE $asking->{database}/;
    $cluster->sql("CREATE DATABASE $asking->{database}");
    $asking->sql($statements);
    $asking->sql(<<'SQL');
CREATE SCHEMA one;
CREATE TABLE one.orders AS
    SELECT region, customer_id + first AS customer, day, amount / 3 AS amount
    FROM (VALUES ('west', 0, 1), ('east', 900, 2)) r(region, first, seed), LATERAL clm.simulate(1000, '2023-01-01', '2024-12-31', seed);
CREATE TABLE one.customers AS SELECT region, customer, clm.history(day, amount) AS h FROM one.orders GROUP BY region, customer;
CREATE VIEW one.customers_west AS SELECT * FROM one.customers WHERE region = 'west';
INSERT INTO orders TABLE one.orders;
INSERT INTO customers TABLE one.customers;
CREATE TABLE hashed (customer bigint, day date, amount float8) PARTITION BY HASH (customer);
CREATE FOREIGN TABLE hashed_0 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 0) SERVER west OPTIONS (table_name 'orders');
CREATE FOREIGN TABLE hashed_1 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 1) SERVER east OPTIONS (table_name 'orders');
ANALYZE;
SQL
    $asking->sql(readme('queries'));
}

sub plan_of {
    my ($query) = @_;
    return $asking->sql("EXPLAIN (VERBOSE, COSTS OFF) $query");
}

# All of the query but what makes the model runs on the servers: each is sent just this.
sub runs_there {
    my ($name, $query, $sent, $servers) = @_;
    my $plan = plan_of($query);
    my @sent = $plan =~ /^ *Remote SQL: (.*)$/mg;
    my @nodes = grep { !/Append|Foreign Scan/ } $plan =~ /^ *(?:-> +)?([A-Z][A-Za-z ]*)$/mg;
    ok(@sent == ($servers // 1) && !@nodes && !grep({ !/$sent/ } @sent) && $plan !~ /^ *Filter:/m, "$name: runs there") or diag $plan;
    return $plan;
}

sub runs_here {
    my ($name, $query, $sent) = @_;
    my $plan = plan_of($query);
    my @sent = $plan =~ /^ *Remote SQL: (.*)$/mg;
    ok(@sent && !grep({ $_ !~ /^$sent$/ } @sent), "$name: runs here") or diag $plan;
    return $plan;
}

# The answer of the servers is the answer of one with all rows: the same bytes.
sub same_answer {
    my ($name, $query) = @_;
    my ($there, $here) = map { $asking->sql("SET search_path = $_; SELECT count(*), string_agg(q::text, ' ' ORDER BY q::text) FROM ($query) q") } 'public', 'one, public';
    like $here, qr/^[1-9]/, "$name: there is something to compare";
    ok $there eq $here, "$name: the same bytes" or diag substr($there, 0, 300), "\n", substr($here, 0, 300);
}

sub same_there {
    my ($name, $query, $sent, $servers) = @_;
    runs_there($name, $query, $sent, $servers);
    same_answer($name, $query);
}

sub histories {
    my $plan = runs_there('histories', 'SELECT region, customer, clm.history(day, amount) FROM orders GROUP BY region, customer',
        qr/^SELECT region, customer, clm\.history\(day, amount\) FROM public\.orders GROUP BY [12], [12]$/, 2);
    is(() = $plan =~ /Async Foreign Scan/g, 2, 'histories: both servers at the same time');
    same_answer('histories', 'SELECT region, customer, clm.history_send(clm.history(day, amount)) FROM orders GROUP BY region, customer');
    runs_here('histories without the partition key', 'SELECT customer, clm.history(day, amount) FROM orders GROUP BY customer',
        qr/SELECT customer, day, amount FROM public\.orders.*/);
    same_answer('histories without the partition key', 'SELECT customer, clm.history_send(clm.history(day, amount)) FROM orders GROUP BY customer');
    same_answer('histories that were written there', 'SELECT region, customer, clm.history_send(h) FROM customers');
    my ($rollup) = readme('queries') =~ /^(SELECT customer, clm\.rollup.*?);/ms;
    my $rollup_plan = runs_here('customers of both', $rollup, qr/SELECT customer, clm\.history\(day, amount\) FROM public\.orders GROUP BY 1/);
    is(() = $rollup_plan =~ /Async Foreign Scan/g, 2, 'customers of both: histories from both servers at the same time');
    is $asking->sql("SELECT count(*), count(*) FILTER (WHERE a.h OPERATOR(clm.=) b.h) FROM ($rollup) a
        FULL JOIN (SELECT customer, clm.history(day, amount) AS h FROM one.orders GROUP BY customer) b USING (customer)"), '1900|1900',
        'customers of both: the histories of one server';
    runs_there('histories by hash', <<'SQL', qr/^SELECT customer, clm\.history\(day, amount\) FROM public\.orders GROUP BY 1$/, 2);
SELECT customer, clm.history(day, amount) FROM hashed GROUP BY customer
SQL
}

sub models {
    same_there('a model of one server', "SELECT clm.customer_model(h, '2024-12-31') FROM customers_west",
        qr/^SELECT clm\.customer_model\(h, '2024-12-31'::date\) FROM public\.customers$/);
    same_there('a model a region', "SELECT region, clm.customer_model(h, '2024-12-31') FROM customers GROUP BY region",
        qr/^SELECT region, clm\.customer_model\(h, '2024-12-31'::date\) FROM public\.customers GROUP BY 1$/, 2);
    same_there('a model of another family', "SELECT region, clm.customer_model(h, '2024-12-31', clm.fit_options('pareto/nbd')) FROM customers GROUP BY region",
        qr/clm\.customer_model\(h, '2024-12-31'::date, '\(pareto\/nbd,7,,,\)'::clm\.fit_options\)/, 2);
    # A constant text has a collation that is not a column's.
    runs_here('a model of a family by name', "SELECT region, clm.customer_model(h, '2024-12-31', 'pareto/nbd') FROM customers GROUP BY region",
        qr/SELECT region, h FROM public\.customers.*/);
    my $summaries = "SELECT clm.customer_model(s, 'mbg/nbd', n, 7) AS m
        FROM (SELECT clm.rfm(h, '2024-12-31', 7) AS s, count(*) AS n FROM customers GROUP BY region, 1) t";
    runs_here('a model of summaries', $summaries, qr/SELECT clm\.rfm\(h, '2024-12-31'::date, 7, NULL::date\), count\(\*\), region FROM public\.customers GROUP BY [13], [13]/);
    runs_here('a model of all histories', "SELECT clm.customer_model(h, '2024-12-31') FROM customers", qr/SELECT h FROM public\.customers/);
    is $asking->sql("SELECT name, f.value, d.value, e.value, f.se, d.se, e.se
        FROM model, (SELECT clm.customer_model(h, '2024-12-31') AS m FROM customers) b, (SELECT clm.customer_model(h, '2024-12-31') AS m FROM one.customers) c,
        LATERAL clm.describe(model.m) d JOIN LATERAL clm.describe(b.m) e USING (name) JOIN LATERAL clm.describe(c.m) f USING (name)
        WHERE greatest(abs(d.value / f.value - 1), abs(e.value / f.value - 1)) > 1e-12 OR greatest(abs(d.se / f.se - 1), abs(e.se / f.se - 1)) > 1e-9"),
        '', 'models of all: of summaries and of histories that came the one of one server';
    runs_there('a contract model', "SELECT region, clm.retention_model(clm.tenure(h, '2024-12-31')::bigint, clm.recency(h, '2024-12-31') > 90) FROM customers GROUP BY region",
        qr/clm\.retention_model\(clm\.tenure\(h, '2024-12-31'::date\)::bigint, \(clm\.recency\(h, '2024-12-31'::date\) > 90\)\)/, 2);
    same_there('a retention curve', "SELECT region, clm.retention_curve(clm.tenure(h, '2024-12-31')::bigint, clm.recency(h, '2024-12-31') > 90) FROM customers GROUP BY region",
        qr/clm\.retention_curve\(clm\.tenure\(h, '2024-12-31'::date\)::bigint, /, 2);
    # The name of the calendar is a constant text, as that of a family.
    runs_here('cohorts', "SELECT region, clm.cohorts(h, '2024-12-31', 'month') FROM customers GROUP BY region", qr/SELECT region, h FROM public\.customers.*/);
    same_there('a model of signals', "SELECT region, clm.response_model(clm.recency(h, '2024-12-31') > 90, ARRAY[clm.total(h), clm.tenure(h, '2024-12-31')]) FROM customers GROUP BY region",
        qr/clm\.response_model\(.*ARRAY\[clm\.total\(h, NULL::date, NULL::date\), /, 2);
}

# A fit by passes: each asks both servers for the likelihood of their customers.
sub fits_by_passes {
    my $asked = "clm.likelihood(q.c1, '2024-12-31'::date, '(bg/nbd,7,,,)'::clm.fit_options, '{1,1,1,1}'::float8[], false), clm.customer_picture(q.c1, '2024-12-31'::date, '(bg/nbd,7,,,)'::clm.fit_options)";
    my $plan = runs_there('a pass', "SELECT $asked FROM (SELECT h FROM customers_west) AS q(c1) UNION ALL SELECT $asked FROM (SELECT h FROM customers_east) AS q(c1)",
        qr/^SELECT clm\.likelihood\(h, .*\), clm\.customer_picture\(h, .*\) FROM public\.customers$/, 2);
    is(() = $plan =~ /Async Foreign Scan/g, 2, 'a pass: on both servers at the same time');
    my $queries = "'{SELECT h FROM customers_west,SELECT h FROM customers_east}'::text[]";
    is $asking->sql(<<"SQL"), "mbg/nbd|2000|t\npareto/nbd|2000|t", 'the model of both servers is that of one with all customers';
CREATE FUNCTION pg_temp.fit(options clm.fit_options) RETURNS clm.customer_model LANGUAGE plpgsql AS \$\$
DECLARE
    model clm.customer_model;
BEGIN
    CALL clm.fit_customer_model($queries, date '2024-12-31', options, model);
    RETURN model;
END
\$\$;
SELECT family, (a).customers, bool_and(abs(x / y - 1) < 1e-6)
FROM (SELECT family, pg_temp.fit(clm.fit_options(family)) AS a, (SELECT clm.customer_model(h, date '2024-12-31', family) FROM one.customers) AS b
      FROM unnest('{mbg/nbd,pareto/nbd}'::text[]) family OFFSET 0) m,
    unnest((a).params || (a).se || (a).spend || (a).spend_se || (a).log_likelihood, (b).params || (b).se || (b).spend || (b).spend_se || (b).log_likelihood) u(x, y)
GROUP BY 1, 2 ORDER BY 1
SQL
    my ($success, $output) = $asking->try("CALL clm.fit_customer_model('{SELECT h FROM customers_west,SELECT h FROM customers_east WHERE clm.total(h) / 0 > 1}'::text[], '2024-12-31')");
    ok !$success && $output =~ /ERROR:  22012: division by zero/, 'an error of a server ends the fit' or diag $output;
}

sub scores {
    my $clv = "clm.clv(h, '2024-12-31', (SELECT m FROM model))";
    my $sent = qr/clm\.clv\(h, '2024-12-31'::date, \$1::clm\.customer_model, 365, 0\.1::double precision, 1::double precision\)/;
    same_there('scores in WHERE', "SELECT customer FROM customers WHERE clm.churn_score(h, '2024-12-31', (SELECT m FROM model)) > .8",
        qr/^SELECT customer FROM public\.customers WHERE \(\(clm\.churn_score\(h, '2024-12-31'::date, \$1::clm\.customer_model, 90\) > 0\.8::double precision\)\)$/, 2);
    same_there('a stage in WHERE', "SELECT customer FROM customers WHERE clm.lifecycle_stage(h, '2024-12-31') = 'declining'",
        qr/WHERE \(\(clm\.lifecycle_stage\(h, .* = 'declining'::clm\.stage\)\)$/, 2);
    same_there('scores in aggregates', "SELECT region, customer, max($clv) FROM customers GROUP BY region, customer", qr/max\($sent\).* GROUP BY [12], [12]$/, 2);
    same_there('concentration of scores', "SELECT region, clm.concentration($clv) FROM customers GROUP BY region", qr/clm\.concentration\($sent\)/, 2);
    same_there('stages counted', "SELECT region, clm.lifecycle_stage(h, '2024-12-31', (SELECT m FROM model)), count(*) FROM customers GROUP BY 1, 2",
        qr/^SELECT region, clm\.lifecycle_stage\(h, .*\$1::clm\.customer_model.*\), count\(\*\) FROM public\.customers GROUP BY [12], [12]$/, 2);
    runs_there('sums of scores', "SELECT region, sum($clv) FROM customers GROUP BY region", qr/^SELECT region, sum\($sent\)/, 2);
    is $asking->sql("SELECT a.region, abs(a.sum - b.sum) <= 1e-12 * b.sum FROM (SELECT region, sum($clv) FROM customers GROUP BY region) a
        JOIN (SELECT region, sum($clv) FROM one.customers GROUP BY region) b USING (region) ORDER BY 1"), "east|t\nwest|t", 'sums of scores: those of one server';

    my $first = "SELECT customer, $clv AS clv FROM customers ORDER BY clv DESC NULLS LAST LIMIT 10";
    like runs_here('the first ten', $first, qr/SELECT customer, h FROM public\.customers ORDER BY $sent DESC NULLS LAST/), qr/Limit.*Merge Append/s,
        'the first ten: sorted there, cut off here';
    same_answer('the first ten', $first);
    same_there('the first ten of one server', "SELECT customer, max($clv) AS clv FROM customers_west GROUP BY customer ORDER BY clv DESC NULLS LAST LIMIT 10",
        qr/ORDER BY max\($sent\) DESC NULLS LAST LIMIT 10::bigint$/);
    runs_here('scores in the list', "SELECT customer, $clv FROM customers", qr/SELECT customer, h FROM public\.customers/);
    same_answer('scores in the list', "SELECT customer, $clv FROM customers");
    runs_here('a joined model', "SELECT customer FROM customers, model WHERE clm.churn_score(h, '2024-12-31', m) > .8", qr/SELECT customer, h FROM public\.customers/);
    runs_there('a view there', 'SELECT customer, stage, churn_score, clv FROM scored_west', qr/^SELECT customer, stage, churn_score, clv FROM public\.scored$/);
    is $asking->sql("SELECT count(*), count(*) FILTER (WHERE (a.stage, a.churn_score, a.clv) IS NOT DISTINCT FROM (s.stage, s.churn_score, s.clv))
        FROM scored_west a JOIN one.customers_west b USING (customer), model, LATERAL clm.scores(b.h, '2024-12-31', m) s"), '1000|1000',
        'a view there: the scores of here, bit for bit';
    is $asking->sql('SELECT count(*) FROM model JOIN model_west USING (m)'), 1, 'a model there is the model here, bit for bit';
}

# Functions of which the call with columns of a foreign table, in this query, is not sent in this form.
sub not_sent {
    my ($which, $query, $sent, $shown) = @_;
    return $asking->sql(<<"SQL");
CREATE FUNCTION pg_temp.plan_of(query text) RETURNS text LANGUAGE plpgsql AS \$\$
DECLARE
    line text;
    plan text := '';
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (VERBOSE, COSTS OFF) ' || query LOOP
        plan := plan || line || E'\\n';
    END LOOP;
    RETURN plan;
END
\$\$;
-- A table with a column of each type that a function takes; there is none of the name on the server.
SELECT format('CREATE FOREIGN TABLE pg_temp.everything (%s) SERVER west', string_agg(format('%I %s', 'column of ' || type::regtype, type::regtype), ', '))
FROM (SELECT DISTINCT unnest(proargtypes::oid[]) AS type FROM pg_proc WHERE pronamespace = 'clm'::regnamespace) t
WHERE type NOT IN ('internal'::regtype, 'cstring'::regtype) \\gexec
SELECT DISTINCT $shown FROM pg_proc p, LATERAL (SELECT format('%s(%s)', p.oid::regproc, string_agg(quote_ident('column of ' || type::regtype), ', ' ORDER BY place)) AS call
    FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY a(type, place)) c
WHERE pronamespace = 'clm'::regnamespace AND NOT proretset AND pronargs > 0 AND NOT proargtypes::oid[] && ARRAY['internal'::regtype, 'cstring'::regtype]::oid[]
    AND prorettype NOT IN ('internal'::regtype, 'cstring'::regtype, 'trigger'::regtype) AND $which AND pg_temp.plan_of(format('$query', call)) !~ '$sent' ORDER BY 1
SQL
}

sub every_function {
    is not_sent("prokind = 'a'", 'SELECT %s FROM pg_temp.everything', '^Foreign Scan.*Remote SQL: SELECT clm\.', 'p.oid::regprocedure::text'), '', 'every aggregate runs there';
    cmp_ok $asking->sql(q{SELECT count(*) FROM pg_proc WHERE pronamespace = 'clm'::regnamespace AND prokind = 'a'}), '>=', 41, 'every aggregate was tried';
    my @where = ('SELECT FROM pg_temp.everything WHERE (%s) IS DISTINCT FROM NULL', 'Remote SQL: SELECT NULL FROM [^ ]+ WHERE');
    # Those that read tables, and those whose bodies the server puts in place of the call, in words that postgres_fdw does not send. apply is left
    # out: an array of a type of the extension need not count as the extension's.
    is not_sent("prokind = 'f' AND proargtypes[0] <> 'clm.rfm'::regtype AND proname <> 'apply' AND proname !~ '^((un)?track(_|\$)|mart_)'", @where, 'proname'),
        join("\n", qw(aic bic customer_model economics fit_options label log_likelihood matrix retention_model rfm)), 'what runs here even in WHERE';
    is not_sent("prokind = 'f' AND proargtypes[0] = 'clm.rfm'::regtype", @where, q{proname || ' ' || pronargs}),
        join("\n", map { "$_ 2" } qw(churn_score clv expected_purchases p_active scores)), 'of a summary: with a number of periods everything runs there';
}

sub options {
    like $asking->sql("BEGIN; ALTER SERVER west OPTIONS (ADD use_remote_estimate 'true'); ALTER SERVER east OPTIONS (ADD use_remote_estimate 'true');
        EXPLAIN (VERBOSE, COSTS OFF) SELECT region, customer, clm.history(day, amount) FROM orders GROUP BY region, customer; ROLLBACK"),
        qr/^Append(\n +(->  Async Foreign Scan|Output: .*|Relations: Aggregate .*|Remote SQL: .* GROUP BY [12], [12])){8}$/, 'with estimates from there histories run there';
    my $plan = $asking->sql("BEGIN; ALTER SERVER west OPTIONS (DROP extensions); EXPLAIN (VERBOSE, COSTS OFF) SELECT clm.customer_model(h, '2024-12-31') FROM customers_west; ROLLBACK");
    like $plan, qr/Remote SQL: SELECT h FROM public\.customers$/m, 'without the option extensions nothing runs there';
}

sub errors {
    my ($success, $output) = $asking->try("SELECT clm.customer_model(h, '2024-12-31') FROM customers_west WHERE customer = 1");
    ok !$success && $output =~ /ERROR:  22023: .*customer/, 'a fit that fails there is the same error here' or diag $output;
    like $output, qr/remote SQL command/, 'with the statement that was sent';
}

eval {
    set_up();
    histories();
    models();
    fits_by_passes();
    scores();
    every_function();
    options();
    errors();
    1;
} or fail("the servers: $@");

END {
    my $status = $?;
    $cluster->try("DROP DATABASE IF EXISTS $asking->{database}") if $asking;
    $? = $status;
}

done_testing;
