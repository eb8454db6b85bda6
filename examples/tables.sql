-- The tables of a company's own that the reports read, filled from simulated orders:
--     psql -v d=2024-06-30 -f examples/tables.sql
-- or, with -v source=cdnow, from the purchases of CDNOW in a table cdnow (see tables/cdnow.sql). d is the day as of which
-- the tables are known. Nothing is drawn at random: whatever is made up follows from the customer's number, so that the
-- tables come out the same wherever they are made.
--
-- In a company of yours, views of these names over your own tables take their place. A report reads the tables and columns
-- of its line "Needs" and no others; their types are those made here, and what is in them is said above each table.
\set ON_ERROR_STOP on
\if :{?source} \else \set source simulated \endif
SELECT :'source' = 'cdnow' AS from_cdnow \gset

-- A number from 0 to below 1 that is always the same for the same customer and purpose.
CREATE FUNCTION draw(id bigint, purpose text) RETURNS float8 LANGUAGE SQL IMMUTABLE PARALLEL SAFE
    RETURN ('x' || left(md5(purpose || id), 12))::bit(48)::bigint / 2.0::float8 ^ 48;
-- One of some choices, an answer from 1 to 5 around what is perceived in all, and an amount in full cents.
CREATE FUNCTION one_of(choices text[], x float8) RETURNS text LANGUAGE SQL IMMUTABLE PARALLEL SAFE
    RETURN choices[1 + floor(cardinality(choices) * x)::int];
CREATE FUNCTION one_to_five(x float8, around float8) RETURNS float8 LANGUAGE SQL IMMUTABLE PARALLEL SAFE
    RETURN least(5, greatest(1, round(around - 1.5 + 3 * x)));
CREATE FUNCTION cents(amount float8) RETURNS float8 LANGUAGE SQL IMMUTABLE PARALLEL SAFE
    RETURN round(amount::numeric, 2)::float8;

\if :from_cdnow
    \ir tables/cdnow.sql
\else
    \ir tables/simulated.sql
\endif
\ir tables/customers.sql
\ir tables/activity.sql
\ir tables/money.sql
\ir tables/marketing.sql
DROP TABLE today;
ANALYZE;
