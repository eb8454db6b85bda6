// Charts that hold the model against what happened.

function trackingChart(actual, expected, width) {
    const p = palette();
    const rows = mart.tracking;
    const line = (name, column, color, lineStyle) => ({ name, type: 'line', showSymbol: false, color, lineStyle, data: rows.map((row) => row[column]) });
    return chartBase({
        legend: {}, grid: { left: 4, right: 12, top: 38, bottom: 4, containLabel: true },
        tooltip: { trigger: 'axis', formatter: (items) => tip(longDay(rows[items[0].dataIndex].period_day),
            items.map((item) => [item.seriesName, short(item.value), item.color])) },
        xAxis: axis('category', { data: rows.map((row) => row.period_day), boundaryGap: false,
            axisLabel: { formatter: (day) => dayFormat(day, { month: 'short', year: 'numeric' }), interval: Math.ceil(rows.length / (isNarrow(width) ? 4 : 7)) } }),
        yAxis: axis('value', { axisLabel: { formatter: axisNumber } }),
        series: [{ ...line(t('actual'), actual, p.blue, { width: 2 }), areaStyle: { opacity: 0.08 } },
            line(t('modelled'), expected, p.yellow, { width: 2.5, type: 'dashed' })],
    });
}

const trackingEach = (width) => trackingChart('actual', 'expected', width);

const trackingSum = (width) => trackingChart('cumulative_actual', 'cumulative_expected', width);

const repeats = (row) => (row === mart.frequency.at(-1) && row.purchases >= 7 ? t('orMore', row.purchases) : String(row.purchases));

function frequencyChart() {
    const p = palette();
    const bar = (name, column, color) => ({ name, type: 'bar', color, barMaxWidth: 28, barGap: '10%', itemStyle: { borderRadius: [3, 3, 0, 0] },
        data: mart.frequency.map((row) => row[column]) });
    return chartBase({
        legend: {}, grid: { left: 4, right: 12, top: 38, bottom: 26, containLabel: true },
        tooltip: axisTip(short, (i) => `${t('repeat')}: ${repeats(mart.frequency[i])}`),
        xAxis: axis('category', { data: mart.frequency.map(repeats), name: t('repeat'), nameGap: 26 }),
        yAxis: axis('value', { axisLabel: { formatter: axisNumber } }),
        series: [bar(t('actual'), 'customers', p.blue), bar(t('modelled'), 'expected_customers', p.yellow)],
    });
}
