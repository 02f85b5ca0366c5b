import { checksOf } from "../../proof/proof";
import { asPage } from "../../report/proofPage";
import { TestBrowser } from "./browser";
import { DARK, describeWithBrowser, DESK, expectNothing, PHONE } from "./measured";
import { ownSite } from "./site";

jest.setTimeout(180_000);

/** A proof of the committed substrate in which one probe is not as declared. */
function page(): string {
    const site = ownSite();
    const addresses = site.tenants.flatMap(({ vms, segment }) =>
        vms.map(({ vmid }, index) => [vmid, `10.20.${segment.vlan}.${100 + index}`] as const),
    );
    const matrix = checksOf(site, new Map(addresses)).map((check, index) => ({
        ...check,
        ok: index !== 0,
        ...(check.open && { answered: check.to }),
    }));
    const none = { addresses: [], names: [], spoofing: [], moments: [], controls: [] };
    return asPage({ substrate: site.name, vms: addresses.length, matrix, seconds: 1, ...none });
}

describeWithBrowser("the page of a proof in Chromium", () => {
    let browser: TestBrowser;
    beforeAll(async () => (browser = await TestBrowser.start()));
    afterAll(() => browser.close());

    test.each([
        ["phone", PHONE],
        ["desk", DESK],
        ["desk-dark", { ...DESK, ...DARK }],
    ])("is read on %s, and loads nothing", async (look, options) => {
        const { page: shown, requested, said } = await browser.open("proof.html", page(), options);
        await browser.screenshot(shown, `proof-${look}`);
        expect(await shown.evaluate("overflow()")).toBe(0);
        await expectNothing(shown, "overlaps");
        await expectNothing(shown, "faint");
        expect([requested, said]).toEqual([["file:///tmp/pages/proof.html"], []]);
        expect(await shown.locator("table").first().innerText()).toContain(
            "grooveiq/api-vm01 -> grooveiq/db-vm01 (10.20.50.101) icmp",
        );
    });
});
