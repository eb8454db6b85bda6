#!/usr/bin/env perl
# clm.track under concurrent writers: no update is lost and no error but those that PostgreSQL gives any writer, whatever
# they do and roll back; two loaders do not block each other for good; and sessions interleaved by hand where it is hard.
# Afterwards the tracked table equals a fresh aggregation byte for byte. What each writer does is the same in every run.
use strict;
use warnings;
use Test::More;
use File::Temp qw(tempdir);
use IPC::Open3;
use Time::HiRes qw(sleep time);

my $database = "clm_track_$$";
my $dir = tempdir('clm-track-XXXXXX', TMPDIR => 1, CLEANUP => 1);
$ENV{PGOPTIONS} = '-c client_min_messages=warning';

sub psql {
    my ($sql, $in) = @_;
    my $pid = open3(my $to, my $from, undef, 'psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', $in // $database);
    print $to $sql;
    close $to;
    my $output = do { local $/; <$from> } // '';
    waitpid $pid, 0;
    die "psql: $output" if $? != 0;
    $output =~ s/\s+\z//;
    return $output;
}

# ---- sessions that take one statement after another ----

my $sessions = 0;

sub session {
    my ($start) = @_;
    my %session = (log => "$dir/session" . $sessions++);
    open my $err, '>', $session{log} or die;
    open my $save, '>&', \*STDERR or die;
    open STDERR, '>&', $err or die;
    $session{pid} = open my $to, '|-', 'psql', '-X', '-q', '-A', '-t', '-v', 'VERBOSITY=verbose', '-d', $database, '-o', "$session{log}.out" or die;
    open STDERR, '>&', $save or die;
    $to->autoflush(1);
    $session{to} = $to;
    tell_session(\%session, $start) if $start;
    return \%session;
}

# Sends a statement without waiting for its end.
sub tell_session {
    my ($session, $sql) = @_;
    $session->{told}++;
    print { $session->{to} } "$sql;\n\\! echo \":\" >> $session->{log}.done\n";
}

# Waits until everything told has ended.
sub wait_session {
    my ($session) = @_;
    for (1 .. 3000) {
        return 1 if (-s "$session->{log}.done" // 0) >= 2 * $session->{told};
        sleep 0.01;
    }
    die 'a session does not answer';
}

sub do_in {
    my ($session, $sql) = @_;
    tell_session($session, $sql);
    wait_session($session);
}

# SQLSTATEs of the errors of a session so far, apart from those after which its transaction had ended.
sub errors_of {
    my ($session) = @_;
    open my $in, '<', $session->{log} or die;
    return join ' ', grep { $_ ne '25P02' } map { /^ERROR:\s+(\w{5}):/ ? $1 : () } <$in>;
}

sub end_session {
    my ($session) = @_;
    close $session->{to};
}

# Waits until that many sessions wait for locks.
sub wait_for_waiters {
    my ($number) = @_;
    for (1 .. 1000) {
        return 1 if psql("SELECT count(*) FROM pg_stat_activity WHERE datname = '$database' AND wait_event_type = 'Lock'") >= $number;
        sleep 0.01;
    }
    die "there are no $number waiting sessions";
}

# ---- the tables ----

sub set_up {
    my ($kind) = @_;
    psql(<<"END");
DROP TABLE IF EXISTS orders, histories CASCADE;
CREATE SEQUENCE IF NOT EXISTS order_ids;
CREATE TABLE orders (id bigint DEFAULT nextval('order_ids'), customer text, day date, amount numeric, note text, part int DEFAULT 0, PRIMARY KEY (id, part))
    @{[$kind eq 'partitioned' ? 'PARTITION BY LIST (part)' : '']};
CREATE INDEX ON orders (customer);
CREATE TABLE histories (customer text PRIMARY KEY, h clm.history NOT NULL);
END
    psql(<<'END') if $kind eq 'partitioned';
CREATE TABLE orders_0 PARTITION OF orders FOR VALUES IN (0);
CREATE TABLE orders_1 (part int NOT NULL, note text, amount numeric, day date, customer text, dropped int, id bigint NOT NULL DEFAULT nextval('order_ids'));
ALTER TABLE orders_1 DROP COLUMN dropped;
ALTER TABLE orders ATTACH PARTITION orders_1 FOR VALUES IN (1);
CREATE TABLE orders_2 PARTITION OF orders FOR VALUES IN (2, 3) PARTITION BY LIST (part);
CREATE TABLE orders_2_2 PARTITION OF orders_2 FOR VALUES IN (2);
CREATE TABLE orders_2_3 PARTITION OF orders_2 FOR VALUES IN (3);
END
    psql(q{SELECT clm.track('orders', 'customer', 'day', 'amount', 'histories')});
}

sub is_up_to_date {
    my ($name) = @_;
    is psql(<<'END'), '0', "$name: the histories are those of the orders, byte for byte";
SELECT count(*) FROM histories FULL JOIN (SELECT customer, clm.history(day, amount) AS fresh FROM orders WHERE customer IS NOT NULL GROUP BY customer
                                        HAVING clm.history(day, amount) IS NOT NULL) f USING (customer)
WHERE clm.history_send(h) IS DISTINCT FROM clm.history_send(fresh);
END
}

# ---- writers at random ----

# A generator of its own for each writer, so that what they do does not depend on the machine.
sub generator {
    my ($state) = @_;
    return sub {
        my ($n) = @_;
        $state = ($state * 1103515245 + 12345) & 0x7fffffff;
        return int($state / 65536) % $n;
    };
}

my @amounts = (10, 0, -3.5, 0.1, 0.2, 0.3, 1e15, -1e15, 7, 19.99);

sub some_rows {
    my ($random, $parts) = @_;
    return join ', ', map {
        my $customer = $random->(20) ? sprintf "'c%d'", $random->($random->(2) ? 8 : 60) : 'NULL';
        my $day = $random->(30) ? sprintf "'2024-01-01'::date + %d", $random->($random->(2) ? 10 : 400) : 'NULL';
        my $amount = $random->(30) ? $amounts[$random->(scalar @amounts)] : 'NULL';
        "($customer, $day, $amount, " . $random->($parts) . ')';
    } 0 .. $random->(12);
}

sub some_orders {
    my ($random) = @_;
    return "id % 17 = " . $random->(17) . ($random->(2) ? " AND customer < 'c" . $random->(9) . "'" : '');
}

my @operations = (
    (sub { "INSERT INTO orders (customer, day, amount, part) VALUES " . some_rows(@_) }) x 6,
    sub { my ($random, $parts) = @_;
        "COPY orders (customer, day, amount, part) FROM stdin;\n"
            . join('', map { sprintf "c%d\t2024-%02d-%02d\t%s\t%d\n", $random->(60), 1 + $random->(12), 1 + $random->(28), $amounts[$random->(scalar @amounts)], $random->($parts) } 0 .. $random->(20))
            . "\\." },
    sub { my ($random) = @_; "UPDATE orders SET amount = amount + " . $random->(3) . " WHERE " . some_orders($random) },
    sub { my ($random) = @_; "UPDATE orders SET day = day + " . (1 + $random->(3)) . " WHERE " . some_orders($random) },
    sub { my ($random) = @_; "UPDATE orders SET customer = 'c" . $random->(70) . "' WHERE " . some_orders($random) },
    sub { my ($random, $parts) = @_; "UPDATE orders SET part = " . $random->($parts) . ", amount = amount * 2 WHERE " . some_orders($random) },
    sub { my ($random) = @_; "UPDATE orders SET note = 'seen' WHERE " . some_orders($random) },
    (sub { my ($random) = @_; "DELETE FROM orders WHERE " . some_orders($random) }) x 3,
    sub { my ($random, $parts) = @_; "INSERT INTO orders (id, part, customer, day, amount) SELECT DISTINCT ON (id) id, 0, customer, day + 1, amount FROM orders WHERE " . some_orders($random)
            . " ON CONFLICT (id, part) DO UPDATE SET amount = excluded.amount + 1, customer = coalesce(orders.customer, 'c1')" },
    sub { my ($random) = @_; "MERGE INTO orders o USING (SELECT id, part FROM orders WHERE " . some_orders($random) . ") s ON o.id = s.id AND o.part = s.part"
            . " WHEN MATCHED AND o.id % 2 = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET amount = 5" },
    sub { my ($random, $parts) = @_; "WITH gone AS (DELETE FROM orders WHERE " . some_orders($random) . " RETURNING *)"
            . " INSERT INTO orders (customer, day, amount, part) SELECT customer, day + 2, amount, part FROM gone" },
);
my @of_partitions = (
    sub { my ($random) = @_; "INSERT INTO orders_1 (customer, day, amount, part) SELECT 'c' || i, date '2024-05-01' + i % 3, 2, 1 FROM generate_series(1, " . $random->(20) . ") i" },
    sub { my ($random) = @_; "UPDATE orders_1 SET amount = 4 WHERE " . some_orders($random) },
    sub { my ($random) = @_; "DELETE FROM orders_2 WHERE " . some_orders($random) },
    sub { my ($random) = @_; "UPDATE orders_2 SET part = 5 - part WHERE " . some_orders($random) },
    sub { my ($random) = @_; "DELETE FROM orders_2_3 WHERE " . some_orders($random) },
    sub { my ($random) = @_; $random->(4) ? "SELECT" : "TRUNCATE " . ('orders_1', 'orders_2', 'orders_2_2')[$random->(3)] },
);

# The script of one writer: transactions of some statements, with savepoints, a third of them rolled back.
sub script_of {
    my ($seed, $kind, $level, $transactions) = @_;
    my $random = generator($seed * 7919 + 1);
    my $parts = $kind eq 'partitioned' ? 4 : 1;
    my @choice = ($kind eq 'partitioned' ? (@operations, @of_partitions) : @operations);
    my $script = '';
    for (1 .. $transactions) {
        $script .= "BEGIN ISOLATION LEVEL $level;\n";
        for (0 .. $random->(4)) {
            my $savepoint = $random->(4) == 0;
            $script .= "SAVEPOINT s;\n" if $savepoint;
            $script .= $choice[$random->(scalar @choice)]->($random, $parts) . ";\n";
            $script =~ s/\\\.;\n\z/\\.\n/;
            $script .= "ROLLBACK TO s;\n" if $savepoint && $random->(2);
        }
        $script .= $random->(3) ? "COMMIT;\n" : "ROLLBACK;\n";
    }
    return $script;
}

# Runs the scripts at the same time; returns how often each SQLSTATE came, apart from what follows in a failed transaction.
sub run_writers {
    my @scripts = @_;
    my (@pids, %errors);
    for my $i (0 .. $#scripts) {
        open my $out, '>', "$dir/writer$i.sql" or die;
        print $out $scripts[$i];
        close $out;
        my $pid = fork // die "fork: $!";
        if ($pid == 0) {
            open STDOUT, '>', "$dir/writer$i.log" or die;
            open STDERR, '>&', \*STDOUT or die;
            exec 'psql', '-X', '-q', '-v', 'VERBOSITY=verbose', '-d', $database, '-f', "$dir/writer$i.sql" or die;
        }
        push @pids, $pid;
    }
    waitpid $_, 0 for @pids;
    for my $i (0 .. $#scripts) {
        open my $in, '<', "$dir/writer$i.log" or die;
        while (<$in>) {
            $errors{$1}++ if /(?:ERROR|FATAL|PANIC):\s+(\w{5}):/ && $1 !~ /25P02|3B001/;
            $errors{$_}++ if /server closed|connection/;
        }
    }
    return \%errors;
}

psql("CREATE DATABASE $database", 'postgres');
psql("CREATE EXTENSION clm; ALTER DATABASE $database SET deadlock_timeout = '50ms'");

for my $kind ('plain', 'partitioned') {
    set_up($kind);
    my @levels = ('READ COMMITTED', 'READ COMMITTED', 'READ COMMITTED', 'READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE');
    my $errors = run_writers(map { script_of($_ + ($kind eq 'plain' ? 0 : 100), $kind, $levels[$_], 60) } 0 .. $#levels);
    my %unexpected = %$errors;
    # A transaction of several statements may be the victim of a deadlock, and one with a snapshot of a concurrent change;
    # and two upserts of one order may meet. A snapshot does not allow TRUNCATE.
    delete @unexpected{'40P01', '40001', '23505', '0A000'};
    is_deeply \%unexpected, {}, "$kind, writers at every level: no other error";
    is_up_to_date("$kind, writers at every level");
    cmp_ok psql('SELECT count(*) FROM histories'), '>', 30, "$kind: there is something to compare";
    diag("$kind: " . join ', ', map { "$_ $errors->{$_} times" } sort keys %$errors) if $ENV{TEST_VERBOSE};
}

# ---- one statement a transaction: loaders never deadlock ----

sub loader {
    my ($seed, $statement) = @_;
    my $random = generator($seed);
    my $descending = $seed % 2;
    my $script = '';
    for my $batch (1 .. 60) {
        my $order = $descending ? 'DESC' : 'ASC';
        my $day = $random->(30);
        $script .= "INSERT INTO orders (customer, day, amount) SELECT 'c' || i, date '2024-01-01' + $day, $seed FROM generate_series(1, 100) i WHERE hashint4(i + "
            . $random->(1000) . ") % 3 = 0 ORDER BY i $order;\n";
        $script .= "UPDATE orders SET amount = amount + 1 WHERE id % 97 = $seed * 10 + " . $random->(10) . ";\n" if $seed > 2;
    }
    return $script;
}

set_up('plain');
is_deeply run_writers(map { loader($_) } 1 .. 4), {}, 'loaders in opposite orders, and updates of orders of their own: no deadlock, no error';
is_up_to_date('loaders in opposite orders');

# ---- interleaved by hand ----

# Both insert the same new customer on the same day; the second waits for the first and sees its order.
for my $end ('COMMIT', 'ROLLBACK') {
    set_up('plain');
    my ($one, $two) = (session('BEGIN'), session('BEGIN'));
    do_in($one, q{INSERT INTO orders (customer, day, amount) VALUES ('c1', '2024-01-01', 0.1), ('c1', '2024-01-01', 0.2)});
    tell_session($two, q{INSERT INTO orders (customer, day, amount) VALUES ('c1', '2024-01-01', 0.3)});
    wait_for_waiters(1);
    do_in($one, $end);
    wait_session($two);
    do_in($two, 'COMMIT');
    is errors_of($one) . errors_of($two), '', "two new orders of a new customer's day, $end: no error";
    is_up_to_date("two new orders of a new customer's day, $end");
    end_session($_) for $one, $two;
}

# Two change different orders of a customer: the second waits, and then sees what the first has done, or not.
my %changes = (
    'new days' => sub { "INSERT INTO orders (customer, day, amount) VALUES ('c1', '2024-0$_[1]-01', 0.1), ('c1', '2024-0$_[1]-02', 0.1)" },
    'a shared day' => sub { "INSERT INTO orders (customer, day, amount) VALUES ('c1', '2024-01-01', 0.$_[1])" },
    'an update' => sub { "UPDATE orders SET amount = amount + 1 WHERE note = '$_[0]'" },
    'a delete' => sub { "DELETE FROM orders WHERE note = '$_[0]'" },
    'a move' => sub { "UPDATE orders SET customer = 'c2' WHERE note = '$_[0]'" });
for my $first (sort keys %changes) {
    for my $second (sort keys %changes) {
        set_up('plain');
        psql(q{INSERT INTO orders (customer, day, amount, note) VALUES ('c1', '2024-01-01', 0.1, 'a'), ('c1', '2024-01-01', 0.2, 'b'), ('c1', '2024-01-02', 0.3, NULL)});
        for my $end ('ROLLBACK', 'COMMIT') {
            my ($one, $two) = (session('BEGIN'), session('BEGIN'));
            do_in($one, $changes{$first}->('a', 3));
            tell_session($two, $changes{$second}->('b', 4));
            wait_for_waiters(1);
            do_in($one, $end);
            wait_session($two);
            is errors_of($one) . errors_of($two), '', "$second after $first, $end: no error";
            do_in($two, $end);
            end_session($_) for $one, $two;
        }
        is_up_to_date("$second after $first");
    }
}

# The last order of a customer is deleted while another comes.
for my $day ('2024-01-01', '2024-02-02') {
    set_up('plain');
    psql(q{INSERT INTO orders (customer, day, amount) VALUES ('c1', '2024-01-01', 1)});
    my ($one, $two) = (session('BEGIN'), session());
    do_in($one, q{DELETE FROM orders WHERE customer = 'c1'});
    tell_session($two, "INSERT INTO orders (customer, day, amount) VALUES ('c1', '$day', 2)");
    wait_for_waiters(1);
    do_in($one, 'COMMIT');
    wait_session($two);
    is errors_of($one) . errors_of($two), '', "delete against insert on $day: no error";
    is_up_to_date("delete against insert on $day");
    end_session($_) for $one, $two;
}

# A snapshot that is older than a change: a serialization failure where it would be used, never an old order brought back.
for my $level ('REPEATABLE READ', 'SERIALIZABLE') {
    for my $case (
        ['an insert of a shared day', q{INSERT INTO orders (customer, day, amount) VALUES ('c1', '2024-03-03', 5), ('c1', '2024-01-02', 5)}, '40001'],
        ['an update', q{UPDATE orders SET amount = 9 WHERE note = 'mine'}, '40001'],
        ['a delete', q{DELETE FROM orders WHERE note = 'mine'}, '40001']) {
        my ($name, $statement, $error) = @$case;
        set_up('plain');
        psql(q{INSERT INTO orders (customer, day, amount, note) VALUES ('c1', '2024-01-01', 1, NULL), ('c1', '2024-01-02', 2, 'mine'), ('c2', '2024-01-01', 1, NULL)});
        my $old = session("BEGIN ISOLATION LEVEL $level; SELECT count(*) FROM orders");
        wait_session($old);
        psql(q{UPDATE orders SET amount = 100 WHERE customer = 'c1' AND note IS NULL});
        do_in($old, $statement);
        do_in($old, 'COMMIT');
        is errors_of($old), $error, "$level, $name after a concurrent update: $error";
        is_up_to_date("$level, $name after a concurrent update");
        end_session($old);
    }
    # The row of the target was deleted: that alone is no conflict for an insert, but then a second one of the same day would
    # aggregate the deleted order with the snapshot that still has it.
    set_up('plain');
    psql(q{INSERT INTO orders (customer, day, amount) VALUES ('c1', '2024-01-01', 1), ('c2', '2024-01-01', 1)});
    my $old = session("BEGIN ISOLATION LEVEL $level; SELECT count(*) FROM orders");
    wait_session($old);
    psql(q{DELETE FROM orders WHERE customer = 'c1'});
    do_in($old, q{INSERT INTO orders (customer, day, amount) VALUES ('c1', '2024-05-05', 2)});
    is errors_of($old), '', "$level, new days of a customer who was deleted: no error";
    do_in($old, 'SAVEPOINT s');
    do_in($old, q{INSERT INTO orders (customer, day, amount) VALUES ('c1', '2024-05-05', 3)});
    is errors_of($old), '40001', "$level, the same day again: 40001";
    do_in($old, 'ROLLBACK TO s; COMMIT');
    is_up_to_date("$level, new days of a customer who was deleted");
    end_session($old);
}

# clm.track waits for those who write, and those who come wait for it.
set_up('plain');
psql(q{SELECT clm.untrack('orders'); INSERT INTO orders (customer, day, amount) SELECT 'c' || i % 10, date '2024-01-01' + i, i FROM generate_series(1, 100) i});
my ($writer, $tracker, $late) = (session('BEGIN'), session(), session());
do_in($writer, q{INSERT INTO orders (customer, day, amount) VALUES ('c1', '2024-01-02', 1)});
tell_session($tracker, q{SELECT clm.track('orders', 'customer', 'day', 'amount', 'histories')});
wait_for_waiters(1);
tell_session($late, q{INSERT INTO orders (customer, day, amount) VALUES ('c1', '2024-01-02', 2)});
wait_for_waiters(2);
do_in($writer, 'COMMIT');
wait_session($_) for $tracker, $late;
is join('', map { errors_of($_) } $writer, $tracker, $late), '', 'track between writers: no error';
is_up_to_date('track between writers');
end_session($_) for $writer, $tracker, $late;

# A snapshot from before clm.track does not have its triggers: an error, which the next transaction does not see.
for my $level ('REPEATABLE READ', 'SERIALIZABLE') {
    set_up('plain');
    psql(q{SELECT clm.untrack('orders')});
    my $old = session("BEGIN ISOLATION LEVEL $level; SELECT count(*) FROM orders");
    wait_session($old);
    psql(q{SELECT clm.track('orders', 'customer', 'day', 'amount', 'histories')});
    my $insert = q{INSERT INTO orders (customer, day, amount) VALUES ('c1', '2024-01-02', 1)};
    do_in($old, "$insert; ROLLBACK");
    is errors_of($old), '55000', "$level, a snapshot from before track: an error";
    do_in($old, "BEGIN ISOLATION LEVEL $level; $insert; COMMIT");
    is errors_of($old), '55000', "$level, a snapshot from after track: no other error";
    is_up_to_date("$level, a snapshot from before track");
    end_session($old);
}

# Two tracks of one table at the same time, to targets in two schemas: each gets a function and triggers of its own.
set_up('plain');
psql("CREATE SCHEMA $_; CREATE TABLE $_.h (customer text PRIMARY KEY, h clm.history)") for 'one', 'two';
my ($first, $second) = (session('BEGIN'), session());
do_in($first, q{SELECT clm.track('orders', 'customer', 'day', 'amount', 'one.h')});
tell_session($second, q{SELECT clm.track('orders', 'customer', 'day', 'amount', 'two.h')});
wait_for_waiters(1);
do_in($first, 'COMMIT');
wait_session($second);
psql(q{INSERT INTO orders (customer, day, amount) VALUES ('c1', '2024-01-02', 2)});
is psql('SELECT count(*), count(DISTINCT function) FROM clm.tracked; SELECT count(*) FROM one.h a JOIN two.h b USING (customer) JOIN histories c USING (customer) WHERE a.h::text = b.h::text AND b.h::text = c.h::text'), "3|3\n1",
    'two tracks at the same time: both targets are kept up to date';
is errors_of($first) . errors_of($second), '', 'two tracks at the same time: no error';
end_session($_) for $first, $second;

# clm.untrack waits for a transaction of two statements, as it locks what a writer locks first.
set_up('plain');
my ($loading, $ending) = (session('BEGIN'), session());
do_in($loading, q{INSERT INTO orders (customer, day, amount) VALUES ('c1', '2024-01-02', 1)});
tell_session($ending, q{SELECT clm.untrack('orders')});
wait_for_waiters(1);
do_in($loading, q{INSERT INTO orders (customer, day, amount) VALUES ('c2', '2024-01-02', 1)});
do_in($loading, 'COMMIT');
wait_session($ending);
is errors_of($loading) . errors_of($ending), '', 'untrack and a writer: no deadlock';
is psql(q{SELECT count(*) FROM clm.tracked WHERE orders = 'orders'::regclass}), 0, 'untrack after a writer: done';
end_session($_) for $loading, $ending;

psql("DROP DATABASE $database", 'postgres');
done_testing();
