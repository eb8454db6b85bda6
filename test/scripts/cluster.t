#!/usr/bin/env perl
# The throw-away cluster: its command's status comes through, and nothing stays behind, also when it is interrupted.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use Test::More;
use Time::HiRes qw(sleep time);

my $top = abs_path(dirname(__FILE__) . '/../..');

# Everything is made in here, so that what is left can be seen. The server's user must get in.
my $dir = tempdir('clm-XXXXXX', DIR => '/tmp', CLEANUP => 1);
chmod 0711, $dir;
$ENV{TMPDIR} = $dir;

sub start {
    my (@command) = @_;
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        setpgrp;
        $SIG{$_} = 'DEFAULT' for qw(INT HUP TERM); # nohup, for one, has them ignored
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', "$dir/out" or die;
        open STDERR, '>', "$dir/err" or die;
        exec { "$top/scripts/with-cluster" } "with-cluster", @command or die;
    }
    return $pid;
}

sub content {
    my ($name) = @_;
    open my $in, '<', "$dir/$name" or return '';
    local $/;
    return scalar(<$in>) // '';
}

# Folders and processes that the run has left.
sub nothing_is_left {
    my ($name) = @_;
    my @folders = glob "$dir/clm.*";
    is "@folders", '', "$name: no folder is left";
    my $processes = 0;
    for my $file (glob '/proc/[0-9]*/cmdline') {
        open my $in, '<', $file or next;
        $processes++ if (<$in> // '') =~ /\Q$dir\E/;
    }
    is $processes, 0, "$name: no process is left";
}

waitpid start('psql', '-XAt', '-c', 'SELECT 6 * 7', '-c', 'CREATE EXTENSION clm'), 0;
is $?, 0, 'a command that works: status 0' or diag content('err');
is content('out'), "42\nCREATE EXTENSION\n", 'it reaches the cluster and the extension';
nothing_is_left 'after success';

waitpid start('sh', '-c', 'exit 7'), 0;
is $? >> 8, 7, 'the status of a command that fails';
nothing_is_left 'after failure';

for my $case (['INT', 1, 130], ['INT', 0, 130], ['TERM', 0, 143], ['HUP', 0, 129]) {
    my ($signal, $group, $status) = @$case;
    my $name = $group ? "SIG$signal to the group (Ctrl-C)" : "SIG$signal";
    unlink "$dir/out";
    my $pid = start('sh', '-c', 'echo ready; psql -c "SELECT pg_sleep(60)"; sleep 60');
    for (1 .. 600) {
        last if content('out') =~ /ready/;
        sleep 0.1;
    }
    sleep 0.3;
    my $began = time;
    kill $group ? -$signal : $signal, $pid;
    waitpid $pid, 0;
    is $? >> 8, $status, "$name: status $status";
    cmp_ok time - $began, '<', 10, "$name: ends at once";
    nothing_is_left $name;
}

done_testing;
