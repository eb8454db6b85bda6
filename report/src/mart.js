// Reads the views of a mart in one snapshot. What would make the page large is limited here, and the page says so: the
// table has the most valuable customers, the scatter plot a sample that is the same each time.

import pg from 'pg';
import { connectionOptions } from './connection.js';
import { UserError } from './error.js';

export const LIMITS = { customers: 5000, scatter: 2000, calls: 200, cohorts: 36, cohort_periods: 60, stage_steps: 24 };

const label = (name) => [name, `${name}_order`, `${name}_en`, `${name}_zh`];

// Every view that the page reads, with its columns and its order.
const VIEWS = {
    overview: { columns: ['as_of', 'first_day', 'customers', 'active_customers', 'new_customers', 'purchases', 'revenue',
        'expected_purchases', 'clv', 'clv_total', 'value_at_risk', 'mean_churn_score', 'gini', 'top20_share', 'value_basis',
        'horizon_days', 'discount', 'margin', 'calendar'] },
    stages: { columns: [...label('stage'), 'customers', 'customers_share', 'revenue', 'value_to_date', 'clv', 'value',
        'value_share', 'mean_churn_score', 'value_at_risk'], order: 'stage_order' },
    lifecycle_flow: { columns: ['period', 'complete', 'active_customers', 'new_customers', 'returning_customers',
        'resurrected_customers', 'dormant_customers', 'retention', 'pulse'], order: 'period' },
    stage_flow: { columns: ['from_day', 'to_day', 'latest', ...label('from_stage'), ...label('to_stage'), 'customers', 'share'],
        where: `to_day IN (SELECT DISTINCT to_day FROM ~.stage_flow ORDER BY to_day DESC LIMIT ${LIMITS.stage_steps})`,
        order: 'to_day, from_stage_order, to_stage_order' },
    cohorts: { columns: ['cohort', 'cohort_order', 'period', 'period_day', 'complete', 'size', 'active', 'retention', 'value',
        'cumulative_value', 'cumulative_value_per_customer'],
        where: `period <= ${LIMITS.cohort_periods} AND cohort_order > (SELECT max(cohort_order) - ${LIMITS.cohorts} FROM ~.cohorts)`,
        order: 'cohort_order, period' },
    value_deciles: { columns: ['decile', 'customers', 'value', 'value_share', 'cumulative_customers_share',
        'cumulative_value_share', 'mean_value', 'above', 'up_to', 'mean_churn_score', 'value_at_risk'], order: 'decile' },
    concentration: { columns: [...label('curve'), 'point', 'customers_share', 'value_share'],
        order: 'curve_order, customers_share, point' },
    churn_bands: { columns: [...label('churn_band'), 'lower', 'upper', 'customers', 'customers_share', 'mean_churn_score',
        'value', 'value_at_risk'], order: 'churn_band_order' },
    rfm_groups: { columns: [...label('rfm_group'), 'customers', 'customers_share', 'mean_r', 'mean_f', 'mean_m',
        'mean_recency_days', 'mean_purchases', 'revenue', 'value', 'mean_churn_score'], order: 'rfm_group_order' },
    matrix: { columns: [...label('matrix_class'), 'advice_en', 'advice_zh', 'x_en', 'x_zh', 'y_en', 'y_zh', 'x_cut', 'y_cut',
        'customers', 'customers_share', 'value', 'value_share', 'mean_churn_score', 'value_at_risk'],
        order: 'matrix_class_order' },
    equity: { columns: ['cohort', 'customers', 'active_share', 'revenue', 'value_to_date', 'clv', 'clv_total',
        'value_at_risk'], order: 'cohort' },
    model: { columns: [...label('item'), 'value', 'se', 'note'], order: 'item_order' },
    tracking: { columns: ['period', 'period_day', 'actual', 'expected', 'cumulative_actual', 'cumulative_expected'],
        order: 'period' },
    frequency: { columns: ['purchases', 'customers', 'expected_customers'], order: 'purchases' },
    early_warning: { columns: ['rank', 'customer', ...label('stage'), ...label('tier'), 'churn_score', 'value',
        'value_at_risk', 'last_purchase', 'recency_days', 'reason_en', 'reason_zh', ...label('action'),
        ...label('touchpoint')], order: 'rank', limit: LIMITS.calls },
    customers: { columns: ['customer', ...label('stage'), ...label('tier'), ...label('churn_band'), ...label('rfm_group'),
        ...label('matrix_class'), 'first_purchase', 'last_purchase', 'purchases', 'revenue', 'churn_score',
        'expected_purchases', 'value_to_date', 'clv', 'value', 'value_at_risk', 'next_purchase', 'value_decile', 'r_score',
        'f_score', 'm_score'], order: 'value DESC NULLS LAST, customer', limit: LIMITS.customers },
    scatter: { from: 'customers', columns: ['customer', ...label('matrix_class'), 'value', 'churn_score'],
        where: 'value IS NOT NULL AND churn_score IS NOT NULL', order: 'md5(customer::text), customer', limit: LIMITS.scatter },
};

// Days and bigint keys stay text; counts become numbers, which JavaScript has exactly up to 9e15.
const PARSERS = { 20: Number, 1700: Number, 1082: String };
const KEYS = new Set(['customer']);
const types = { getTypeParser: (oid, format) => PARSERS[oid] ?? pg.types.getTypeParser(oid, format) };

// The views as { name: { columns, rows } }, in one snapshot.
export async function readMart(db, schema) {
    const client = await connect(db);
    try {
        await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY');
        await client.query("SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL datestyle = 'ISO, YMD'");
        await checkMart(client, schema);
        const views = {};
        for (const [name, view] of Object.entries(VIEWS)) views[name] = await readView(client, schema, name, view);
        const calls = await client.query(`SELECT count(*) FROM ${client.escapeIdentifier(schema)}.early_warning`);
        return { mart: schema, limits: LIMITS, calls: Number(calls.rows[0].count), views };
    } catch (error) {
        throw explainQuery(error, schema);
    } finally {
        await client.end().catch(() => {});
    }
}

async function connect(db) {
    const client = new pg.Client({ ...connectionOptions(db), types });
    client.on('error', () => {}); // a connection that breaks is reported by the query that it breaks
    try {
        await client.connect();
        return client;
    } catch (error) {
        throw new UserError(`cannot connect to the database: ${error.message || error.code || error}`);
    }
}

async function checkMart(client, schema) {
    const { rows } = await client.query(
        `SELECT n.oid, has_schema_privilege(n.oid, 'USAGE') AS usage,
                (SELECT array_agg(relname::text) FROM pg_class WHERE relnamespace = n.oid AND relkind IN ('v', 'm', 'r')) AS views
         FROM pg_namespace AS n WHERE nspname = $1`, [schema]);
    if (rows.length === 0) {
        throw new UserError(`there is no schema "${schema}" in the database "${client.database}"`);
    }
    const missing = Object.entries(VIEWS).map(([name, view]) => view.from ?? name)
        .filter((name) => !(rows[0].views ?? []).includes(name));
    if (missing.length > 0) {
        throw new UserError(`the schema "${schema}" is no mart: it has no view "${missing[0]}"; CALL clm.create_mart makes one`);
    }
    if (!rows[0].usage) throw new UserError(`no right to use the schema "${schema}": GRANT USAGE ON SCHEMA is needed`);
}

async function readView(client, schema, name, view) {
    const source = client.escapeIdentifier(schema);
    const columns = view.columns.map((column) => (KEYS.has(column) ? `${column}::text AS ${column}` : column));
    const rowsOf = `SELECT * FROM ${source}.${view.from ?? name}`
        + (view.where ? ` WHERE ${view.where.replaceAll('~', source)}` : '')
        + (view.order ? ` ORDER BY ${view.order}` : '')
        + (view.limit ? ` LIMIT ${view.limit}` : '');
    const text = `SELECT ${columns.join(', ')} FROM (${rowsOf}) AS chosen`;
    return { columns: view.columns, rows: (await client.query({ text, rowMode: 'array' })).rows };
}

function explainQuery(error, schema) {
    if (error instanceof UserError || !error.code) return error;
    if (error.code === '42501') return new UserError(`no right to read the mart "${schema}": ${error.message}`);
    if (error.code === '42703' || error.code === '42P01') {
        return new UserError(`the schema "${schema}" is no mart of this version: ${error.message}`);
    }
    return new UserError(`cannot read the mart "${schema}": ${error.message}`);
}
