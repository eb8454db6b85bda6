// Colours of the charts in the light and the dark theme. Classes have hues that colour-blind people can tell apart (after
// P. Tol's bright and muted schemes), ordered amounts have shades of one hue.

const PALETTES = {
    light: {
        text: '#1b2434', muted: '#5a6678', line: '#e2e7ee', axis: '#b9c2cf', surface: '#ffffff', pale: '#e9edf3', veil: 'rgba(255,255,255,0.72)',
        blue: '#3a6ea8', cyan: '#56b8dd', green: '#2b8a4b', yellow: '#d5a821', red: '#dc5f6b', purple: '#9a3f7a', grey: '#a3adba', teal: '#3aa79b',
        shades: ['#eef4fb', '#c9def1', '#93bee0', '#5793c6', '#2f6aa3', '#173f6d'],
        sequence: ['#2d2f7d', '#2f6aa3', '#26968f', '#5fb35b', '#d0a92a'],
    },
    dark: {
        text: '#e7ecf4', muted: '#9daabd', line: '#2a3444', axis: '#465368', surface: '#161d28', pale: '#222c3a', veil: 'rgba(22,29,40,0.72)',
        blue: '#6ea3dd', cyan: '#79cfee', green: '#55b878', yellow: '#e6c04a', red: '#f08490', purple: '#c97fb2', grey: '#7d899b', teal: '#5cc7ba',
        shades: ['#1b2635', '#22405f', '#2f5f90', '#4a88c2', '#83b4e2', '#cfe3f7'],
        sequence: ['#8f8ce0', '#6ea3dd', '#4cbdb3', '#8ccf7f', '#ecc95a'],
    },
};

const prefersDark = window.matchMedia('(prefers-color-scheme: dark)');

const isDark = () => !state.printing && (state.theme === 'dark' || (state.theme === 'system' && prefersDark.matches));

const palette = () => PALETTES[isDark() ? 'dark' : 'light'];

const STAGE_HUES = { prospect: 'teal', engaged: 'teal', new: 'cyan', growing: 'green', mature: 'blue', declining: 'yellow',
    churned: 'grey', regained: 'purple' };
const CLASS_HUES = { profitable: 'blue', prospective: 'yellow', maintain: 'green', inefficient: 'grey' };
const HUES = ['blue', 'yellow', 'green', 'purple', 'cyan', 'red', 'teal', 'grey'];

const stageColour = (code, order) => palette()[STAGE_HUES[code] ?? HUES[(order ?? 0) % HUES.length]];

const classColour = (code, order) => palette()[CLASS_HUES[code] ?? HUES[(order ?? 0) % HUES.length]];

// The colour at a share from 0 to 1 of a list of colours.
function between(colours, share) {
    const place = Math.min(Math.max(share, 0), 1) * (colours.length - 1);
    const low = Math.min(Math.floor(place), colours.length - 2);
    const channel = (colour, i) => (colour[0] === '#' ? parseInt(colour.slice(1 + 2 * i, 3 + 2 * i), 16) : Number(colour.match(/\d+/g)[i]));
    const mix = [0, 1, 2].map((i) => Math.round(
        channel(colours[low], i) + (place - low) * (channel(colours[low + 1], i) - channel(colours[low], i))));
    return `rgb(${mix.join(',')})`;
}
