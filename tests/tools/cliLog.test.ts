import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { IsolatedCli } from "../../lab/cli";

jest.setTimeout(60_000);

test("where the project owns Pulumi's home, the CLI keeps no log of its own, unless it is asked to", async () => {
    const cli = new IsolatedCli();
    try {
        const logs = join(cli.variables()["PULUMI_HOME"]!, "logs");
        await cli.succeed(["whoami"]);
        expect(statSync(logs)).toMatchObject({ size: 0 });
        expect(statSync(logs).isFile()).toBe(true);
        cli.keepLog();
        expect(existsSync(logs)).toBe(false);
        await cli.succeed(["whoami"]);
        expect(readdirSync(logs)).toEqual([expect.stringMatching(/^pulumi-.*-whoami\.log$/)]);
    } finally {
        cli.remove();
    }
});
