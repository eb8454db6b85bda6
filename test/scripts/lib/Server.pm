# Further servers for a test, and psql on them. They are stopped when the test ends, however it ends.
package Server;
use strict;
use warnings;
use FindBin;
use IPC::Open3;

my @started;
$SIG{$_} = sub { exit 1 } for qw(HUP INT TERM);

sub command {
    system("$FindBin::Bin/lib/server", @_) == 0 or die "server @_ failed\n";
}

# The throw-away cluster, with a database to connect to.
sub cluster {
    my ($class, $database) = @_;
    return bless { port => $ENV{PGPORT}, database => $database }, $class;
}

# A server of its own, with these settings.
sub start {
    my ($class, $port, @settings) = @_;
    return $class->make('start', $port, @settings);
}

# A hot standby of another server, with these settings.
sub standby_of {
    my ($class, $primary, $port, @settings) = @_;
    return $class->make('standby', $port, $primary->{port}, @settings);
}

# The same server, another database.
sub on {
    my ($self, $database) = @_;
    return bless { %$self, database => $database }, ref $self;
}

sub make {
    my ($class, $command, $port, @arguments) = @_;
    my $self = bless { port => $port, database => 'postgres' }, $class;
    push @started, $self;
    command($command, $port, @arguments);
    return $self;
}

sub promote {
    my ($self) = @_;
    command('promote', $self->{port});
}

sub restart {
    my ($self) = @_;
    command('restart', $self->{port});
}

sub processes_of {
    my ($parent) = @_;
    my @children;
    for my $file (glob '/proc/[0-9]*/stat') {
        open my $in, '<', $file or next; # it has ended meanwhile
        my $stat = <$in> // '';
        push @children, $1 if $stat =~ /\A(\d+) \(.*\) \S \Q$parent\E /s;
    }
    return @children;
}

# The server ends as when the power fails, but that the kernel keeps what was written: every process of it is killed.
sub crash {
    my ($self) = @_;
    open my $in, '<', "$ENV{CLM_SCRATCH}/server.$self->{port}/postmaster.pid" or die "no server on port $self->{port}: $!";
    chomp(my $postmaster = <$in>);
    kill STOP => $postmaster; # so that it starts no more of them
    my @children = processes_of($postmaster);
    kill KILL => $postmaster, @children;
    for (1 .. 500) {
        last unless grep { state_of($_) ne 'Z' } $postmaster, @children;
        select undef, undef, undef, 0.01;
    }
    die "the server on port $self->{port} does not end\n" if grep { state_of($_) ne 'Z' } $postmaster, @children;
    # Where nobody waits for dead processes they keep their numbers, which the next server would take for a running one's.
    unlink "$ENV{CLM_SCRATCH}/server.$self->{port}/postmaster.pid", "$ENV{PGHOST}/.s.PGSQL.$self->{port}.lock";
}

sub start_again {
    my ($self) = @_;
    command('again', $self->{port});
}

sub state_of {
    my ($pid) = @_;
    open my $in, '<', "/proc/$pid/stat" or return 'Z';
    return (<$in> // '') =~ /\A\d+ \(.*\) (\S) /s ? $1 : 'Z';
}

# Wait until a query gives true.
sub await {
    my ($self, $query, $what) = @_;
    for (1 .. 600) {
        return if $self->sql($query) eq 't';
        select undef, undef, undef, 0.05;
    }
    die "waited in vain: $what\n";
}

# Wait until the server takes connections again.
sub await_start {
    my ($self) = @_;
    for (1 .. 600) {
        my ($success, $output) = $self->try('SELECT 1');
        return if $success;
        select undef, undef, undef, 0.05;
    }
    die "the server on port $self->{port} does not come back\n";
}

# Begin a script of psql; what finish gives: (succeeded, everything printed, errors included).
sub begin {
    my ($self, $sql) = @_;
    my $pid = open3(my $to, my $from, undef, 'psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-v', 'VERBOSITY=verbose',
        '-p', $self->{port}, '-d', $self->{database});
    print $to $sql;
    close $to;
    return [$pid, $from];
}

sub finish {
    my ($run) = @_;
    my ($pid, $from) = @$run;
    my $output = do { local $/; <$from> } // '';
    waitpid $pid, 0;
    chomp $output;
    return ($? == 0, $output);
}

sub try {
    my ($self, $sql) = @_;
    return finish($self->begin($sql));
}

# What a script that must succeed prints.
sub sql {
    my ($self, $sql) = @_;
    my ($success, $output) = $self->try($sql);
    die "on port $self->{port}:\n", length($sql) > 2000 ? substr($sql, 0, 2000) . " ...\n" : "$sql\n", "$output\n" unless $success;
    return $output;
}

END {
    my $status = $?;
    system("$FindBin::Bin/lib/server", 'stop', $_->{port}) for @started;
    $? = $status;
}

1;
