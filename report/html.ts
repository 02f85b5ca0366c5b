/** Colours by the name of their CSS variable. */
export type Colours = Readonly<Record<string, string>>;

/** The two schemes that a reader's device may ask for. */
export interface Schemes {
    readonly light: Colours;
    readonly dark: Colours;
}

/**
 * Colours of every page: of the page and of what stands on it (card), of text, lines, and of what is not as declared. Text
 * has a contrast of 4.5 and more to both grounds, as WCAG 2.2 (1.4.3) asks.
 */
export const PAGE_COLOURS: Schemes = {
    light: {
        page: "#ffffff",
        card: "#f4f6f8",
        ink: "#1b1f24",
        muted: "#555f6b",
        line: "#7d8793",
        faint: "#d8dde3",
        bad: "#c4122f",
        "bad-ground": "#fdecee",
        link: "#0a53be",
    },
    dark: {
        page: "#11161c",
        card: "#1a2129",
        ink: "#e8edf2",
        muted: "#a3afbb",
        line: "#76828f",
        faint: "#36404b",
        bad: "#ff7b72",
        "bad-ground": "#3a1a1d",
        link: "#79b8ff",
    },
};

const BASE_STYLE = `
body { font: 14px/1.4 system-ui, sans-serif; margin: 0; padding: 1rem; color: var(--ink); background: var(--page); }
a { color: var(--link); }
table { border-collapse: collapse; }
td, th { border: 1px solid var(--faint); padding: 2px 8px; text-align: left; vertical-align: top; overflow-wrap: break-word; }
text { font: 11px system-ui, sans-serif; fill: var(--ink); }
`;

/** Parts of a page: a title as plain text, the rest as HTML, CSS and JavaScript of our own. */
export interface Page {
    readonly title: string;
    readonly style: string;
    readonly body: string;
    readonly script?: string;
}

/**
 * One HTML page that needs nothing else, in light or dark as the reader's device has it. Its content security policy lets
 * it load nothing, from wherever a name in it may point.
 */
export function htmlPage({ title, style, body, script = "" }: Page): string {
    return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>
${schemeStyle(PAGE_COLOURS)}${BASE_STYLE}${style}</style>
${body}
${script === "" ? "" : `<script>\n${script}</script>\n`}</html>
`;
}

/** CSS that declares both schemes as variables, and follows the reader's device. */
export function schemeStyle({ light, dark }: Schemes): string {
    const variables = (colours: Colours) =>
        Object.entries(colours)
            .map(([name, colour]) => `--${name}: ${colour};`)
            .join(" ");
    return `:root { color-scheme: light dark; ${variables(light)} }
@media (prefers-color-scheme: dark) { :root { ${variables(dark)} } }
`;
}

/** Text as HTML and SVG show it, also within an attribute. */
export function escaped(text: string): string {
    return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** A text of at most so many letters, and of two at least: its beginning, three dots and its end. */
export function cutInTheMiddle(text: string, letters: number): string {
    const kept = Math.max(1, letters - 1);
    const end = Math.floor(kept / 2);
    return `${text.slice(0, kept - end)}…${end === 0 ? "" : text.slice(-end)}`;
}
