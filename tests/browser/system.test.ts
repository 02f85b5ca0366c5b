import { existsSync } from "node:fs";
import { BROWSER_SYSTEM, browserMissing } from "./system";

const getuid = jest.spyOn(process as { getuid: () => number }, "getuid");

afterAll(() => getuid.mockRestore());

test("who is not root is told in one line that the browser cannot run", () => {
    getuid.mockReturnValue(1000);
    expect(browserMissing()).toMatch(/^root is needed.*$/);
});

test("root is told what to run where the browser is not installed, and nothing where it is", () => {
    getuid.mockReturnValue(0);
    expect(browserMissing()).toBe(
        existsSync(BROWSER_SYSTEM) ? undefined : "the browser is not there: run `make tools FOR=browser`",
    );
});
