#!/usr/bin/env perl
# Readers of a mart while it is refreshed: who waits for whom, that nobody sees half of a mart or deadlocks; and that a mart survives dump and
# restore, after which it can be refreshed.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use Test::More;
use Time::HiRes qw(sleep time);

my $server = Server->cluster("clm_mart_readers_$$");
my $copy = Server->cluster("clm_mart_copy_$$");
my $owner = "clm_mart_owner_$$";
$ENV{PGOPTIONS} = '-c client_min_messages=warning';

sub set_up {
    Server->cluster('postgres')->sql("CREATE ROLE $owner LOGIN; CREATE DATABASE $server->{database} OWNER $owner; CREATE DATABASE $copy->{database} OWNER $owner");
    local $ENV{PGUSER} = $owner;
    $server->sql(<<'SQL');
CREATE EXTENSION clm;
CREATE SCHEMA shop;
CREATE TABLE shop.sale AS SELECT customer_id AS customer, day, amount FROM clm.simulate(500, '2023-01-01', '2024-06-30', seed => 7);
CREATE INDEX ON shop.sale (customer);
CALL clm.create_mart('mart', 'shop.sale', 'customer', 'day', 'amount', as_of => '2024-05-31');
CREATE SEQUENCE commit;
CREATE SEQUENCE proceed;
CREATE SEQUENCE finish;
CREATE SEQUENCE arrive;
CREATE SEQUENCE retry;
CREATE SEQUENCE end_of_writing;
SQL
}

# Wait until a query gives true.
sub await {
    my ($query, $what) = @_;
    for (1 .. 200) {
        return pass $what if $server->sql($query) eq 't';
        sleep 0.05;
    }
    fail $what;
}

sub await_waiting {
    my ($name) = @_;
    await("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = '$name' AND wait_event_type = 'Lock')", "$name waits");
}

# Statements of a session that goes on when the sequence $signal has been called, which every snapshot sees at once.
sub pausing {
    my ($name, $before, $signal, $after) = @_;
    return $server->begin(<<"SQL");
SET application_name = '$name';
$before;
DO \$\$
BEGIN
    FOR i IN 1 .. 500 LOOP
        EXIT WHEN (SELECT is_called FROM $signal);
        PERFORM pg_sleep(.02);
    END LOOP;
END
\$\$;
$after;
SQL
}

sub go { $server->sql("SELECT nextval('$_[0]')") }

sub reached {
    my ($name) = @_;
    await("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = '$name' AND query LIKE 'DO%' AND state = 'active')", "$name has come so far");
}

# A refresh that has done all but commit: readers of the summaries see the old mart at once, readers of the customers wait and see the new.
sub refresh_first {
    my $refresh = pausing('refresh', "BEGIN; CALL clm.refresh_mart('mart', '2024-06-15')", 'commit', 'COMMIT');
    reached('refresh');
    is $server->sql('SELECT as_of FROM mart.overview'), '2024-05-31', 'a reader of overview does not wait, and sees the old mart';
    is $server->sql(q{SELECT count(*) > 0 FROM mart.stages, mart.cohorts, mart.early_warning, mart.matrix}), 't', 'nor does one of other summaries';
    my $reader = $server->begin("SET application_name = 'reader'; SELECT count(*) > 400, (SELECT as_of FROM mart.overview) FROM mart.customers");
    await_waiting('reader');
    my $second = $server->begin("SET application_name = 'second'; CALL clm.refresh_mart('mart', '2024-06-20')");
    await_waiting('second');
    go('commit');
    Server::finish($refresh);
    is((Server::finish($reader))[1], 't|2024-06-15', 'a reader of customers waits, and sees all of the new mart');
    my ($success, $output) = Server::finish($second);
    ok $success, 'a second refresh waits for the first' or diag $output;
    is $server->sql(q{SELECT string_agg(DISTINCT to_day::text, ' ' ORDER BY to_day::text) FROM mart.stage_flow}), '2024-05-31 2024-06-15 2024-06-20', 'and goes on from what it made';
}

# A reader in a transaction has begun with customers; the refresh waits for him with the last step, while he reads other views.
sub reader_first {
    my $reader = pausing('reader', 'BEGIN; SELECT count(*) > 400 FROM mart.customers', 'proceed', 'SELECT as_of FROM mart.overview; SELECT count(*) > 0 FROM mart.cohorts; COMMIT');
    reached('reader');
    my $refresh = $server->begin("SET application_name = 'refresh'; CALL clm.refresh_mart('mart', '2024-06-25')");
    await_waiting('refresh');
    go('proceed');
    is((Server::finish($reader))[1], "t\n2024-06-20\nt", 'a reader in a transaction reads the old mart to his end');
    my ($success, $output) = Server::finish($refresh);
    ok $success, 'while the refresh waits for him: no deadlock' or diag $output;
    is $server->sql('SELECT as_of FROM mart.overview'), '2024-06-25', 'and then is done';
}

# The recipe of docs/schedule.md: one snapshot of several views.
sub one_snapshot {
    my $reader = pausing('snapshot', 'BEGIN ISOLATION LEVEL REPEATABLE READ; LOCK TABLE mart.customers IN ACCESS SHARE MODE; SELECT as_of FROM mart.overview', 'finish',
        'SELECT count(*) = (SELECT customers FROM mart.overview) AND count(*) > 0, (SELECT as_of FROM mart.overview) FROM mart.customers; COMMIT');
    reached('snapshot');
    my $refresh = $server->begin("SET application_name = 'refresh'; INSERT INTO shop.sale VALUES (999999, '2024-06-26', 5); CALL clm.refresh_mart('mart', '2024-06-30')");
    await_waiting('refresh');
    go('finish');
    is((Server::finish($reader))[1], "2024-06-25\nt|2024-06-25", 'one snapshot, locked before: the old mart whole');
    ok((Server::finish($refresh))[0], 'and the refresh comes after it');
}

# A refresh whose snapshot is older than the last one must be tried again, and is told so.
sub old_snapshot {
    my $late = pausing('late', "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT as_of FROM mart.overview", 'retry', "CALL clm.refresh_mart('mart', '2024-06-30')");
    reached('late');
    $server->sql("CALL clm.refresh_mart('mart', '2024-06-30', whole => true)");
    go('retry');
    my (undef, $output) = Server::finish($late);
    like $output, qr/ERROR:  40001/, 'a refresh with a snapshot older than the last one is to be tried again';
}

# Orders are written while a refresh works, tracked or not.
sub writers {
    $server->sql("CALL clm.create_mart('tracked', 'shop.sale', 'customer', 'day', track => true)");
    my $refresh = pausing('refresh', "BEGIN; CALL clm.refresh_mart('mart'); CALL clm.refresh_mart('tracked')", 'end_of_writing', 'COMMIT');
    reached('refresh');
    my ($success, $output) = $server->try("SET lock_timeout = '2s'; INSERT INTO shop.sale VALUES (1, '2024-06-30', 7); DELETE FROM shop.sale WHERE customer = 3");
    ok $success, 'writers of orders do not wait for a refresh' or diag $output;
    go('end_of_writing');
    ok((Server::finish($refresh))[0], 'nor it for them');
}

# Without the lock, the table that the view reads is younger than the snapshot, as docs/schedule.md says.
sub snapshot_before {
    my $reader = pausing('late', 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT as_of FROM mart.overview', 'arrive', 'SELECT (SELECT as_of FROM mart.overview), count(*) FROM mart.customers; COMMIT');
    reached('late');
    $server->sql("CALL clm.refresh_mart('mart', '2024-07-01')");
    go('arrive');
    is((Server::finish($reader))[1], "2024-06-30\n2024-06-30|0", 'a snapshot without a lock: customers is empty');
}

# What each view gives, as a digest; sums in another order differ in the last digits.
sub digest {
    return join "\n", map { "SELECT '$_', md5(string_agg(v, '' ORDER BY v)), count(*) > 0 FROM (SELECT regexp_replace(v::text, '(\\.\\d{6})\\d+', '\\1', 'g') AS v FROM mart.$_ v) v;" } @_;
}

sub dump_and_restore {
    my $file = "$ENV{CLM_SCRATCH}/mart_$$.sql";
    $server->sql('CREATE MATERIALIZED VIEW best AS SELECT customer FROM mart.customers WHERE tier_order <= 2');
    is system('pg_dump', '-d', $server->{database}, '-f', $file), 0, 'the owner dumps a database with marts';
    my $output = `psql -X -q -v ON_ERROR_STOP=1 -d $copy->{database} -f $file 2>&1 >/dev/null`;
    is $output, '', 'and restores it';
    my $views = digest(qw(customers overview stage_flow cohorts model tracking early_warning matrix concentration));
    is $copy->sql($views), $server->sql($views), 'the views give what they gave';
    like $copy->sql(q{SELECT obj_description('mart.customers'::regclass), col_description('mart.customers'::regclass, 1)}), qr/customer.*\|The customer/i, 'with their comments';
    my $change = q{INSERT INTO shop.sale VALUES (1, '2024-07-01', 9); CALL clm.refresh_mart('mart', refit => true); CALL clm.refresh_mart('tracked'); REFRESH MATERIALIZED VIEW best;
        SELECT as_of FROM mart.overview UNION ALL SELECT as_of FROM tracked.overview;};
    is $copy->sql("$change $views"), $server->sql("$change $views"), 'and a refresh makes the same of both';
    $copy->sql("DROP MATERIALIZED VIEW best; CALL clm.drop_mart('mart'); CALL clm.drop_mart('tracked')");
    is $copy->sql(q{SELECT count(*) FROM pg_namespace WHERE nspname ~ '^(mart|tracked)'}), '0', 'and they can be dropped';
    unlink $file;
}

eval {
    set_up();
    {
        local $ENV{PGUSER} = $owner;
        refresh_first();
        reader_first();
        one_snapshot();
        old_snapshot();
        snapshot_before();
        writers();
        dump_and_restore();
    }
    1;
} or fail("the server: $@");
Server->cluster('postgres')->sql("DROP DATABASE IF EXISTS $_") for $server->{database}, $copy->{database};
Server->cluster('postgres')->sql("DROP ROLE IF EXISTS $owner");
done_testing;
