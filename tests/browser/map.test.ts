import type { BrowserContextOptions, Page } from "playwright-core";
import { PAGE_COLOURS } from "../../report/html";
import { mapOf, type MapContent } from "../../report/map/content";
import { asPage } from "../../report/map/page";
import { asSvg } from "../../report/map/svg";
import { TestBrowser } from "./browser";
import { colourOf, DARK, describeWithBrowser, DESK, expectNothing, measure, PHONE, rgbOf } from "./measured";
import { BIG_DRIFT, bigSite, LONG_NAME, ownSite } from "./site";

jest.setTimeout(180_000);

const LOOKS: readonly (readonly [string, BrowserContextOptions])[] = [
    ["phone", PHONE],
    ["phone-dark", { ...PHONE, ...DARK }],
    ["desk", DESK],
    ["desk-dark", { ...DESK, ...DARK }],
];

describeWithBrowser("the map in Chromium", () => {
    let browser: TestBrowser;
    const sites: Record<string, MapContent> = {};

    beforeAll(async () => {
        browser = await TestBrowser.start();
        sites["own"] = mapOf(ownSite());
        sites["big"] = mapOf(bigSite(), BIG_DRIFT);
    });
    afterAll(() => browser.close());

    const cases = ["own", "big"].flatMap((site) => LOOKS.map(([look, options]) => [site, look, options] as const));

    test.each(cases)(
        "%s on %s: nothing overflows, overlaps or is faint, and nothing else is loaded",
        async (site, look, options) => {
            const html = asPage(sites[site]!);
            const { page, requested, said } = await browser.open("map.html", html, options);
            await browser.screenshot(page, `${site}-${look}`);
            expect(await page.evaluate("overflow()")).toBe(0);
            await expectNothing(page, "overlaps");
            await expectNothing(page, "leaving");
            await expectNothing(page, "faint");
            expect([requested, said]).toEqual([["file:///tmp/pages/map.html"], []]);
            const { page: ground } = PAGE_COLOURS[look.endsWith("dark") ? "dark" : "light"];
            expect(await colourOf(page, "body", "backgroundColor")).toBe(rgbOf(ground!));
        },
    );

    test.each(cases.filter(([, look]) => look.startsWith("desk")))(
        "the picture of %s on %s",
        async (site, look, options) => {
            const svg = asSvg(sites[site]!);
            const { page, requested, said } = await browser.open("map.svg", svg, { ...options, ...DESK });
            await expectNothing(page, "overlaps");
            await expectNothing(page, "leaving");
            await expectNothing(page, "faint");
            expect([requested, said]).toEqual([["file:///tmp/pages/map.svg"], []]);
            const image = `<img src="map.svg" alt="">`;
            const shown = await browser.open("image.html", image, options);
            expect(await shown.page.evaluate("document.images[0].naturalWidth")).toBe(1200);
            await browser.screenshot(shown.page, `${site}-${look}-picture`);
        },
    );

    test("what is measured is found where it is", async () => {
        const bad = `<style>p { position: absolute; margin: 0 } .bad { color: #999; background: #fff }</style>
<div style="width: 2000px">wide</div><button style="width: 20px; white-space: nowrap; overflow: visible">much too long</button>
<p style="top: 200px">one</p><p style="top: 200px" class="bad">other</p><img src="http://192.0.2.1/x.png">`;
        const { page, requested } = await browser.open("bad.html", bad, PHONE);
        expect(await page.evaluate("overflow()")).toBeGreaterThan(1000);
        expect((await measure(page, "overlaps")).found).toEqual(["one / other"]);
        expect((await measure(page, "leaving")).found).toEqual(["much too long"]);
        expect((await measure(page, "faint")).found).toEqual(["other"]);
        expect(requested).toContain("http://192.0.2.1/x.png");
    });

    test.each([
        ["phone", PHONE],
        ["desk", DESK],
    ])(
        "every one of 300 VMs is reached by keyboard on %s, and shows what it is without being covered",
        async (_, options) => {
            const { page } = await browser.open("map.html", asPage(sites["big"]!), options);
            await page.keyboard.press("Tab");
            expect(await focused(page)).toMatchObject({ text: "Skip to the tenants" });
            await page.keyboard.press("Enter");
            const reached: string[] = [];
            for (const { tenant } of sites["big"]!.tenants) {
                await tabTo(page, `#vm-${tenant.vms[0]!.vmid}`);
                for (const vm of tenant.vms) {
                    const { id, shown, covered } = await focused(page);
                    expect([id, covered]).toEqual([`vm-${vm.vmid}`, false]);
                    expect(shown).toContain(vm.fqdn);
                    reached.push(id);
                    await page.keyboard.press("ArrowRight");
                }
            }
            expect(new Set(reached).size).toBe(300);
        },
    );

    test("arrows move by rows, Home and End to the ends, and Escape closes what is shown", async () => {
        const { page } = await browser.open("map.html", asPage(sites["big"]!), PHONE);
        await page.locator("#vm-5001").focus();
        const walk: string[] = [];
        for (const key of ["ArrowDown", "ArrowRight", "ArrowUp", "ArrowLeft", "ArrowLeft", "End", "Home"]) {
            await page.keyboard.press(key);
            walk.push((await focused(page)).id.slice(3));
        }
        expect(walk).toEqual(["5003", "5004", "5002", "5001", "5001", "5030", "5001"]);
        expect((await focused(page)).shown).toContain("vm1.bench0.dvntm.deevnet.net");
        await page.keyboard.press("Escape");
        expect(await focused(page)).toMatchObject({ id: "vm-5001", shown: "" });
        await page.keyboard.press("ArrowRight");
        expect((await focused(page)).shown).toContain("vm2.bench0.dvntm.deevnet.net");
    });

    test("without its script every VM is a stop of the Tab key, and a mouse needs none", async () => {
        const { page } = await browser.open("map.html", asPage(sites["own"]!), { ...DESK, javaScriptEnabled: false });
        const reached = new Set<string>();
        for (let press = 0; press < 40; press++) {
            await page.keyboard.press("Tab");
            reached.add(
                (await page
                    .locator(":focus")
                    .getAttribute("id", { timeout: 1000 })
                    .catch(() => null)) ?? "",
            );
        }
        const all = ["vm-5001", "vm-5002", "vm-5101", "vm-5102", "vm-5103"];
        expect([...reached]).toEqual(expect.arrayContaining(all));
        await page.hover("#vm-5103");
        expect(await page.locator("#more-5103").isVisible()).toBe(true);
        expect(await page.locator("#more-5101").isVisible()).toBe(false);
    });

    test.each([
        ["light", PAGE_COLOURS.light],
        ["dark", PAGE_COLOURS.dark],
    ] as const)("drift is red in the %s scheme, and nothing else is", async (colorScheme, colours) => {
        const { page } = await browser.open("map.html", asPage(sites["big"]!), { ...DESK, colorScheme });
        const red = rgbOf(colours["bad"]!);
        const drifting = await page.evaluate<string[]>(
            `[...document.querySelectorAll(".vm")].filter((vm) => getComputedStyle(vm).borderTopColor === "${red}").map(({ id }) => id)`,
        );
        expect(drifting).toEqual(["vm-5103", "vm-5201"]);
        const boxes = await page.evaluate<string[]>(
            `[...document.querySelectorAll(".network rect.box")].filter((box) => getComputedStyle(box).stroke === "${red}")
                .map((box) => box.parentElement.querySelector("rect.box ~ text").textContent)`,
        );
        expect(boxes).toEqual([expect.stringContaining("core router"), "bench2", "bench4"]);
        expect(await colourOf(page, "#vm-5103 .red", "color")).toBe(red);
        expect(await page.locator("#vm-5201").innerText()).toContain("drift: 1");
        await page.locator(".drift a").first().click();
        expect(await focused(page)).toMatchObject({ id: "vm-5103" });
    });

    test("a name of 63 letters is cut short on the page, and stands whole where the VM has the focus", async () => {
        const { page } = await browser.open("map.html", asPage(sites["big"]!), PHONE);
        await page.locator("#vm-5201").focus();
        expect(LONG_NAME).toHaveLength(63);
        expect((await focused(page)).shown).toContain(`${LONG_NAME}.bench2.dvntm.deevnet.net`);
        await browser.screenshot(page, "big-phone-focus", false);
        await page.keyboard.press("Tab");
        await page.keyboard.press("End");
        await until(page, `document.activeElement.id === "more-5201" && document.activeElement.scrollTop > 100`);
        expect(await page.locator("#more-5201").isVisible()).toBe(true);
        await page.keyboard.press("Tab");
        expect((await focused(page)).id).toBe("vm-5301");
    });
});

interface Focused {
    readonly id: string;
    readonly text: string;
    /** Text that the VM with the focus shows of itself. */
    readonly shown: string;
    /** Whether what is shown lies on it, or it is outside the window. */
    readonly covered: boolean;
}

async function focused(page: Page): Promise<Focused> {
    return page.evaluate<Focused>("focused()");
}

async function tabTo(page: Page, selector: string): Promise<void> {
    for (let press = 0; press < 30; press++) {
        await page.keyboard.press("Tab");
        if (await page.evaluate(`document.activeElement.matches("${selector}")`)) {
            return;
        }
    }
    throw new Error(`Tab does not lead to ${selector}`);
}

/** Waits until something holds; Chromium scrolls smoothly. */
async function until(page: Page, expression: string): Promise<void> {
    for (let tries = 0; tries < 100; tries++) {
        if (await page.evaluate<boolean>(expression)) {
            return;
        }
        await page.waitForTimeout(50);
    }
    throw new Error(`this never held: ${expression}`);
}
