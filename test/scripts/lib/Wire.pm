# A client of the server's protocol (version 3), for what psql and drivers cannot send: broken values in both forms, by COPY and as parameters of
# prepared statements, many in one message; and it tells a server that crashed from one that answers with an error. All strings are bytes.
package Wire;
use strict;
use warnings;
use IO::Select;
use IO::Socket::UNIX;

my $protocol = 196608;

# A session in a database: Wire->connect(database, seconds after which a server that says nothing counts as hung). undef if there is none.
sub connect {
    my ($class, $database, $patience) = @_;
    my $socket = IO::Socket::UNIX->new(Peer => "$ENV{PGHOST}/.s.PGSQL.$ENV{PGPORT}") or return;
    my $self = bless { socket => $socket, select => IO::Select->new($socket), buffer => '', patience => $patience }, $class;
    my $startup = pack('N', $protocol) . join('', map { "$_\0" } user => $ENV{PGUSER}, database => $database, client_encoding => 'UTF8') . "\0";
    my ($answer) = $self->ask([pack('N', 4 + length $startup) . $startup, 1]);
    return $answer->{error} || $answer->{lost} ? undef : $self;
}

# The process that serves this session.
sub process {
    return $_[0]{process};
}

sub message {
    my ($type, $content) = @_;
    return $type . pack('N', 4 + length $content) . $content;
}

# ---- requests: [bytes, number of answers] ----

sub query {
    my ($sql) = @_;
    return [message('Q', "$sql\0"), 1];
}

# Rows of a COPY ... FROM STDIN, sent with the statement.
sub copy_in {
    my ($sql, $data) = @_;
    return [message('Q', "$sql\0") . message('d', $data) . message('c', ''), 1];
}

sub prepare {
    my ($name, $sql, @types) = @_;
    return [message('P', "$name\0$sql\0" . pack('n', scalar @types) . pack('N*', @types)) . message('S', ''), 1];
}

# Run what was prepared with these values, undef for NULL, in the form given, 0 text and 1 binary; of the result at most so many rows.
sub execute {
    my ($name, $values, $form, $result_form, $rows) = @_;
    my $content = "\0$name\0" . pack('n n n', 1, $form, scalar @$values);
    $content .= defined $_ ? pack('N', length $_) . $_ : "\xff\xff\xff\xff" for @$values;
    $content .= pack('n n', 1, $result_form);
    return [message('B', $content) . message('E', "\0" . pack('N', $rows // 0)) . message('S', ''), 1];
}

# ---- answers ----

# Send requests and read what comes back: for each a hash of rows, error {code, message}, copied; or with lost or hung set, then the
# session is over.
sub ask {
    my ($self, @requests) = @_;
    my ($expected, @answers) = (0);
    $expected += $_->[1] for @requests;
    my $sent = $self->put(join '', map { $_->[0] } @requests);
    my $answer = { rows => [] };
    while (@answers < $expected) {
        my ($type, $content) = $self->get;
        if ($type eq 'lost' || $type eq 'hung') {
            push @answers, { %$answer, $type => 1 };
            last;
        }
        $self->take($answer, $type, $content);
        if ($type eq 'Z') {
            push @answers, $answer;
            $answer = { rows => [] };
        }
    }
    return @answers;
}

sub take {
    my ($self, $answer, $type, $content) = @_;
    if ($type eq 'D') {
        push @{ $answer->{rows} }, row($content);
    } elsif ($type eq 'E') {
        my %field = map { substr($_, 0, 1) => substr($_, 1) } grep { length } split /\0/, $content;
        $answer->{error} = { code => $field{C}, message => $field{M}, severity => $field{V} };
    } elsif ($type eq 'd') {
        $answer->{copied} .= $content;
    } elsif ($type eq 'K') {
        $self->{process} = unpack 'N', $content;
    }
}

sub row {
    my ($content) = @_;
    my $columns = unpack 'n', $content;
    my ($at, @row) = (2);
    for (1 .. $columns) {
        my $length = unpack 'N', substr $content, $at, 4;
        $at += 4;
        if ($length == 0xffffffff) {
            push @row, undef;
        } else {
            push @row, substr $content, $at, $length;
            $at += $length;
        }
    }
    return \@row;
}

sub put {
    my ($self, $bytes) = @_;
    local $SIG{PIPE} = 'IGNORE';
    my $done = 0;
    while ($done < length $bytes) {
        my $written = syswrite $self->{socket}, $bytes, length($bytes) - $done, $done;
        return unless defined $written;
        $done += $written;
    }
    return 1;
}

# The next message: (type, content).
sub get {
    my ($self) = @_;
    until (length $self->{buffer} >= 5 && length $self->{buffer} > unpack('x N', $self->{buffer})) {
        return 'hung' unless $self->{select}->can_read($self->{patience});
        my $read = sysread $self->{socket}, $self->{buffer}, 65536, length $self->{buffer};
        return 'lost' unless $read;
    }
    my ($type, $length) = unpack 'a N', $self->{buffer};
    my $content = substr $self->{buffer}, 5, $length - 4;
    substr $self->{buffer}, 0, $length + 1, '';
    return ($type, $content);
}

1;
