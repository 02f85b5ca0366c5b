import { copyFileSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { TestBrowser } from "./browser";
import { describeWithBrowser } from "./measured";

jest.setTimeout(180_000);

const FOLDER = join(resolve(__dirname, "../.."), "docs/pictures");
/** Window of the proof's picture: the head of the page, with all of the matrix. */
const WINDOW = { viewport: { width: 820, height: 560 } };

describeWithBrowser("the README's pictures", () => {
    let browser: TestBrowser;
    beforeAll(async () => (browser = await TestBrowser.start()));
    afterAll(() => browser.close());

    test("the proof is the page in PROOF, where one is given, and a small picture", async () => {
        const [proof, file] = [process.env["PROOF"], join(FOLDER, "proof.png")];
        if (proof !== undefined) {
            const { page } = await browser.open("proof.html", readFileSync(proof, "utf8"), WINDOW);
            expect(await page.locator("svg rect").count()).toBeGreaterThan(50);
            copyFileSync(await browser.screenshot(page, "readme-proof", false), file);
        }
        expect(statSync(file).size).toBeLessThan(150_000);
        const image = `<img src="data:image/png;base64,${readFileSync(file).toString("base64")}" alt="">`;
        const bare = image.replace(/^/, "<!doctype html>");
        const { page } = await browser.open("image.html", bare, WINDOW);
        expect(await page.evaluate("document.images[0].naturalWidth")).toBe(WINDOW.viewport.width);
    });
});
