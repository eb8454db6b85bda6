// Numbers and days as people read them: large numbers short where there is little room, full in tables; NULL is a dash.

const LOCALES = { en: 'en-GB', zh: 'zh-CN' };
const formats = new Map();

function numberFormat(options) {
    const key = state.lang + JSON.stringify(options);
    if (!formats.has(key)) formats.set(key, new Intl.NumberFormat(LOCALES[state.lang], options));
    return formats.get(key);
}

const formatted = (value, options) => (value === null || value === undefined ? t('none') : numberFormat(options(value)).format(value));

// 1,234 or 12.3K
const short = (value) => formatted(value, (x) => (Math.abs(x) < 10000
    ? { maximumFractionDigits: Math.abs(x) < 100 && !Number.isInteger(x) ? 1 : 0 }
    : { notation: 'compact', maximumSignificantDigits: 3 }));

const axisNumber = (value) => formatted(value, (x) => (Math.abs(x) < 1000
    ? { maximumSignificantDigits: 3 } : { notation: 'compact', maximumSignificantDigits: 3 }));

const count = (value) => formatted(value, () => ({ maximumFractionDigits: 0 }));

const money = (value) => formatted(value, (x) => (Math.abs(x) >= 1000
    ? { maximumFractionDigits: 0 } : { minimumFractionDigits: 2, maximumFractionDigits: 2 }));

const decimal = (value) => formatted(value, () => ({ minimumFractionDigits: 2, maximumFractionDigits: 2 }));

const figure = (value) => formatted(value, (x) => (Number.isInteger(x) ? {} : { maximumSignificantDigits: 6 }));

// 37%, 6.6%
const percent = (value) => formatted(value, (x) => {
    const digits = Math.abs(x) < 0.0995 && x !== 0 ? 1 : 0;
    return { style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits };
});

const axisPercent = (value) => formatted(value, () => ({ style: 'percent', maximumFractionDigits: 1 }));

const percentFine = (value) => formatted(value, () => ({ style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 }));

function dayFormat(day, options) {
    if (day === null) return t('none');
    const time = new Date(`${day}T00:00:00Z`);
    return Number.isNaN(time.valueOf()) ? day : time.toLocaleDateString(LOCALES[state.lang], { ...options, timeZone: 'UTC' });
}

const longDay = (day) => dayFormat(day, { day: 'numeric', month: 'short', year: 'numeric' });

const isoDay = (day) => day ?? t('none');

// A calendar period by its first day.
function periodName(day) {
    if (day === null) return t('none');
    const [year, month] = day.split('-');
    switch (mart.overview.calendar) {
        case 'year': return year;
        case 'quarter': return `${year} Q${Math.ceil(month / 3)}`;
        case 'month': return dayFormat(day, { month: 'short', year: 'numeric' });
        default: return day;
    }
}

const escapeHtml = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
