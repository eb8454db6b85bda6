// Charts of stages, flows and cohorts. A chart is a function of the width in pixels that gives an option of ECharts.

const isNarrow = (width) => width < 480;

// What charts have in common.
function chartBase(option) {
    const p = palette();
    return {
        animation: false,
        textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: p.text },
        ...option,
        tooltip: option.tooltip && { confine: true, backgroundColor: p.surface, borderColor: p.line, padding: [8, 12],
            textStyle: { color: p.text, fontSize: 13 }, ...option.tooltip },
        legend: option.legend && { icon: 'roundRect', itemWidth: 14, itemHeight: 8, itemGap: 16, textStyle: { color: p.muted },
            pageIconColor: p.muted, pageIconInactiveColor: p.line, pageTextStyle: { color: p.muted }, inactiveColor: p.axis,
            left: 0, top: 0, ...option.legend },
    };
}

function axis(kind, option) {
    const p = palette();
    return {
        type: kind,
        nameTextStyle: { color: p.muted }, nameLocation: 'middle',
        axisLine: { show: kind === 'category', lineStyle: { color: p.axis } },
        axisTick: { show: false },
        splitLine: { show: kind !== 'category', lineStyle: { color: p.line } },
        ...option,
        axisLabel: { color: p.muted, hideOverlap: true, ...option?.axisLabel },
    };
}

// A tooltip: a heading and pairs of name and value, with the colour of the series where there is one.
function tip(heading, pairs) {
    const line = ([name, value, colour]) => `<tr><td>${colour ? `<i style="background:${colour}"></i>` : ''}${escapeHtml(name)}</td>`
        + `<td>${escapeHtml(value)}</td></tr>`;
    return `<div class="tip"><strong>${escapeHtml(heading)}</strong><table>${pairs.map(line).join('')}</table></div>`;
}

const axisTip = (format, heading) => ({
    trigger: 'axis', axisPointer: { type: 'shadow', shadowStyle: { color: palette().pale, opacity: 0.5 } },
    formatter: (items) => tip(heading ? heading(items[0].dataIndex) : items[0].name,
        items.filter((item) => item.data !== null).map((item) => [item.seriesName, format(item.data?.value ?? item.data, item), item.color])),
});

// Horizontal bars, the first row at the top.
function bars({ rows, name, series, label, format, rowTip, width }) {
    return chartBase({
        grid: { left: 4, right: isNarrow(width) ? 84 : 104, top: series.length > 1 ? 34 : 8, bottom: 4, containLabel: true },
        legend: series.length > 1 ? { data: series.map((one) => one.name) } : undefined,
        tooltip: { trigger: 'axis', axisPointer: { type: 'shadow', shadowStyle: { color: palette().pale, opacity: 0.6 } },
            formatter: (items) => tip(name(rows[items[0].dataIndex]), rowTip(rows[items[0].dataIndex])) },
        xAxis: axis('value', { axisLabel: { formatter: format }, splitNumber: isNarrow(width) ? 2 : 4 }),
        yAxis: axis('category', { data: rows.map(name), inverse: true, axisLabel: { color: palette().text, hideOverlap: false } }),
        series: series.map((one, i) => ({
            type: 'bar', barMaxWidth: 26, ...one,
            label: i === series.length - 1 && label
                ? { show: true, position: 'right', color: palette().muted, formatter: (item) => label(rows[item.dataIndex]) } : undefined,
        })),
    });
}

const stagesChart = (width) => bars({
    rows: mart.stages, width, format: axisNumber, name: (row) => labelOf(row, 'stage'),
    series: [{ name: t('customers'), data: mart.stages.map((row) => (
        { value: row.customers, itemStyle: { color: stageColour(row.stage, row.stage_order), borderRadius: [0, 4, 4, 0] } })) }],
    label: (row) => `${short(row.customers)} · ${percent(row.customers_share)}`,
    rowTip: (row) => [[t('customers'), count(row.customers)], [t('share'), percentFine(row.customers_share)],
        [t('revenue'), money(row.revenue)], [t('churn'), percentFine(row.mean_churn_score)]],
});

// Value with the part at risk, as bars that add up to the value.
function riskSeries(rows) {
    const p = palette();
    const rest = { name: t('rest'), stack: 'value', color: p.blue, data: rows.map((row) => (row.value ?? 0) - (row.value_at_risk ?? 0)) };
    return [rest, { name: t('atRisk'), stack: 'value', color: p.yellow, data: rows.map((row) => row.value_at_risk),
        itemStyle: { borderRadius: [0, 4, 4, 0] } }];
}

const riskTip = (row) => [[t('valueColumn'), money(row.value)], [t('risk'), money(row.value_at_risk)],
    [t('churn'), percentFine(row.mean_churn_score)], [t('customers'), count(row.customers)]];

const stageValueChart = (width) => bars({
    rows: mart.stages, width, format: axisNumber, name: (row) => labelOf(row, 'stage'), series: riskSeries(mart.stages),
    label: (row) => `${short(row.value)} · ${percent(row.value_share)}`, rowTip: riskTip,
});

// So many periods are shown at first.
const FLOW_PERIODS = 60;

// Above the axis who buys, below it who does not any more; and the pulse in a panel of its own.
function flowChart(width) {
    const p = palette();
    const rows = mart.lifecycle_flow;
    const isLong = rows.length > FLOW_PERIODS;
    const pale = (row) => ({ opacity: row.complete ? 1 : 0.45 });
    const bar = (name, column, color, sign = 1) => ({ name: t(name), type: 'bar', stack: 'flow', color, barMaxWidth: 34,
        data: rows.map((row) => ({ value: row[column] === null ? null : sign * row[column], itemStyle: pale(row) })) });
    const names = rows.map((row) => periodName(row.period));
    const whole = (row, column) => (row.complete ? row[column] : null);
    return chartBase({
        legend: { type: 'scroll', right: 0, data: ['new', 'returning', 'resurrected', 'dormant', 'pulse'].map((key) => t(key)) },
        grid: [{ left: 56, right: 12, top: 38, height: '52%' }, { left: 56, right: 12, top: '75%', bottom: isLong ? 48 : 28 }],
        axisPointer: { link: [{ xAxisIndex: 'all' }] },
        dataZoom: isLong ? [{ type: 'slider', xAxisIndex: [0, 1], startValue: rows.length - FLOW_PERIODS, height: 14, bottom: 2, showDetail: false,
            brushSelect: false, borderColor: p.line }] : undefined,
        tooltip: { trigger: 'axis', axisPointer: { type: 'shadow', shadowStyle: { color: p.pale, opacity: 0.6 } }, formatter: (items) => {
            const row = rows[items[0].dataIndex];
            return tip(periodName(row.period), [[t('new'), count(row.new_customers), p.cyan], [t('returning'), count(row.returning_customers), p.blue],
                [t('resurrected'), count(row.resurrected_customers), p.purple], [t('dormant'), count(row.dormant_customers), p.grey],
                [t('buyers'), count(row.active_customers)], [t('retention'), percentFine(row.retention)], [t('pulse'), decimal(row.pulse)]]);
        } },
        xAxis: [axis('category', { data: names, axisLabel: { show: false }, axisLine: { onZero: true, lineStyle: { color: p.axis } } }),
            axis('category', { gridIndex: 1, data: names, axisLine: { onZero: false, lineStyle: { color: p.axis } } })],
        yAxis: [axis('value', { axisLabel: { formatter: (value) => axisNumber(Math.abs(value)) } }),
            axis('value', { gridIndex: 1, min: 0, splitNumber: 2, name: t('pulse'), nameGap: 40, axisLabel: { formatter: axisNumber } })],
        series: [bar('returning', 'returning_customers', p.blue), bar('new', 'new_customers', p.cyan),
            bar('resurrected', 'resurrected_customers', p.purple), bar('dormant', 'dormant_customers', p.grey, -1),
            { name: t('pulse'), type: 'line', xAxisIndex: 1, yAxisIndex: 1, color: p.text, symbolSize: 5, lineStyle: { width: 2 },
                data: rows.map((row) => whole(row, 'pulse')),
                markLine: { silent: true, symbol: 'none', label: { show: false }, lineStyle: { color: p.muted, type: 'dashed' }, data: [{ yAxis: 1 }] } }],
    });
}

// The step of the Sankey chart that the reader chose, and whether those who stayed are left out.
const sankeyChoice = { to_day: null, movedOnly: false };

const sankeySteps = () => distinct(mart.stage_flow, 'to_day').reverse();

function sankeyRows() {
    const day = sankeyChoice.to_day ?? (mart.stage_flow.find((row) => row.latest) ?? mart.stage_flow.at(-1))?.to_day;
    return mart.stage_flow.filter((row) => row.to_day === day);
}

const hasMoved = (row) => row.from_stage !== row.to_stage;

const shownMoves = () => sankeyRows().filter((row) => row.customers > 0 && (!sankeyChoice.movedOnly || hasMoved(row)));

function sankeyNodes(rows, side) {
    const stage = `${side}_stage`;
    return distinct(rows, stage).sort((a, b) => a[`${stage}_order`] - b[`${stage}_order`]).map((row) => ({
        name: `${side} ${row[stage]}`, depth: side === 'from' ? 0 : 1, title: labelOf(row, stage),
        customers: sum(rows.filter((other) => other[stage] === row[stage]), 'customers'),
        itemStyle: { color: stageColour(row[stage], row[`${stage}_order`]) },
        label: { position: side === 'from' ? 'right' : 'left' },
    }));
}

function sankeyChart() {
    const p = palette();
    const rows = shownMoves();
    return chartBase({
        tooltip: { trigger: 'item', formatter: ({ dataType, data }) => (dataType === 'node' ? tip(data.title, [[t('customers'), count(data.customers)]])
            : tip(`${data.fromTitle} → ${data.toTitle}`, [[t('customers'), count(data.value)], [t('share'), percentFine(data.share)]])) },
        series: [{
            type: 'sankey', left: 0, right: 0, top: 6, bottom: 6, nodeWidth: 12, nodeGap: 14, layoutIterations: 0, draggable: false,
            nodes: [...sankeyNodes(rows, 'from'), ...sankeyNodes(rows, 'to')],
            links: rows.map((row) => ({ source: `from ${row.from_stage}`, target: `to ${row.to_stage}`, value: row.customers, share: row.share,
                fromTitle: labelOf(row, 'from_stage'), toTitle: labelOf(row, 'to_stage') })),
            label: { color: p.text, backgroundColor: p.veil, borderRadius: 3, padding: [1, 4], formatter: ({ data }) => `${data.title}  {n|${short(data.customers)}}`, rich: { n: { color: p.muted } } },
            lineStyle: { color: 'source', opacity: 0.32, curveness: 0.5 },
            emphasis: { focus: 'adjacency', lineStyle: { opacity: 0.55 } },
        }],
    });
}

// Retention from the period after the first purchase on.
const laterPeriods = () => mart.cohorts.filter((row) => row.period > 0);

function heatmapChart(width) {
    const p = palette();
    const rows = laterPeriods();
    const cohorts = distinct(rows, 'cohort_order');
    const periods = Array.from({ length: Math.max(...rows.map((row) => row.period)) }, (_, i) => i + 1);
    const place = new Map(cohorts.map((row, i) => [row.cohort_order, i]));
    const top = Math.max(...rows.map((row) => (row.complete ? row.retention ?? 0 : 0)), 0.01);
    const labelled = width / periods.length > 46;
    const textOn = (share) => (isDark() ? (share > 0.7 ? '#0d1420' : p.text) : (share > 0.5 ? '#ffffff' : p.text));
    const unfinished = (share) => ({ color: between([p.surface, between(p.shades, share)], 0.35), borderColor: p.muted, borderType: 'dashed', borderWidth: 1 });
    return chartBase({
        grid: { left: 4, right: 8, top: 8, bottom: 62, containLabel: true },
        tooltip: { trigger: 'item', formatter: ({ dataIndex }) => {
            const row = rows[dataIndex];
            return tip(`${periodName(row.cohort)}: ${t('inPeriod', row.period)}`, [[t('retention'), percentFine(row.retention)],
                [t('buyers'), t('of', count(row.active), count(row.size))], [t('complete'), t(row.complete ? 'yes' : 'no')]]);
        } },
        xAxis: axis('category', { data: periods, name: t('period'), nameGap: 22, splitLine: { show: false }, axisLine: { show: false } }),
        yAxis: axis('category', { data: cohorts.map((row) => `${periodName(row.cohort)} · ${short(row.size)}`), inverse: true,
            axisLine: { show: false }, axisLabel: { color: p.text } }),
        visualMap: { min: 0, max: top, calculable: false, orient: 'horizontal', left: 'center', bottom: 0, itemHeight: 120, itemWidth: 10,
            text: [percent(top), percent(0)], textStyle: { color: p.muted }, inRange: { color: p.shades } },
        series: [{ type: 'heatmap', data: rows.map((row) => ({
            value: [row.period - 1, place.get(row.cohort_order), row.retention],
            ...(row.complete ? {} : { visualMap: false, itemStyle: unfinished((row.retention ?? 0) / top) }),
            label: { show: labelled && row.retention !== null, color: row.complete ? textOn((row.retention ?? 0) / top) : p.text, fontSize: 11,
                formatter: percent(row.retention) },
        })), itemStyle: { borderColor: p.surface, borderWidth: 1.5, borderRadius: 2 }, emphasis: { itemStyle: { borderColor: p.text } } }],
    });
}

function cohortValueChart(width) {
    const p = palette();
    const cohorts = distinct(mart.cohorts, 'cohort_order');
    const name = (row) => periodName(row.cohort);
    return chartBase({
        legend: { type: 'scroll', bottom: 0, top: 'auto', data: cohorts.map(name) },
        grid: { left: 4, right: 16, top: 12, bottom: 58, containLabel: true },
        tooltip: { trigger: 'item', formatter: ({ data, seriesName, color }) => tip(seriesName,
            [[t('inPeriod', data.value[0]), money(data.value[1]), color]]) },
        xAxis: axis('value', { name: t('period'), nameGap: 24, minInterval: 1, splitLine: { show: false }, axisLine: { show: true, lineStyle: { color: p.axis } } }),
        yAxis: axis('value', { axisLabel: { formatter: axisNumber }, splitNumber: isNarrow(width) ? 4 : 5 }),
        series: cohorts.map((cohort, i) => {
            const color = between(p.sequence, cohorts.length > 1 ? i / (cohorts.length - 1) : 0);
            return { name: name(cohort), type: 'line', color, lineStyle: { width: 2 }, emphasis: { focus: 'series' },
                data: mart.cohorts.filter((row) => row.cohort_order === cohort.cohort_order).map((row) => ({
                    value: [row.period, row.cumulative_value_per_customer], symbol: row.complete ? 'circle' : 'emptyCircle',
                    symbolSize: row.complete ? 4 : 8 })) };
        }),
    });
}
