import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { BROWSER_SYSTEM } from "./system";

/** A loaded machine is slow; no test is about time. */
const PATIENCE_MS = 120_000;

/** Where the browser sees the folder of the pages. */
const PAGES = "file:///tmp/pages";

const MEASURE = readFileSync(join(__dirname, "measure.js"), "utf8");

/** A page, the URL of everything that it loads, and what it says on its console. */
export interface Opened {
    readonly page: Page;
    readonly requested: readonly string[];
    readonly said: readonly string[];
}

/** Headless Chromium, in a root file system and a network namespace of its own, with pages that a test gives it. */
export class TestBrowser {
    private constructor(
        private readonly browser: Browser,
        private readonly folder: string,
        private readonly pictures: string,
    ) {}

    /** Starts the browser. Screenshots go to the folder in SCREENSHOTS; without it they are made and thrown away. */
    static async start(): Promise<TestBrowser> {
        const folder = mkdtempSync(join(tmpdir(), "browser-pages-"));
        const pictures = resolve(process.env["SCREENSHOTS"] ?? join(folder, "screenshots"));
        mkdirSync(pictures, { recursive: true });
        const browser = await chromium.launch({
            timeout: PATIENCE_MS,
            executablePath: join(__dirname, "chromium.sh"),
            env: { PATH: process.env["PATH"] ?? "", BROWSER_ROOT: BROWSER_SYSTEM, BROWSER_PAGES: folder },
        });
        return new TestBrowser(browser, folder, pictures);
    }

    /** Opens a file as a reader does, with what measures it (measure.js). */
    async open(name: string, text: string, options: BrowserContextOptions): Promise<Opened> {
        writeFileSync(join(this.folder, name), text);
        const context = await this.browser.newContext(options);
        context.setDefaultTimeout(PATIENCE_MS);
        const page = await context.newPage();
        const requested: string[] = [];
        const said: string[] = [];
        page.on("request", (request) => requested.push(request.url()));
        page.on("console", (message) => said.push(message.text()));
        page.on("pageerror", (error) => said.push(error.message));
        await page.goto(`${PAGES}/${name}`);
        if (options.javaScriptEnabled !== false) {
            await page.evaluate(MEASURE);
        }
        return { page, requested, said };
    }

    /** @returns the file of the picture. */
    async screenshot(page: Page, name: string, fullPage = true): Promise<string> {
        const path = join(this.pictures, `${name}.png`);
        await page.screenshot({ path, fullPage });
        return path;
    }

    async close(): Promise<void> {
        await this.browser.close();
        rmSync(this.folder, { recursive: true, force: true });
    }
}
