// Charts of value, churn and groups.

function decilesChart() {
    const p = palette();
    const rows = mart.value_deciles;
    return chartBase({
        legend: {}, grid: { left: 4, right: 12, top: 38, bottom: 26, containLabel: true },
        tooltip: { trigger: 'axis', axisPointer: { type: 'shadow', shadowStyle: { color: p.pale, opacity: 0.6 } }, formatter: (items) => {
            const row = rows[items[0].dataIndex];
            return tip(`${t('decile')} ${row.decile}`, [[t('shareOfValue'), percentFine(row.value_share), p.blue],
                [t('cumulative'), percentFine(row.cumulative_value_share), p.yellow], ...riskTip(row), [t('meanValue'), money(row.mean_value)]]);
        } },
        xAxis: axis('category', { data: rows.map((row) => row.decile), name: t('decile'), nameGap: 26 }),
        yAxis: axis('value', { axisLabel: { formatter: axisPercent } }),
        series: [
            { name: t('shareOfValue'), type: 'bar', color: p.blue, barMaxWidth: 40, itemStyle: { borderRadius: [4, 4, 0, 0] },
                data: rows.map((row) => row.value_share) },
            { name: t('cumulative'), type: 'line', color: p.yellow, symbolSize: 6, lineStyle: { width: 2 }, data: rows.map((row) => row.cumulative_value_share) },
        ],
    });
}

function concentrationChart() {
    const p = palette();
    const hues = { whale: p.blue, lorenz: p.purple };
    const curves = distinct(mart.concentration, 'curve').reverse();
    const line = (curve) => ({
        name: labelOf(curve, 'curve').split(/[:：]/)[0], type: 'line', showSymbol: false, color: hues[curve.curve] ?? p.teal, lineStyle: { width: 2.5 },
        areaStyle: curve.curve === 'whale' ? { opacity: 0.1 } : undefined,
        data: mart.concentration.filter((row) => row.curve === curve.curve).map((row) => [row.customers_share, row.value_share]),
        markLine: curve.curve === 'whale' ? { silent: true, symbol: 'none', lineStyle: { color: p.axis, type: 'dotted' },
            label: { color: p.muted, formatter: percent(0.2), position: 'insideEndTop', rotate: 0 }, data: [{ xAxis: 0.2 }] } : undefined,
    });
    return chartBase({
        legend: { type: 'scroll', right: 0 },
        grid: { left: 8, right: 18, top: 40, bottom: 26, containLabel: true },
        tooltip: { trigger: 'axis', formatter: (items) => tip(percentFine(items[0].value[0]),
            items.map((item) => [item.seriesName, percentFine(item.value[1]), item.color])) },
        xAxis: axis('value', { min: 0, max: 1, name: t('shareOfCustomers'), nameGap: 26, axisLabel: { formatter: axisPercent } }),
        yAxis: axis('value', { max: (range) => (range.max > 1.0001 ? null : 1), axisLabel: { formatter: axisPercent } }),
        series: [...curves.map(line), { name: t('equality'), type: 'line', showSymbol: false, color: p.muted,
            lineStyle: { type: 'dashed', width: 1.2 }, data: [[0, 0], [1, 1]] }],
    });
}

// Values spread over several orders of magnitude: a logarithmic axis, at whose left edge are those too small for it.
function scatterFloor() {
    const cut = mart.matrix[0]?.x_cut;
    return cut > 0 ? Math.min(cut, ...mart.scatter.filter((row) => row.value > cut / 1000).map((row) => row.value)) : null;
}

const scatterHasFloored = () => scatterFloor() !== null && mart.scatter.some((row) => row.value < scatterFloor());

function scatterChart() {
    const p = palette();
    const floor = scatterFloor();
    const cuts = mart.matrix[0];
    const classes = distinct(mart.scatter, 'matrix_class').sort((a, b) => a.matrix_class_order - b.matrix_class_order);
    return chartBase({
        legend: { type: 'scroll', right: 0 },
        grid: { left: 22, right: 20, top: 40, bottom: 28, containLabel: true },
        tooltip: { trigger: 'item', formatter: ({ data, seriesName, color }) => tip(data.customer,
            [[seriesName, '', color], [t('valueColumn'), money(data.exact)], [t('retention'), percentFine(data.value[1])]]) },
        xAxis: axis(floor === null ? 'value' : 'log', { name: cuts?.[`x_${state.lang}`] ?? t('valueColumn'), nameGap: 28,
            min: floor === null ? undefined : 10 ** Math.floor(Math.log10(floor)), max: (range) => range.max * 1.15,
            axisLabel: { formatter: axisNumber, showMaxLabel: false }, splitLine: { show: false }, axisLine: { show: true, lineStyle: { color: p.axis } } }),
        yAxis: axis('value', { min: 0, max: 1, name: t('retentionAxis'), nameGap: 44, axisLabel: { formatter: axisPercent } }),
        series: classes.map((one, i) => ({
            name: labelOf(one, 'matrix_class'), type: 'scatter', symbolSize: 6, color: classColour(one.matrix_class, one.matrix_class_order),
            itemStyle: { opacity: 0.62 }, emphasis: { itemStyle: { opacity: 1, borderColor: p.text } },
            data: mart.scatter.filter((row) => row.matrix_class === one.matrix_class).map((row) => (
                { value: [floor === null ? row.value : Math.max(row.value, floor), 1 - row.churn_score], exact: row.value, customer: row.customer })),
            markLine: i === 0 && cuts ? { silent: true, symbol: 'none', lineStyle: { color: p.text, type: 'dashed', opacity: 0.7 },
                data: [{ xAxis: cuts.x_cut, label: { formatter: t('belowCut', short(cuts.x_cut)), color: p.text, position: 'end' } },
                    { yAxis: cuts.y_cut, label: { formatter: t('belowCut', percent(cuts.y_cut)), color: p.text, position: 'insideStartTop' } }] } : undefined,
        })),
    });
}

const hasClv = (row) => row.clv !== null;

function equityChart() {
    const p = palette();
    const rows = mart.equity;
    const bar = (name, column, color) => ({ name: t(name), type: 'bar', stack: 'value', color, barMaxWidth: 56, data: rows.map((row) => row[column]) });
    return chartBase({
        legend: {}, grid: { left: 4, right: 12, top: 38, bottom: 4, containLabel: true },
        tooltip: { trigger: 'axis', axisPointer: { type: 'shadow', shadowStyle: { color: p.pale, opacity: 0.6 } }, formatter: (items) => {
            const row = rows[items[0].dataIndex];
            return tip(periodName(row.cohort), [[t('toDate'), money(row.value_to_date), p.blue], [t('toCome'), money(row.clv), p.cyan],
                [t('risk'), money(row.value_at_risk)], [t('customers'), count(row.customers)], [t('active'), percentFine(row.active_share)]]);
        } },
        xAxis: axis('category', { data: rows.map((row) => periodName(row.cohort)) }),
        yAxis: axis('value', { axisLabel: { formatter: axisNumber } }),
        series: [bar('toDate', 'value_to_date', p.blue), ...(rows.some(hasClv) ? [bar('toCome', 'clv', p.cyan)] : [])],
    });
}

const bandName = (row) => `${labelOf(row, 'churn_band')} (${percent(row.lower)}–${percent(row.upper)})`;

// Two panels that share the bands: how many customers, and how much value.
function bandsChart(width) {
    const p = palette();
    const rows = mart.churn_bands;
    const names = rows.map(bandName);
    const namesWidth = isNarrow(width) ? 84 : 130;
    const panel = (width - namesWidth - 110) / 2;
    const [rest, risk] = riskSeries(rows);
    const right = { ...rest, type: 'bar', xAxisIndex: 1, yAxisIndex: 1, barMaxWidth: 26 };
    return chartBase({
        legend: { data: [t('customers'), rest.name, risk.name] },
        grid: [{ left: namesWidth + 8, width: panel, top: 38, bottom: 24 }, { right: 50, width: panel, top: 38, bottom: 24 }],
        tooltip: { trigger: 'axis', axisPointer: { type: 'shadow', shadowStyle: { color: p.pale, opacity: 0.6 } },
            formatter: (items) => tip(names[items[0].dataIndex], riskTip(rows[items[0].dataIndex])) },
        xAxis: [0, 1].map((gridIndex) => axis('value', { gridIndex, splitNumber: 2, axisLabel: { formatter: axisNumber } })),
        yAxis: [0, 1].map((gridIndex) => axis('category', { gridIndex, data: names, inverse: true,
            axisLabel: gridIndex === 0 ? { color: p.text, width: namesWidth, overflow: 'break' } : { show: false } })),
        series: [
            { name: t('customers'), type: 'bar', barMaxWidth: 26, color: p.teal, data: rows.map((row) => row.customers),
                label: { show: true, position: 'right', color: p.muted, formatter: ({ value }) => short(value) } },
            right, { ...risk, type: 'bar', xAxisIndex: 1, yAxisIndex: 1, barMaxWidth: 26,
                label: { show: true, position: 'right', color: p.muted, formatter: ({ dataIndex }) => short(rows[dataIndex].value) } },
        ],
    });
}

// Each group's share of the customers beside its share of the value.
function rfmChart(width) {
    const p = palette();
    const total = sum(mart.rfm_groups, 'value');
    const share = (row) => (total > 0 ? (row.value ?? 0) / total : null);
    const series = (name, color, value) => ({ name, color, barGap: '15%', barMaxWidth: 14, itemStyle: { borderRadius: [0, 3, 3, 0] },
        data: mart.rfm_groups.map(value), label: { show: true, position: 'right', color: p.muted, formatter: (item) => percent(item.value) } });
    const option = bars({
        rows: mart.rfm_groups, width, format: axisPercent, name: (row) => labelOf(row, 'rfm_group'),
        series: [series(t('shareOfCustomers'), p.teal, (row) => row.customers_share), series(t('shareOfValue'), p.blue, share)],
        rowTip: (row) => [[t('customers'), count(row.customers)], [t('valueColumn'), money(row.value)], [t('revenue'), money(row.revenue)],
            [t('recency'), count(row.mean_recency_days)], [t('meanPurchases'), decimal(row.mean_purchases)], [t('churn'), percentFine(row.mean_churn_score)]],
    });
    option.series.forEach((one) => { one.label = { show: true, position: 'right', color: p.muted, formatter: (item) => percent(item.value) }; });
    option.grid.right = 48;
    return option;
}
