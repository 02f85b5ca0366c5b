import { PAGE_COLOURS, type Schemes } from "../html";

/**
 * Colours of the tenants, by the last digit of the VLAN: a tenant keeps its colour whoever else comes and goes. They were searched for, so that in either scheme each stands out from both grounds by 3:1 and more (WCAG 2.2,
 * 1.4.11), from every other one, also to eyes that tell red and green badly, and from the red of drift. Neighbours differ
 * most. Nothing is told by colour alone: the tenant's name stands wherever its colour does.
 */
const LIGHT = "#0b3fe1 #cc7142 #008e5b #561066 #82550e #a478c0 #096072 #f91d87 #303f04 #9c24a3".split(" ");
const DARK = "#536ea7 #fed7c4 #1e8659 #d0a7db #9a6409 #a830df #53aac0 #e53080 #94b838 #f268fa".split(" ");

/** Every colour of the map. */
export const MAP_COLOURS: Schemes = {
    light: { ...PAGE_COLOURS.light, ...tenants(LIGHT) },
    dark: { ...PAGE_COLOURS.dark, ...tenants(DARK) },
};

/** Class that shows something in a tenant's colour, which is then the variable `--own`. */
export function colourClass(vlan: number): string {
    return `t${vlan % LIGHT.length}`;
}

/** CSS of those classes. */
export const COLOUR_CLASSES = LIGHT.map((_, index) => `.t${index} { --own: var(--tenant${index}); }\n`).join("");

function tenants(colours: readonly string[]) {
    return Object.fromEntries(colours.map((colour, index) => [`tenant${index}`, colour]));
}
