import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ToldDrift } from "../../report/map/driftFile";
import { AcceptanceLab, RUN_TIMEOUT_MS } from "./lab";

jest.setTimeout(RUN_TIMEOUT_MS);

describe("what drift tells of a router that nobody wrote to yet", () => {
    let lab: AcceptanceLab;

    beforeAll(async () => {
        lab = await AcceptanceLab.startWithRouter();
    });
    afterAll(() => lab.stop());

    test("stands on the map, row by row, at the segments that it is about", async () => {
        const { stdout } = await lab.workspace.command("drift", "--json", "dvntm");
        const told = JSON.parse(stdout) as ToldDrift;
        expect(told.drift.map(({ what }) => what)).toContain("DHCP scope 10.20.50.0/24");
        const file = join(lab.workspace.root, "drift.json");
        writeFileSync(file, stdout);
        const drawn = await lab.workspace.command("map", "dvntm", "--drift", file);
        expect(drawn).toMatchObject({ exitCode: 0, stdout: "map-dvntm.html\nmap-dvntm.svg\n" });
        const page = readFileSync(join(lab.workspace.root, "map-dvntm.html"), "utf8");
        expect(page.match(/<span class="settle">/g)).toHaveLength(told.drift.length);
        expect(page.match(/<rect class="box bad"/g)).toHaveLength(2);
    });
});
