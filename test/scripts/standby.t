#!/usr/bin/env perl
# A hot standby: everything that reads works there and says the same, a fit that stands in the way of recovery ends at once, and
# after promotion scores are what they were.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Kept;
use Server;
use Test::More;
use Time::HiRes qw(sleep time);

my @settings = ('wal_level = replica', 'max_wal_senders = 4');
my ($primary, $standby);

# What only reads, in a transaction that could not do otherwise; by name.
my @reads = (
    [histories => q{SELECT md5(string_agg(clm.history_send(h)::text, '' ORDER BY customer)) FROM (SELECT customer, clm.history(day, amount) AS h FROM orders GROUP BY customer) o}],
    [fit       => q{SELECT clm.customer_model(h, '2024-12-31') FROM customers}],
    ['fits of all families' => q{SELECT clm.customer_model(h, '2024-12-31', 'auto') FROM customers}],
    ['fit with covariates' => q{SELECT clm.customer_model(h, '2024-12-31', clm.fit_options('bg/nbd'), ARRAY[customer % 2]) FROM customers}],
    ['contract model' => q{SELECT clm.retention_model(1 + i % 9, i % 9 < 5 AND i % 7 < 3) FROM generate_series(1, 999) i}],
    ['model of signals' => q{SELECT clm.response_model(clm.recency(h, '2024-12-31') > 90, ARRAY[clm.total(h), clm.tenure(h, '2024-12-31')]) FROM customers}],
    [parameters => q{SELECT clm.describe(m) FROM model}],
    [scores    => q{SELECT s FROM customers, model, LATERAL clm.scores(h, '2024-12-31', m, level => .9) s ORDER BY customer}],
    [clv       => q{SELECT sum(clm.clv(h, '2024-12-31', m)), sum(clm.churn_score(h, '2024-12-31')), sum(clm.p_alive(h, '2024-12-31', m)) FROM customers, model}],
    # The first score of a day before the model's warns, once a statement.
    ['scores of the past' => q{SELECT sum(clm.churn_score(h, '2024-06-30', m)) FROM customers, model}],
    ['stages and labels' => q{SELECT clm.label(clm.lifecycle_stage(h, '2024-12-31'), 'clm4', 'zh') AS label, count(*) FROM customers GROUP BY 1 ORDER BY 1}],
    [matrix    => q{SELECT clm.matrix('profitability', clm.total(h), clm.occasions(h), 100, 3, 'en') AS cell, count(*) FROM customers GROUP BY 1 ORDER BY 1}],
    [terms     => q{SELECT string_agg(en, ' ' ORDER BY code) FROM clm.term}],
    [tracking  => q{SELECT p FROM model, (SELECT clm.tracking(h, '2024-12-31') AS t FROM customers) c, LATERAL clm.points(t, m) p}],
    [cohorts   => q{SELECT e FROM (SELECT clm.cohorts(h, '2024-12-31', 'month') AS c FROM customers) q, LATERAL clm.entries(c) e}],
    [levers    => q{SELECT clm.lever_value(clm.economics(), ARRAY[('IVR', 'churn', .004)]::clm.effect[])}],
    [transitions => q{SELECT clm.transitions(clm.lifecycle_stage(h, '2024-06-30'), clm.lifecycle_stage(h, '2024-12-31')) FROM customers}],
    [simulation => q{SELECT count(*), sum(amount) FROM clm.simulate(500, '2024-01-01', '2024-12-31', 5)}],
    ['every type, as text and in bytes' => q{SELECT * FROM sums.row_sums() ORDER BY 1}],
    ['fit by workers' => q{SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SELECT clm.customer_model(h, '2024-12-31') FROM customers}],
);

sub set_up {
    $primary = Server->start(5435, @settings);
    $primary->sql(<<'SQL');
CREATE EXTENSION clm;
CREATE TABLE orders AS SELECT customer_id AS customer, day, amount FROM clm.simulate(2000, '2023-01-01', '2024-12-31', seed => 3);
CREATE TABLE customers AS SELECT customer, clm.history(day, amount) AS h FROM orders GROUP BY customer;
CREATE TABLE model AS SELECT clm.customer_model(h, '2024-12-31') AS m FROM customers;
-- A fit of many seconds, ready to begin
CREATE AGGREGATE gather(clm.history, date, clm.fit_options, float8[]) (SFUNC = clm.covariate_model_transition, STYPE = clm.covariate_model_state);
CREATE TABLE gathered AS
    SELECT gather(h, '2024-12-31', clm.fit_options('pareto/nbd'), ARRAY[customer * .001, sin(customer)]) AS state
    FROM (SELECT customer_id AS customer, clm.history(day, amount) AS h FROM clm.simulate(60000, '2024-01-01', '2024-12-31', 62) GROUP BY customer_id) b;
CREATE TABLE old_rows AS SELECT i FROM generate_series(1, 1000) i;
CREATE TABLE locked (i integer);
ANALYZE;
SQL
    # Values of every type, and on either side what sums them up: a standby cannot make functions.
    $primary->sql(Kept::file('keep.sql') . "ANALYZE; CREATE SCHEMA sums;\n" . Kept::file('rows.sql') =~ s/pg_temp\./sums./gr);
    $standby = Server->standby_of($primary, 5436, @settings, 'max_standby_streaming_delay = 100ms');
}

# Wait until a query gives true.
sub await {
    my ($server, $query, $what) = @_;
    for (1 .. 300) {
        return if $server->sql($query) eq 't';
        sleep 0.05;
    }
    die "waited in vain: $what\n";
}

sub catch_up {
    my $at = $primary->sql('SELECT pg_current_wal_flush_lsn()');
    await($standby, "SELECT pg_last_wal_replay_lsn() >= '$at'", 'the standby has what the primary has');
}

sub reads {
    is $standby->sql('SELECT pg_is_in_recovery()'), 't', 'the standby is one';
    for my $read (@reads) {
        my ($name, $query) = @$read;
        my @runs = map { $_->begin("BEGIN READ ONLY; $query; COMMIT") } $standby, $primary;
        my ($success, $there) = Server::finish($runs[0]);
        my (undef, $here) = Server::finish($runs[1]);
        ok $success && $there eq $here && $there ne '', "$name: as on the primary" or diag substr($there, 0, 300), "\n", substr($here, 0, 300);
    }
    my ($success, $output) = $standby->try('CREATE TABLE copy AS TABLE model');
    like $output, qr/ERROR:  25006/, 'to write is an error there';
}

# A change on the primary that recovery can make only without the fit ends it.
sub conflict {
    my ($name, $fit, $change, $detail) = @_;
    my $run = $standby->begin("SET application_name = 'fit'; $fit");
    await($standby, "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'fit' AND state = 'active' AND query LIKE 'SELECT%')", 'the fit has begun');
    sleep 0.5;
    $primary->sql($change);
    my $began = time;
    my ($success, $output) = Server::finish($run);
    my $seconds = time - $began;
    ok !$success, "$name: the fit ends";
    like $output, qr/ERROR:  40001: canceling statement due to conflict with recovery.*$detail/s, "$name: with the error of the server";
    cmp_ok $seconds, '<', 3, "$name: at once";
    catch_up();
    is $standby->sql('SELECT count(*) FROM customers'), 2000, "$name: the server goes on";
}

sub conflicts {
    my $fit = 'SELECT (clm.covariate_model_final(state)).customers FROM gathered';
    conflict('a lock', "$fit LEFT JOIN locked ON true", 'TRUNCATE locked', 'relation lock');
    conflict('removed rows', $fit, 'DELETE FROM old_rows; VACUUM old_rows', 'row versions');
}

sub promotion {
    my $query = (grep { $_->[0] eq 'scores' } @reads)[0][1];
    my $before = $standby->sql($query);
    $standby->promote;
    is $standby->sql('SELECT pg_is_in_recovery()'), 'f', 'promoted';
    ok $standby->sql($query) eq $before, 'promoted: the scores are what they were';
    is $standby->sql(q{INSERT INTO model SELECT clm.customer_model(h, '2024-12-31') FROM customers; SELECT count(*), count(DISTINCT m) FROM model}), '2|1',
        'promoted: a fit can be stored and is what it was';
}

eval {
    set_up();
    catch_up();
    reads();
    conflicts();
    promotion();
    1;
} or fail("the servers: $@");
done_testing;
