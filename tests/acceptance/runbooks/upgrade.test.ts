import { existsSync } from "node:fs";
import { siteOf } from "./lab";

jest.setTimeout(600_000);

const PAGE = "docs/upgrade.md";

describe(PAGE, () => {
    const site = siteOf([PAGE], ({ runbook }) => runbook.first("tenants up dvntm"));

    test("there and back, nothing of the node changes", async () => {
        const before = await site.node.state();
        await site.runbook.next(PAGE, "export PATH");
        expect(existsSync(site.runbook.path("before.json"))).toBe(true);
        expect((await site.runbook.next(PAGE, "make tools")).output).toMatch(/^pulumi 3\.259\.0: /m);
        expect((await site.runbook.next(PAGE, "tenants preview")).output).toMatch(/no drift/);
        await site.runbook.next(PAGE, "make tools");
        expect(await site.node.state()).toEqual(before);
        site.runbook.expectDone();
    });
});
