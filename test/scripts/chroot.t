#!/usr/bin/env perl
# scripts/chroot: what a command finds in a chroot, what is left of it, and that no chroot is kept that is not whole. The
# chroots are the programs that the commands here need, and a stand-in makes them: nothing is fetched.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use Test::More;
use Time::HiRes qw(sleep time);

plan skip_all => 'chroots need root' if $>;
plan skip_all => 'there is no right to mount here' if system('unshare --mount --pid --fork mount -t proc proc /proc 2>/dev/null');

my $top = abs_path(dirname(__FILE__) . '/../..');
my $dir = tempdir('clm-chroot-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $cache = "$dir/cache";
my $tools = "$dir/tools";
make_path($tools, "$dir/tmp");
@ENV{qw(CLM_CACHE MIRROR TMPDIR PATH)} = ($cache, 'http://mirror.invalid/', "$dir/tmp", "$tools:$ENV{PATH}");

sub write_program {
    my ($name, $text) = @_;
    open my $out, '>', $name or die "$name: $!";
    print $out "#!/bin/sh\n$text";
    close $out;
    chmod 0755, $name;
}

# Status and output of scripts/chroot.
sub in_chroot {
    my ($suite, $command) = @_;
    my $output = `'$top/scripts/chroot' $suite $command 2>&1 </dev/null`;
    chomp $output;
    return ($? >> 8, $output);
}

# The folder's files but those that tell of making one.
sub kept {
    return join ' ', grep { !/\.(?:lock|log)$/ } map { s/.*\///r } glob "$cache/*";
}

# A chroot with a shell and a few programs, and the libraries that they need.
sub small_chroot {
    my ($root) = @_;
    make_path(map { "$root/$_" } qw(proc dev tmp mnt etc usr/bin bin));
    for my $program (map { "/usr/bin/$_" } qw(sh env ls touch sleep dd)) {
        for my $file ($program, `ldd $program` =~ m{(/\S+)}g) {
            make_path($root . dirname($file));
            system('cp', '-L', $file, "$root$file") == 0 or die;
        }
    }
    symlink '../usr/bin/sh', "$root/bin/sh";
}

sub waits_until {
    my ($what) = @_;
    for (my $end = time + 60; time < $end; sleep 0.1) {
        return 1 if $what->();
    }
    return '';
}

# Whether a process with this command line is running.
sub runs {
    my ($wanted) = @_;
    for my $name (glob '/proc/[0-9]*/cmdline') {
        open my $in, '<', $name or next;
        my $line = do { local $/; <$in> } // '';
        return 1 if $line eq join("\0", split(/ /, $wanted), '');
    }
    return '';
}

my ($status, $output) = in_chroot('', '');
is "$status $output", '1 clm: usage: scripts/chroot SUITE COMMAND ...', 'usage';
($status, $output) = in_chroot('../etc', 'true');
is "$status $output", '1 clm: ../etc is not the name of a suite of Debian', 'a suite is a name';
chomp($output = `setpriv --reuid=nobody --clear-groups '$top/scripts/chroot' trixie true 2>&1`);
like $output, qr/\Aclm: a chroot needs root\z|Permission denied/, 'a user without rights gets one line';

# Making one.
write_program("$tools/debootstrap", "mkdir -p \"\$3\"\necho 'the mirror does not answer'\nexit 1\n");
($status, $output) = in_chroot('trixie', 'true');
is $status, 1, 'a chroot that cannot be made is an error';
like $output, qr/the mirror does not answer\n.*could not make the chroot/s, 'with the reason';
is kept() =~ s/debian-trixie\.partial//r, '', 'and is not taken for whole';

write_program("$tools/debootstrap", "mkdir -p \"\$3\"\ntouch '$dir/begun'\nsleep 98765\n");
my $pid = fork // die "fork: $!";
if ($pid == 0) {
    open STDIN, '<', '/dev/null';
    open STDERR, '>', '/dev/null';
    exec "$top/scripts/chroot", 'trixie', 'true';
}
ok waits_until(sub { -e "$dir/begun" }), 'making one takes its time';
kill 'TERM', $pid;
waitpid $pid, 0;
is $? >> 8, 143, 'and can be interrupted';
is kept() =~ s/debian-trixie\.partial//r, '', 'which leaves nothing that is taken for whole';
is join(' ', glob "$dir/tmp/*"), '', 'nor a scratch folder';
ok waits_until(sub { !runs('sleep 98765') }), 'nor a process';

# Using one.
small_chroot("$cache/debian-small");
write_program("$dir/victim", "untouched\n");
symlink "$dir/victim", "$cache/debian-small/etc/hosts";
($status, $output) = in_chroot('small', q{sh -c 'exit 7'});
is $status, 7, 'the status of the command comes through' or diag $output;
like `cat '$dir/victim'`, qr/untouched/, 'a link in the chroot overwrites nothing of the host';
($status, $output) = in_chroot('small', q{sh -c 'pwd; ls /dev; ls /mnt/clm/clm.control; dd if=/dev/zero bs=4 count=1 of=/dev/null 2>/dev/null && echo devices'});
is $output, join("\n", '/mnt/clm', qw(fd full null ptmx pts random shm stderr stdin stdout tty urandom zero), '/mnt/clm/clm.control', 'devices'),
    'the command finds the checkout and devices';
isnt((stat "$cache/debian-small/dev")[1], (stat '/dev')[1], 'they are not the devices of here');
is join(' ', map { glob "$cache/debian-small/$_/*" } qw(dev tmp mnt)), '', 'outside there is nothing of them';
{
    local @ENV{qw(TESTS SECRET)} = ('history stage', 'x');
    ($status, $output) = in_chroot('small', q{sh -c 'echo $TESTS:$SECRET:$HOME:$TMPDIR'});
    is $output, 'history stage::/root:', 'of the environment it gets what it should';
}
($status, $output) = in_chroot('small', q{sh -c 'touch /tmp/mine; ls /tmp'});
is $output, 'mine', 'the command has a /tmp';
($status, $output) = in_chroot('small', q{ls /tmp});
is $output, '', 'of its own';
($status, $output) = in_chroot('small', q{sh -c 'sleep 98766 & echo begun'});
is $output, 'begun', 'the command has processes of its own';
ok waits_until(sub { !runs('sleep 98766') }), 'which end with it';

done_testing();
