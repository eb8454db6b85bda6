# shellcheck shell=bash disable=SC2034,SC2154
# Orders in a throw-away cluster, from a file or simulated, as the settings in the environment say; sourced after lib.sh by
# demo and report:
#   ORDERS    CSV file with one row an order, and its columns CUSTOMER, DAY and AMOUNT (AMOUNT may be left out: then
#             purchases are counted only); without ORDERS, simulated orders
#   AS_OF     the last day that counts (default: the last day of the orders)
#   PERIOD    length of a period in days (default 7); DAYS  horizon of the scores in days (default 365)
#   MODEL     family of the model (default mbg/nbd)

orders=${ORDERS:-}
customer=${CUSTOMER:-}
day=${DAY:-}
amount=${AMOUNT:-}
as_of=${AS_OF:-}
period=${PERIOD:-7}
days=${DAYS:-365}
model=${MODEL:-mbg/nbd}

check_settings() {
    if [ -n "$as_of" ] && ! [[ $as_of =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}$ ]]; then
        die "AS_OF=$as_of is not a day such as 1997-09-30"
    fi
    [[ $period =~ ^[1-9][0-9]{0,3}$ ]] || die "PERIOD=$period is not a number of days"
    [[ $days =~ ^[1-9][0-9]{0,4}$ ]] || die "DAYS=$days is not a number of days"
    if [ -z "$orders" ]; then
        [ -z "$customer$day$amount" ] || die "CUSTOMER, DAY and AMOUNT name columns of a file: set ORDERS=file.csv too"
        return
    fi
    [ -e "$orders" ] || die "$orders: there is no such file"
    if [ -z "$customer" ] || [ -z "$day" ]; then
        die "CUSTOMER= and DAY= must name columns of $orders (and AMOUNT= unless it has none)"
    fi
}

# Checks every row, before anything is built.
read_orders() {
    "$top/scripts/read-orders" "$orders" "$customer" "$day" "$amount" >"$scratch/orders"
}

query() {
    psql -X -q -v ON_ERROR_STOP=1 "$@"
}

load_orders() {
    if [ -z "$orders" ]; then
        query -f "$top/scripts/simulate-orders.sql"
    else
        query -c 'CREATE TABLE orders (customer text NOT NULL, day date NOT NULL, amount numeric NOT NULL)' \
            -c 'COPY orders FROM STDIN' -c 'ANALYZE orders' <"$scratch/orders"
    fi
}

# Whether the orders have an amount: on or off.
money() {
    if [ -n "$orders" ] && [ -z "$amount" ]; then echo off; else echo on; fi
}

# A last day that is still to come is likely to be mistyped, and would make all customers look silent.
warn_of_last_day() {
    local before
    if [[ $1 > $(date +%F) ]]; then
        before=$(query -At -c "SELECT coalesce(max(day)::text, 'none') FROM orders WHERE day < '$1'")
        say "The last day, $1, is still to come (the one before: $before). Where it is mistyped, correct it."
    fi
}

# Without AS_OF: the last day, or of simulated orders the day given.
choose_as_of() {
    local first last purchases
    IFS=' ' read -r first last < <(query -At -F ' ' -c 'SELECT min(day), max(day) FROM orders')
    [ -z "$orders" ] || warn_of_last_day "$last"
    if [ -z "$as_of" ]; then
        as_of=$last
        [ -n "$orders" ] || as_of=${1:-$last}
    fi
    query -c "SELECT '$as_of'::date" >/dev/null 2>&1 || die "AS_OF=$as_of is no day of the calendar"
    ! [[ $as_of < $first ]] || die "AS_OF=$as_of is before the first order ($first)"
    purchases=$(query -At -c "SELECT count(*) FROM orders WHERE day <= '$as_of' AND amount >= 0")
    [ "$purchases" != 0 ] || die "no order up to $as_of has an amount of at least 0: refunds alone are no purchases"
}

# Build the extension, start the cluster, load the orders and choose the day: prepare_orders [DAY of simulated orders].
prepare_orders() {
    check_settings
    "$top/scripts/install-deps" build
    make_scratch
    if [ -n "$orders" ]; then
        say "Reading $orders ..."
        run read_orders
    fi
    say 'Building the extension ...'
    # shellcheck disable=SC2119
    build_extension
    say 'Starting a throw-away cluster ...'
    start_cluster
    query -c 'CREATE EXTENSION clm'
    [ -n "$orders" ] || say 'Simulating orders ...'
    run load_orders
    choose_as_of "$@"
}

# What the server said in a file, without where in a script it said it, and without mere progress.
show_errors() {
    sed -e '/: NOTICE:  /d' -e 's/^psql:[^ ]*\.sql:[0-9]*: ERROR:  /clm: /' -e 's/^psql:[^ ]*\.sql:[0-9]*: //' -e '/^CONTEXT:/d' "$1" >&2
}
