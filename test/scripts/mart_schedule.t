#!/usr/bin/env perl
# The recipes of docs/schedule.md, by pg_cron on a server that has it loaded and by the line of a crontab: a job of the mart's owner
# brings the mart and the reports over it up to date; a job of somebody else does not.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use Test::More;
use Time::HiRes qw(sleep);

my ($server, $old_version);
my $refresh = q{CALL clm.refresh_mart('mart')};

my $control = `$ENV{PG_CONFIG} --sharedir` =~ s/\n//r . '/extension/pg_cron.control';
if (!-e $control) {
    # Debian's PostgreSQL has a package of pg_cron.
    if ($ENV{PG_CONFIG} =~ m{^/usr/lib/postgresql/}) {
        fail('pg_cron is there: scripts/install-deps cron installs it');
        done_testing;
        exit;
    }
    plan skip_all => 'this PostgreSQL has no pg_cron';
}

sub docs {
    open my $in, '<', "$FindBin::Bin/../../docs/schedule.md" or die "docs/schedule.md: $!";
    local $/;
    return scalar <$in>;
}

# The blocks of a kind, together.
sub of_docs {
    my ($kind) = @_;
    return join '', docs() =~ /^```$kind\n(.*?)^```$/msg;
}

sub as_owner {
    my ($sql) = @_;
    local $ENV{PGUSER} = 'mart_owner';
    return $server->sql("SET client_min_messages = warning; $sql");
}

# Jobs of a minute's schedule would take a minute: what is run here is due at once.
sub at_once { return $old_version ? '@reboot' : '1 seconds' }

sub set_up {
    $server = Server->start(5437, "shared_preload_libraries = 'pg_cron'", "cron.database_name = 'postgres'", 'cron.use_background_workers = on');
    $server->sql('CREATE EXTENSION clm; CREATE ROLE mart_owner LOGIN; GRANT CREATE ON DATABASE postgres TO mart_owner; GRANT CREATE ON SCHEMA public TO mart_owner');
    $server->sql(of_docs('sql cron'));
    $old_version = $server->sql(q{SELECT regexp_match(extversion, '^(\d+)\.(\d+)')::int[] < '{1,5}' FROM pg_extension WHERE extname = 'pg_cron'}) eq 't';
    my ($orders, $tiers, $trend) = map { of_docs('sql') =~ /^($_.*?;\n)\n?(?=CREATE|CALL|INSERT)/ms ? $1 : die "docs/schedule.md: no $_" }
        'CREATE TABLE orders', 'CREATE MATERIALIZED VIEW report_tiers', 'CREATE MATERIALIZED VIEW report_trend';
    as_owner(<<"SQL");
$orders
CALL clm.create_mart('mart', 'orders', 'customer_id', 'day', 'amount');
$tiers
CREATE UNIQUE INDEX ON report_tiers (tier);
$trend
CREATE UNIQUE INDEX ON report_trend (customer_id);
INSERT INTO orders VALUES (1, '2024-07-05', 25), (777777, '2024-07-04', 30);
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
    diag $server->sql('SELECT * FROM cron.job_run_details');
}

sub jobs {
    my $job = of_docs('sql cron owner');
    like as_owner($job), qr/^\d+/, 'the job of the documentation is accepted';
    my ($schedule) = $job =~ /'mart', '([^']+)'/;
    is as_owner('SELECT schedule, username, database FROM cron.job'), "$schedule|mart_owner|postgres", 'and is the owner\'s';
    my $now = at_once();
    as_owner($job =~ s/\Q$schedule\E/$now/r);
    is as_owner('SELECT schedule FROM cron.job'), $now, 'the same name changes the job';
    $server->sql("SELECT cron.schedule('not mine', '$now', \$\$$refresh\$\$)");
    $server->restart if $old_version;
    await(q{SELECT as_of = '2024-07-05' FROM mart.overview}, 'the job brings the mart up to date');
    await(q{SELECT count(*) > 0 FROM report_trend WHERE customer_id = 777777}, 'and the report over functions');
    await(q{SELECT sum(t.customers) = max(o.customers) FROM report_tiers t, mart.overview o}, 'and the report over views');
    await(q{SELECT count(*) > 0 FROM cron.job_run_details WHERE status = 'succeeded' AND username = 'mart_owner'}, 'it is said to have succeeded');
    await(q{SELECT count(*) > 0 FROM cron.job_run_details WHERE status = 'failed' AND username = 'postgres' AND return_message ~ 'must be owner of mart'},
        'a job of another role fails, and says why');
    is as_owner(q{SELECT cron.unschedule('mart')}), 't', 'the owner ends the job';
}

# The line of the crontab, with what the job does in its file.
sub crontab {
    my ($command) = docs() =~ /^15 3 \* \* \*  (psql .*)$/m or die 'docs/schedule.md has no crontab';
    my $file = "$ENV{CLM_SCRATCH}/refresh.sql";
    $command =~ s{-d shop}{-d postgres};
    $command =~ s{/etc/clm/refresh.sql}{'$file'};
    my ($statements) = of_docs('sql cron owner') =~ /\$\$(.*?)\$\$/s;
    local $ENV{PGPORT} = $server->{port};
    as_owner(q{INSERT INTO orders VALUES (2, '2024-07-09', 25)});
    for my $run (['an error leaves the old mart', "$statements; SELECT 1 / 0;", 3, '2024-07-05'], ['it brings the mart up to date', "$statements;", 0, '2024-07-09']) {
        my ($name, $sql, $status, $day) = @$run;
        open my $out, '>', $file or die "$file: $!";
        print $out $sql;
        close $out;
        system("$command >/dev/null 2>&1");
        is $? >> 8, $status, "crontab: status $status";
        is as_owner('SELECT as_of FROM mart.overview'), $day, "crontab: $name";
    }
}

eval {
    set_up();
    jobs();
    crontab();
    1;
} or fail("the server: $@");
done_testing;
