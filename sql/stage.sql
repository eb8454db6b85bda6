-- Where each customer stands in the lifecycle: eight stages, and the names that ten published systems give them.

CREATE TYPE clm.stage AS ENUM ('prospect', 'engaged', 'new', 'growing', 'mature', 'declining', 'churned', 'regained');
COMMENT ON TYPE clm.stage IS 'Stage of a customer in the lifecycle; clm.label(stage, system, lang) names it in other systems';

CREATE FUNCTION clm.lifecycle_stage(
    h clm.history, as_of date, new_for integer DEFAULT 90, churn_after float8 DEFAULT 3, churn_floor integer DEFAULT 90,
    period integer DEFAULT 30, k integer DEFAULT 6, grow float8 DEFAULT .05, decline float8 DEFAULT -.05,
    engaged date DEFAULT NULL, closed date DEFAULT NULL) RETURNS clm.stage
    AS 'MODULE_PATHNAME', 'clm_lifecycle_stage' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 25;
COMMENT ON FUNCTION clm.lifecycle_stage(clm.history, date, integer, float8, integer, integer, integer, float8, float8, date, date) IS
    'Stage as of the end of a day, from the history alone: churned after a silence of more than churn_after mean gaps and '
    'more than churn_floor days; new and regained for new_for days; growing or declining where the amounts of the last k '
    'periods (slope >= grow or <= decline a period) or the purchase days show a trend beyond noise; otherwise mature. A '
    'NULL history is a prospect, or engaged from the date engaged on; closed is the date the relation ended';

CREATE FUNCTION clm.lifecycle_stage(
    h clm.history, as_of date, model clm.customer_model, new_for integer DEFAULT 90, alive_below float8 DEFAULT .10,
    horizon integer DEFAULT 90, period integer DEFAULT 30, k integer DEFAULT 6, grow float8 DEFAULT .05,
    decline float8 DEFAULT -.05, engaged date DEFAULT NULL, closed date DEFAULT NULL) RETURNS clm.stage
    AS 'MODULE_PATHNAME', 'clm_lifecycle_stage_model' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 40;
COMMENT ON FUNCTION clm.lifecycle_stage(clm.history, date, clm.customer_model, integer, float8, integer, integer, integer, float8, float8, date, date) IS
    'Stage as of the end of a day, with a fitted model in place of the silence rule: churned where the probability of '
    'another purchase within horizon days is less than alive_below, never while new. Otherwise as without a model. Where time is '
    'discrete (bg/bb) the horizon is rounded up to whole opportunities';
