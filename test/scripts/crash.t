#!/usr/bin/env perl
# Crash recovery: every process of a server is killed, or one backend, which makes the server end all others and recover, at moments
# that seeds choose: during loads into a tracked table by several writers, during refresh_mart and during create_mart. Afterwards
# what was committed is there, tracked histories are those of the orders, byte for byte, and a mart is the old one or the new one,
# whole, with no table more. CLM_CRASHES sets the rounds of each kind (4 by default, two of either crash).
use strict;
use warnings;
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/lib";
use Kept;
use Server;
use Test::More;
use Time::HiRes qw(sleep time);

my $dir = tempdir('clm-crash-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $rounds = $ENV{CLM_CRASHES} || 4;
my $writers = 3;
my $server;
my %happened;

# The generator of a seed, independent of Perl's.
sub generator {
    my ($state) = @_;
    return sub {
        my ($n) = @_;
        $state = ($state * 1103515245 + 12345) % 2**31;
        return int($state / 65536) % $n;
    };
}

# psql on a file, in the background: its process, and the file that gets what it prints.
sub start_script {
    my ($name, $sql) = @_;
    open my $out, '>', "$dir/$name.sql" or die;
    print $out $sql;
    close $out;
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDOUT, '>', "$dir/$name.log" or die;
        open STDERR, '>&', \*STDOUT or die;
        exec 'psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-p', $server->{port}, '-d', 'postgres', '-f', "$dir/$name.sql" or die;
    }
    return $pid;
}

sub log_of {
    my ($name) = @_;
    open my $in, '<', "$dir/$name.log" or die;
    local $/;
    return scalar(<$in>) // '';
}

# Kill the whole server, or the backend of a session of that name; come back when it has recovered.
sub crash {
    my ($round, $name) = @_;
    if ($round % 2 == 0) {
        $server->crash;
        $server->start_again;
    } else {
        my $pid = $server->sql("SELECT coalesce(min(pid), 0) FROM pg_stat_activity WHERE application_name = '$name'");
        kill KILL => $pid if $pid; # or else it had ended
        sleep 0.1;
        $server->await_start;
    }
}

# ---- writers ----

# The statements of a writer, each a transaction, and after each that succeeded its number.
sub script_of {
    my ($writer, $seed) = @_;
    my $random = generator($seed * 31 + $writer);
    my $script = "SET application_name = 'writer';\n";
    for my $n (1 .. 3000) {
        my $from = 1 + $random->(50);
        my $to = $from + $random->(10);
        my $kind = $random->(6);
        $script .= $kind == 0 ? "UPDATE orders SET amount = amount + .1 WHERE customer BETWEEN $from AND $to AND note IS NULL;\n"
            : $kind == 1 ? "DELETE FROM orders WHERE customer = $from AND note IS NULL AND id % 5 = " . $random->(5) . ";\n"
            : "INSERT INTO orders (customer, day, amount, note) SELECT i, date '2024-01-01' + i * $n % 366, i / 7.0, '$seed.$writer.$n' FROM generate_series($from, $to) i;\n\\echo $seed.$writer.$n " . ($to - $from + 1) . "\n";
    }
    return $script;
}

my $wrong = <<'SQL';
SELECT count(*) FILTER (WHERE clm.history_send(h) IS DISTINCT FROM clm.history_send(fresh)), count(*) FROM histories
    FULL JOIN (SELECT customer, clm.history(day, amount) AS fresh FROM orders GROUP BY customer) f USING (customer);
SQL

sub check_writers {
    my ($round) = @_;
    my $seed = 100 + $round;
    my @pids = map { start_script("writer$_", script_of($_, $seed)) } 1 .. $writers;
    sleep 0.3 + generator($seed)->(1000) / 1000;
    crash($round, 'writer');
    waitpid $_, 0 for @pids;
    my ($told, $missing) = (0, 0);
    for my $writer (1 .. $writers) {
        my %committed = log_of("writer$writer") =~ /^(\S+) (\d+)$/mg;
        my %there = map { split /\|/ } split /\n/, $server->sql("SELECT note, count(*) FROM orders WHERE note LIKE '$seed.$writer.%' GROUP BY 1");
        $told += keys %committed;
        $missing += grep { ($there{$_} // 0) != $committed{$_} } keys %committed;
        # The last one may have been committed without the writer's being told; it is whole.
        my @untold = grep { !exists $committed{$_} } keys %there;
        ok @untold <= 1, "writers, round $round: at most one transaction more than writer $writer knows of" or diag "@untold";
    }
    is $missing, 0, "writers, round $round: whatever was committed is there";
    $happened{writers} += $told;
    like $server->sql($wrong), qr/^0\|[1-9]/, "writers, round $round: tracked histories are those of the orders";
    is $server->sql("SELECT count(bt_index_check(c.oid, true)) FROM pg_class c WHERE c.relname IN ('histories_pkey', 'orders_pkey', 'orders_customer_idx')"), 3, "writers, round $round: the indexes are whole";
}

# ---- marts ----

# All that a mart is: its schemas with every relation, comment and right, what tracks its histories, and its tables.
my $mart = Kept::file('rows.sql') . "SELECT * FROM pg_temp.row_sums('$Kept::sums') r WHERE r ~ '^(mart|new)_store\\.' ORDER BY 1;\n" . <<'SQL';
SELECT n.nspname, c.relname, c.relkind, c.relpersistence, c.relacl, obj_description(c.oid) FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid WHERE n.nspname ~ '^(mart|new)(_store)?$' ORDER BY 1, 2;
SELECT nspname FROM pg_namespace WHERE nspname ~ '^(mart|new)(_store)?$' ORDER BY 1;
SELECT orders, target, function FROM clm.tracked ORDER BY 2;
SELECT tgrelid::regclass, tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2;
SELECT proname FROM pg_proc WHERE proname LIKE 'clm_track%' ORDER BY 1;
SQL

# A statement is killed at some moment of the time that it takes; then all is as before or as after it.
sub check_statement {
    my ($round, $kind, $statement) = @_;
    my $seed = 500 + $round;
    $server->sql("INSERT INTO orders (customer, day, amount) SELECT 1 + i * 7 % 90, date '2024-01-01' + i * $seed % 366, i / 7.0 FROM generate_series(1, 200) i");
    my $settings = "SET client_min_messages = error; SET max_parallel_workers_per_gather = 0;\n";
    my $before = $server->sql("$settings$mart");
    my $start = time;
    $server->sql("$settings BEGIN; $statement; ROLLBACK");
    my $seconds = time - $start;
    my $after = $server->sql("$settings BEGIN; $statement;\n$mart\nROLLBACK");
    my $pid = start_script($kind, "SET application_name = '$kind';\n$settings$statement;\n\\echo done\n");
    sleep $seconds * (5 + generator($seed)->(130)) / 100;
    crash($round, $kind);
    waitpid $pid, 0;
    my $now = $server->sql("$settings$mart");
    my $is_done = log_of($kind) =~ /^done$/m;
    ok $before ne $after, "$kind, round $round: the statement makes a difference";
    my $is_new = $now eq $after;
    ok $is_new || !$is_done && $now eq $before, "$kind, round $round: all is as before or as after it, and as after it where it was done"
        or diag map { "$_\n" } Kept::differences($before, $now), 'and', Kept::differences($after, $now);
    $happened{"$kind, " . ($is_new ? 'new' : 'old')}++;
    my ($success, $output) = $server->try("$settings$statement; CALL clm.refresh_mart('new')") if !$is_new;
    ok $is_new || $success || $kind ne 'create_mart', "$kind, round $round: it can run again" or diag $output;
    ($success, $output) = $server->try("$settings CALL clm.refresh_mart('mart', '2024-12-31', whole => true)");
    ok $success, "$kind, round $round: the mart can be refreshed" or diag $output;
    $server->try('SET client_min_messages = error; CALL clm.drop_mart(\'new\')') if $kind eq 'create_mart';
    like $server->sql($wrong), qr/^0\|[1-9]/, "$kind, round $round: tracked histories are those of the orders";
}

sub set_up {
    my ($port, @settings) = @_;
    $server = Server->start($port, 'synchronous_commit = on', 'full_page_writes = on', 'checkpoint_timeout = 30s', 'max_wal_size = 64MB', 'min_wal_size = 32MB', @settings);
    $server->sql(<<'SQL');
SET client_min_messages = error;
CREATE EXTENSION clm;
CREATE EXTENSION amcheck;
CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int, day date, amount numeric, note text);
CREATE INDEX ON orders (customer);
INSERT INTO orders (customer, day, amount) SELECT customer_id, day, amount / 3 FROM clm.simulate(300, '2023-01-01', '2024-12-31', seed => 5);
CREATE TABLE histories (customer int PRIMARY KEY, h clm.history) WITH (fillfactor = 50);
SELECT clm.track('orders', 'customer', 'day', 'amount', 'histories');
CALL clm.create_mart('mart', 'orders', 'customer', 'day', 'amount', as_of => '2024-12-31', watermark => 'id');
SQL
}

# With the least of the log, tables that a transaction has made are written at its end; with more, by recovery.
eval {
    for my $level ('minimal', 'replica') {
        set_up($level eq 'minimal' ? 5445 : 5446, "wal_level = $level", $level eq 'minimal' ? 'max_wal_senders = 0' : 'max_wal_senders = 4');
        for my $round (grep { ($_ % 4 < 2) == ($level eq 'minimal') } 0 .. $rounds - 1) {
            check_writers($round);
            check_statement($round, 'refresh_mart', "CALL clm.refresh_mart('mart', '2024-12-31'" . ($round % 3 == 0 ? ')' : ', whole => true)'));
            check_statement($round, 'create_mart', "CALL clm.create_mart('new', 'orders', 'customer', 'day', 'amount', as_of => '2024-12-31', track => true)");
        }
    }
    1;
} or do {
    fail('crashes');
    diag($@);
};
diag(join '; ', map { "$_: $happened{$_}" } sort keys %happened) if $ENV{TEST_VERBOSE} || $ENV{CLM_CRASHES};
cmp_ok $happened{writers} // 0, '>', 20, 'the writers had something to lose';
done_testing;
