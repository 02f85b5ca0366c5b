import { asPage } from "../../report/proofPage";
import { TestBrowser } from "./browser";
import { DARK, describeWithBrowser, DESK, expectNothing, PHONE } from "./measured";
import { ownSite, proofOf } from "./site";

jest.setTimeout(180_000);

describeWithBrowser("the page of a proof in Chromium", () => {
    let browser: TestBrowser;
    beforeAll(async () => (browser = await TestBrowser.start()));
    afterAll(() => browser.close());

    test.each([
        ["phone", PHONE],
        ["desk", DESK],
        ["desk-dark", { ...DESK, ...DARK }],
    ])("is read on %s, and loads nothing", async (_, options) => {
        const html = asPage(proofOf(ownSite()));
        const { page: shown, requested, said } = await browser.open("proof.html", html, options);
        expect(await shown.evaluate("overflow()")).toBe(0);
        await expectNothing(shown, "overlaps");
        await expectNothing(shown, "faint");
        expect([requested, said]).toEqual([["file:///tmp/pages/proof.html"], []]);
        expect(await shown.locator("table").first().innerText()).toContain(
            "grooveiq/api-vm01 -> grooveiq/db-vm01 (10.20.50.101) icmp",
        );
    });

    test("on a phone the sources' names stay in sight where the cells are scrolled", async () => {
        const { page } = await browser.open("proof.html", asPage(proofOf(ownSite())), PHONE);
        const left = (selector: string) =>
            page.evaluate<number>(`document.querySelector("${selector}").getBoundingClientRect().left`);
        const before = [await left(".names"), await left(".picture rect")];
        await page.evaluate(`document.querySelector(".picture").scrollLeft = 60`);
        const after = [await left(".names"), await left(".picture rect")];
        expect(after).toEqual([before[0], before[1]! - 60]);
    });
});
