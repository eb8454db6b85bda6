# shellcheck shell=bash disable=SC2154
# The report page of the orders in the throw-away cluster; sourced after lib.sh and orders.sh by demo and report:
#   OUT          the file to write (default clm-report.html)
#   REPORT_LANG  the language that the page opens in, en (default) or zh

out=${OUT:-clm-report.html}
lang=${REPORT_LANG:-en}

check_page_settings() {
    [[ $lang =~ ^(en|zh)$ ]] || die "REPORT_LANG=$lang is not en or zh"
}

write_page() {
    "$top/report/clm-report" --out "$out" --lang "$lang" "$@"
}

make_mart() {
    query -v as_of="$as_of" -v period="$period" -v days="$days" -v model="$model" -v money="$(money)" \
        -f "$top/scripts/report.sql" 2>"$scratch/errors"
}

# A mart of the orders as of that day, and its page.
write_page_of_orders() {
    local status=0
    say "Making a mart as of $as_of ..."
    run make_mart || status=1
    show_errors "$scratch/errors"
    [ "$status" = 0 ] || return "$status"
    say 'Writing the report page ...'
    run write_page --schema mart
}
