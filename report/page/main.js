// Draws the page, and draws it anew when the language, the theme, the width or the medium changes.

const SECTIONS = ['overview', 'lifecycle', 'value', 'cohorts', 'risks', 'table', 'model'];

const drawings = new Map(); // host of a chart: how it is drawn

function chartHost(id, height, draw, label) {
    const host = element('div', { class: 'chart', id: `chart-${id}`, role: 'img', 'aria-label': label, style: `height: ${height}px` });
    drawings.set(host, draw);
    return host;
}

// Drawn as vectors, sharp on paper too; thousands of points are faster as pixels.
const rendering = (host) => ({ locale: state.lang === 'zh' ? 'ZH' : 'EN', ...(host.id === 'chart-scatter'
    ? { renderer: 'canvas', devicePixelRatio: Math.max(2, window.devicePixelRatio) } : { renderer: 'svg' }) });

function drawChart(host) {
    const width = host.clientWidth;
    const chart = echarts.getInstanceByDom(host) ?? echarts.init(host, null, rendering(host));
    chart.resize({ animation: { duration: 0 } });
    chart.setOption(drawings.get(host)(width), true);
}

function forget(host) {
    echarts.getInstanceByDom(host)?.dispose();
    drawings.delete(host);
}

const drawCharts = () => [...drawings.keys()].forEach(drawChart);

function replaceCard(id, made) {
    const old = document.getElementById(`card-${id}`);
    old.querySelectorAll('.chart').forEach(forget);
    old.replaceWith(made);
    made.querySelectorAll('.chart').forEach(drawChart);
}

function header() {
    const o = mart.overview;
    const facts = [o.as_of && t('asOf', longDay(o.as_of)), o.first_day && t('since', longDay(o.first_day)), t('mart', source.mart)].filter(Boolean);
    return [
        element('div', { class: 'names' }, element('h1', {}, t('title')), element('p', {}, facts.join(' · '))),
        element('div', { class: 'switches' },
            segmented(t('language'), [['en', 'English', 'en'], ['zh', '中文', 'zh']], state.lang, (lang) => change({ lang })),
            segmented(t('theme'), ['system', 'light', 'dark'].map((theme) => [theme, t(theme)]), state.theme, (theme) => change({ theme })),
            element('button', { type: 'button', class: 'quiet', id: 'print', onclick: () => window.print() }, t('print'))),
    ];
}

const footer = () => {
    const o = mart.overview;
    return element('p', {}, t('footer', o.horizon_days ?? t('none'), percent(o.discount), percent(o.margin), TEXT[state.lang].calendar[o.calendar] ?? '', t('footerSource')));
};

function drawPage() {
    document.documentElement.lang = state.lang === 'zh' ? 'zh-CN' : 'en';
    document.documentElement.dataset.theme = isDark() ? 'dark' : 'light';
    document.title = `${t('title')} · ${source.mart}`;
    document.querySelector('.skip').textContent = t('skip');
    document.getElementById('top').replaceChildren(...header());
    const nav = document.getElementById('sections');
    nav.setAttribute('aria-label', t('contents'));
    nav.replaceChildren(...SECTIONS.map((id) => element('a', { href: `#${id}` }, t(id))));
    [...drawings.keys()].forEach(forget);
    document.getElementById('main').replaceChildren(...sections());
    document.getElementById('foot').replaceChildren(footer());
    drawCharts();
    markSection();
}

function change(choice) {
    const pressed = document.activeElement?.dataset?.choice;
    const top = window.scrollY;
    Object.assign(state, choice);
    drawPage();
    window.scrollTo(0, top);
    if (pressed) document.querySelector(`[data-choice="${pressed}"]`)?.focus({ preventScroll: true });
}

// The section in view is marked in the list of sections.
function markSection() {
    const current = SECTIONS.findLast((id) => document.getElementById(id).getBoundingClientRect().top < 160) ?? SECTIONS[0];
    document.querySelectorAll('#sections a').forEach((link) => {
        if (link.hash === `#${current}`) link.setAttribute('aria-current', 'true');
        else link.removeAttribute('aria-current');
    });
}

// On paper the page is light and as wide as the sheet.
function print(printing) {
    state.printing = printing;
    document.documentElement.classList.toggle('printing', printing);
    document.documentElement.dataset.theme = isDark() ? 'dark' : 'light';
    drawCharts();
}

let drawnWidth = window.innerWidth;
let waiting;

window.addEventListener('resize', () => {
    if (state.printing || window.innerWidth === drawnWidth) return;
    drawnWidth = window.innerWidth;
    clearTimeout(waiting);
    waiting = setTimeout(drawCharts, 120);
});
window.addEventListener('scroll', markSection, { passive: true });
window.addEventListener('beforeprint', () => print(true));
window.addEventListener('afterprint', () => print(false));
prefersDark.addEventListener('change', () => change({}));

state.lang = source.lang;
drawPage();
