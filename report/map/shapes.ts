import { cutInTheMiddle, escaped } from "../html";

/** Attributes of a shape; a number is in the units of its picture. */
export type Attributes = Readonly<Record<string, string | number>>;

/** Width of an average letter of the widest common sans-serif fonts, as a part of the font's size. */
const LETTER = 0.62;

/** One SVG element; what it holds is SVG already. */
export function element(name: string, attributes: Attributes, inside = ""): string {
    const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(format(value))}"`);
    return `<${name}${written.join("")}${inside === "" ? "/>" : `>${inside}</${name}>`}`;
}

/** Text of a shape where it is pointed at, and by a screen reader. */
export function title(text: string): string {
    return `<title>${escaped(text)}</title>`;
}

/**
 * A line of text, which is cut in its middle where it is wider than there is room for, since names of one kind differ at their ends;
 * its title then has all of it.
 */
export function line(text: string, attributes: Attributes, size: number, room: number): string {
    const letters = Math.floor(room / (size * LETTER));
    const whole = text.length <= letters;
    const shown = whole ? text : cutInTheMiddle(text, letters);
    return element("text", { ...attributes, "font-size": size }, escaped(shown) + (whole ? "" : title(text)));
}

function format(value: string | number): string {
    return typeof value === "number" ? String(Math.round(value * 100) / 100) : value;
}
