#!/usr/bin/env bash
# The report page: the tests in test/report, with marts in a database of their own. Those of the page need Chromium; CHROMIUM
# names it where it is not in the PATH.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)

CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v google-chrome || true)}
if [ -z "$CHROMIUM" ]; then
    echo '1..0 # SKIP there is no Chromium'
    exit
fi
export CHROMIUM
createdb clm_report
export PGDATABASE=clm_report
psql -X -q -f "$top/test/report/marts.sql" >/dev/null 2>"${CLM_TEST_OUTPUT:-/tmp}/report_marts.err" || {
    cat "${CLM_TEST_OUTPUT:-/tmp}/report_marts.err" >&2
    exit 1
}
# Of a test that fails also what it says about it, which TAP's readers leave out.
node --test --test-reporter=tap "$top"/test/report/*.test.js | perl -ne '
    $failed = $1 eq "not ok" if /^\s*(not ok|ok) /;
    next if /^# (?:Subtest|tests|suites|pass|fail|cancelled|skipped|todo|duration_ms)\b/;
    print $failed && /^\s/ ? "# $_" : $_'
