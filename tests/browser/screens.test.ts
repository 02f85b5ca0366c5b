import type { Page } from "playwright-core";
import { mapOf } from "../../report/map/content";
import { asPage as mapPage } from "../../report/map/page";
import { asPage as proofPage } from "../../report/proofPage";
import { TestBrowser } from "./browser";
import { describeWithBrowser, DESK, PHONE } from "./measured";
import { screenDifference } from "./screens";
import { BIG_DRIFT, bigSite, manySite, ownSite, proofOf } from "./site";

jest.setTimeout(180_000);

/** Share of the pixels that another version of the browser may draw otherwise. */
const SHARE_MAX = 0.01;

const STAMP = { at: new Date("2026-11-29T18:00:00Z"), revision: { commit: "0123456789ab", changed: false } };
const LOOKS = [
    ["360-light", PHONE, "light"],
    ["360-dark", PHONE, "dark"],
    ["1300-light", DESK, "light"],
    ["1300-dark", DESK, "dark"],
] as const;
const PAGES = ["map", "proof"].flatMap((kind) => ["5", "30", "300"].map((vms) => `${kind}-${vms}`));

describeWithBrowser("screenshots of map and proof", () => {
    let browser: TestBrowser;
    const pages: Record<string, string> = {};

    beforeAll(async () => {
        browser = await TestBrowser.start();
        for (const [vms, site, drift] of [
            [5, ownSite()],
            [30, manySite(30)],
            [300, bigSite(), BIG_DRIFT],
        ] as const) {
            pages[`map-${vms}`] = mapPage({ ...mapOf(site, drift), stamp: STAMP });
            pages[`proof-${vms}`] = proofPage(proofOf(site), STAMP);
        }
    });
    afterAll(() => browser.close());

    describe.each(PAGES)("%s", (name) => {
        let page: Page;
        beforeAll(async () => {
            ({ page } = await browser.open("page.html", pages[name]!, DESK));
        });
        afterAll(() => page.context().close());

        test.each(LOOKS)("at %s is as it is kept", async (look, { viewport }, colorScheme) => {
            await page.setViewportSize(viewport);
            await page.emulateMedia({ colorScheme });
            const shot = await browser.screenshot(page, `${name}-${look}`, false);
            expect(await page.evaluate("overflow()")).toBe(0);
            expect(screenDifference(shot, `${name}-${look}`)).toBeLessThan(SHARE_MAX);
        });
    });

    test("control: a part that is missing, and another colour, are found", async () => {
        for (const change of [".share { display: none }", ".own { fill: var(--line) !important }"]) {
            const html = pages["map-5"]!.replace("</style>", `${change}</style>`);
            const { page } = await browser.open("page.html", html, DESK);
            const shot = await browser.screenshot(page, "control", false);
            expect([change, screenDifference(shot, "map-5-1300-light", false) > SHARE_MAX]).toEqual([change, true]);
        }
    });

    test("VMs of every tenant fill the width of the page", async () => {
        const { page } = await browser.open("page.html", pages["map-300"]!, DESK);
        const free = await page.evaluate<number[]>(
            `[...document.querySelectorAll(".vms")].map((list) => document.body.getBoundingClientRect().right
                - Math.max(...[...list.querySelectorAll(".vm")].map((vm) => vm.getBoundingClientRect().right)))`,
        );
        expect(free).toHaveLength(10);
        expect(Math.max(...free)).toBeLessThan(20);
    });
});
