-- For tests, after \getenv module CLM_TEST_MODULE: the aggregates of two_phase.c, in a schema of their own. A worker's state is
-- two_phase.partial_text(aggregate, ROW(arguments)) or partial_binary; the coordinator's result is
-- two_phase.combine_text(aggregate, state, NULL::result type) or combine_binary.
CREATE SCHEMA two_phase;
CREATE FUNCTION two_phase.advance(internal, aggregate regprocedure, arguments anyelement) RETURNS internal AS :'module', 'two_phase_advance' LANGUAGE C;
CREATE FUNCTION two_phase.print(internal) RETURNS text AS :'module', 'two_phase_print' LANGUAGE C;
CREATE FUNCTION two_phase.send(internal) RETURNS bytea AS :'module', 'two_phase_send' LANGUAGE C;
CREATE AGGREGATE two_phase.partial_text(aggregate regprocedure, arguments anyelement) (SFUNC = two_phase.advance, STYPE = internal, FINALFUNC = two_phase.print);
CREATE AGGREGATE two_phase.partial_binary(aggregate regprocedure, arguments anyelement) (SFUNC = two_phase.advance, STYPE = internal, FINALFUNC = two_phase.send);

CREATE FUNCTION two_phase.combine_text(internal, aggregate regprocedure, state text, result anyelement) RETURNS internal AS :'module', 'two_phase_combine_text' LANGUAGE C;
CREATE FUNCTION two_phase.combine_binary(internal, aggregate regprocedure, state bytea, result anyelement) RETURNS internal AS :'module', 'two_phase_combine_binary' LANGUAGE C;
CREATE FUNCTION two_phase.finish(internal, aggregate regprocedure, state text, result anyelement) RETURNS anyelement AS :'module', 'two_phase_finish' LANGUAGE C;
CREATE FUNCTION two_phase.finish(internal, aggregate regprocedure, state bytea, result anyelement) RETURNS anyelement AS :'module', 'two_phase_finish' LANGUAGE C;
CREATE AGGREGATE two_phase.combine_text(aggregate regprocedure, state text, result anyelement) (SFUNC = two_phase.combine_text, STYPE = internal, FINALFUNC = two_phase.finish, FINALFUNC_EXTRA);
CREATE AGGREGATE two_phase.combine_binary(aggregate regprocedure, state bytea, result anyelement) (SFUNC = two_phase.combine_binary, STYPE = internal, FINALFUNC = two_phase.finish, FINALFUNC_EXTRA);

-- What is wrong with two calls of a function outside an aggregation, or NULL
CREATE FUNCTION two_phase.impurity(function regprocedure, VARIADIC arguments "any") RETURNS text AS :'module', 'two_phase_impurity' LANGUAGE C;
