#!/usr/bin/env perl
# Logical replication of every type, in text and in binary: what arrives has the same text and the same bytes, first copies and
# later changes, those that clm.track makes on the publisher among them. The physical standby is the subject of standby.t.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Kept;
use Server;
use Test::More;

my ($publisher, %subscriber);

# The tables that are published, without views and what is not.
sub published {
    my ($server) = @_;
    return join '', map { "$_\n" } grep { /^(?:kept\.(?!scored |stages )|shop\.part_histories |live_mart_store\.history )/ } split /\n/, Kept::rows($server);
}

sub set_up {
    $publisher = Server->start(5439, 'wal_level = logical', 'max_wal_senders = 10', 'max_replication_slots = 10');
    Kept::fill($publisher);
    # The settings of a mart name its orders by OID, which is another one elsewhere. Rows that change must be told apart; other tables are published for INSERT only.
    $publisher->sql(<<'SQL');
DROP TABLE kept.mart_setting;
SELECT format('ALTER TABLE kept.%I ADD PRIMARY KEY (id)', relname) FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid AND attname = 'id'
WHERE relnamespace = 'kept'::regnamespace AND relkind = 'r' AND relname <> 'users' \gexec
CREATE PUBLICATION everything FOR TABLES IN SCHEMA kept, TABLE shop.part_histories, live_mart_store.history;
SQL
    my $definitions = `pg_dump -p $publisher->{port} -d postgres --schema-only -n kept -n raw`;
    die "pg_dump failed\n" if $? != 0;
    my $server = Server->start(5440, 'wal_level = replica', 'max_wal_senders = 4', 'max_logical_replication_workers = 12', 'max_worker_processes = 16', 'max_sync_workers_per_subscription = 4');
    for my $form ('text', 'binary') {
        $server->sql("CREATE DATABASE as_$form");
        my $here = $subscriber{$form} = $server->on("as_$form");
        $here->sql("CREATE EXTENSION clm;\n" . $definitions =~ s/^\\(?:un)?restrict .*\n//mgr);
        $here->sql(<<"SQL");
CREATE SCHEMA shop;
CREATE TABLE shop.part_histories (customer text PRIMARY KEY, h clm.history);
CREATE SCHEMA live_mart_store;
CREATE TABLE live_mart_store.history (customer int PRIMARY KEY, h clm.history);
CREATE SUBSCRIPTION as_$form CONNECTION 'host=$ENV{PGHOST} port=$publisher->{port} dbname=postgres user=$ENV{PGUSER}' PUBLICATION everything WITH (binary = @{[$form eq 'binary' ? 'true' : 'false']});
SQL
    }
}

sub catch_up {
    my $at = $publisher->sql('SELECT pg_current_wal_lsn()');
    $_->await("SELECT bool_and(srsubstate = 'r') FROM pg_subscription_rel", 'tables are copied') for values %subscriber;
    $publisher->await("SELECT count(*) = 2 AND bool_and(replay_lsn >= '$at') FROM pg_stat_replication WHERE application_name LIKE 'as\\_%'", 'the subscribers have what the publisher has');
}

sub is_replicated {
    my ($name) = @_;
    catch_up();
    my $rows = published($publisher);
    cmp_ok $rows =~ tr/\n//, '>', 40, "$name: there is something to compare";
    Kept::is_same(published($subscriber{$_}), $rows, "$name, in $_: every row is the same, as text and in bytes") for sort keys %subscriber;
}

# Every value once more, so that it comes as a change and not by the first copy, and some changed and deleted.
sub change {
    $publisher->sql(<<'SQL');
SELECT format('INSERT INTO kept.%1$I (id, v) SELECT id + 100000, v FROM kept.%1$I', relname) FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid AND attname = 'v'
WHERE relnamespace = 'kept'::regnamespace AND relkind = 'r' \gexec
SELECT format('UPDATE kept.%1$I SET v = (SELECT v FROM kept.%1$I WHERE id = 100001) WHERE id = 1', relname) FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid AND attname = 'v'
WHERE relnamespace = 'kept'::regnamespace AND relkind = 'r' \gexec
INSERT INTO kept.users (id, h, known, both_of, many, stages, stage) SELECT id + 1000, h, known, both_of, many, stages, stage FROM kept.users;
UPDATE kept.users SET many = many || '{2024-01-01:5}'::clm.history, both_of.h = '{}' WHERE id < 20;
DELETE FROM kept.history WHERE id % 3 = 0;
UPDATE kept.history SET v = clm.merge(v, '{2025-01-01:-0.1*}') WHERE id % 3 = 1 AND clm.occasions(v) > 0;
SQL
}

eval {
    set_up();
    is_replicated('the first copy');
    change();
    is_replicated('changes');
    # What the publisher's triggers write.
    Kept::go_on($publisher);
    $publisher->sql("TRUNCATE shop.parts_2023");
    is Kept::tracked_wrong($publisher), "0|t\n0|t", 'tracked histories of the publisher are those of its orders';
    is_replicated('changes by track');
    is $subscriber{$_}->sql('SELECT sum(apply_error_count + sync_error_count) FROM pg_stat_subscription_stats'), '0', "in $_: no error" for sort keys %subscriber;
    Kept::is_same(Kept::readings($subscriber{binary}), Kept::readings($subscriber{text}), 'what is read from the replicated values is the same');
    1;
} or do {
    fail('replication');
    diag($@);
};
for my $form (keys %subscriber) {
    eval { $subscriber{$form}->sql("DROP SUBSCRIPTION as_$form") };
}
done_testing;
