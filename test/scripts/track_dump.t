#!/usr/bin/env perl
# A tracked table survives dump and restore, plain and custom, also by a user who is no superuser: the histories come back
# as they were, the triggers work, and clm.track and clm.untrack find them.
use strict;
use warnings;
use Test::More;
use File::Temp qw(tempdir);
use IPC::Open3;

my ($from, $to) = map { "clm_track_dump_${_}_$$" } 'from', 'to';
my ($admin, $owner) = ($ENV{PGUSER}, "clm_track_owner_$$");
my $dir = tempdir('clm-track-dump-XXXXXX', TMPDIR => 1, CLEANUP => 1);
$ENV{PGOPTIONS} = '-c client_min_messages=warning';

# Output of psql, errors included.
sub psql {
    my ($role, $database, $sql) = @_;
    my $pid = open3(my $in, my $out, undef, 'psql', '-X', '-q', '-A', '-t', '-U', $role, '-d', $database);
    print $in $sql;
    close $in;
    my $output = do { local $/; <$out> } // '';
    waitpid $pid, 0;
    $output =~ s/\s+\z//;
    return $output;
}

my $differences = <<'END';
SELECT count(*) FROM histories FULL JOIN (SELECT customer, clm.history(day, amount) AS fresh FROM orders GROUP BY customer) f USING (customer)
WHERE clm.history_send(h) IS DISTINCT FROM clm.history_send(fresh);
END

is psql($admin, 'postgres', "CREATE ROLE $owner LOGIN; CREATE DATABASE $from OWNER $owner"), '', 'a database of a user';
is psql($owner, $from, <<'END'), '', 'orders and their histories';
CREATE EXTENSION clm;
CREATE SCHEMA shop;
ALTER DATABASE :"DBNAME" SET search_path = shop;
SET search_path = shop;
CREATE TABLE orders (customer int, day date, amount numeric) PARTITION BY RANGE (day);
CREATE TABLE orders_1 PARTITION OF orders FOR VALUES FROM ('2024-01-01') TO ('2024-07-01');
CREATE TABLE orders_2 PARTITION OF orders FOR VALUES FROM ('2024-07-01') TO ('2025-01-01');
CREATE INDEX ON orders (customer);
CREATE TABLE histories (customer int PRIMARY KEY, h clm.history);
INSERT INTO orders SELECT i % 20, date '2024-01-01' + i, i / 7.0 FROM generate_series(1, 300) i;
SELECT clm.track('orders', 'customer', 'day', 'amount', 'histories') \g /dev/null
INSERT INTO orders SELECT i % 30, date '2024-01-01' + i, i / 3.0 FROM generate_series(1, 300, 7) i;
END

for my $format ('plain', 'custom') {
    for my $role ($admin, $owner) {
        my $as = "$format, " . ($role eq $admin ? 'superuser' : 'owner');
        is psql($admin, 'postgres', "CREATE DATABASE $to OWNER $owner"), '', "$as: a new database";
        is system('pg_dump', '-U', $role, '-F', $format, '-f', "$dir/dump", $from), 0, "$as: dump";
        # Rows of the reference tables are a superuser's, see the extension's own tests of dumps.
        my $restore = $format eq 'plain' ? "psql -X -q -v ON_ERROR_STOP=1 -U $role -d $to -f $dir/dump" : "pg_restore -U $role -d $to $dir/dump";
        my $output = `$restore 2>&1`;
        is $?, 0, "$as: restore" or diag $output;
        psql($role, $to, "ALTER DATABASE $to SET search_path = shop");
        is psql($role, $to, $differences), '0', "$as: the same histories";
        is psql($role, $to, 'SELECT orders, target, function FROM clm.tracked'), 'orders|histories|clm_track_1()', "$as: tracked";
        is psql($owner, $to, q{SELECT has_function_privilege('public', function, 'EXECUTE') FROM clm.tracked}), 'f', "$as: nobody else's to use";
        is psql($owner, $to, <<'END'), '', "$as: changes";
INSERT INTO orders SELECT i % 40, date '2024-01-01' + i, i / 9.0 FROM generate_series(1, 300, 11) i;
DELETE FROM orders_1 WHERE customer = 3;
UPDATE orders SET amount = 1 WHERE customer = 4;
END
        is psql($owner, $to, $differences), '0', "$as: the triggers work";
        is psql($owner, $to, q{SELECT clm.track('orders', 'customer', 'day', 'amount', 'histories'), count(*) FROM clm.tracked}), '0|1', "$as: clm.track finds them";
        is psql($owner, $to, q{SELECT clm.untrack('orders')}), '1', "$as: and clm.untrack";
        is psql($owner, $to, q{SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal}), '0', "$as: which leaves none";
        is psql($admin, 'postgres', "DROP DATABASE $to"), '', "$as: the end";
    }
}
psql($admin, 'postgres', "DROP DATABASE $from; DROP ROLE $owner");
done_testing();
