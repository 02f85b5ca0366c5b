import type { Page } from "playwright-core";
import { browserMissing } from "./system";

export const PHONE = { viewport: { width: 360, height: 740 } };
export const DESK = { viewport: { width: 1300, height: 900 } };
export const DARK = { colorScheme: "dark" } as const;

/** Result of a measurement: how much it looked at, and all that was wrong. */
export interface Measured {
    readonly looked: number;
    readonly found: readonly string[];
}

/** Suites that need the browser say in one line why they do not run where it cannot be. */
export function describeWithBrowser(name: string, suite: () => void): void {
    const missing = browserMissing();
    if (missing === undefined) {
        describe(name, suite);
    } else {
        process.stderr.write(`${name}: not run, ${missing}\n`);
        describe.skip(name, suite);
    }
}

/** @param name a function of measure.js. */
export async function measure(page: Page, name: string): Promise<Measured> {
    return page.evaluate<Measured>(`${name}()`);
}

/** That a measurement looked at something, and found nothing. */
export async function expectNothing(page: Page, name: string): Promise<void> {
    const { looked, found } = await measure(page, name);
    expect(looked).toBeGreaterThan(5);
    expect([name, found]).toEqual([name, []]);
}

export async function colourOf(page: Page, selector: string, property: string): Promise<string> {
    return page.evaluate<string>(`getComputedStyle(document.querySelector("${selector}")).${property}`);
}

/** A colour as the browser writes it. */
export function rgbOf(hex: string): string {
    const [red, green, blue] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
    return `rgb(${red!}, ${green!}, ${blue!})`;
}
