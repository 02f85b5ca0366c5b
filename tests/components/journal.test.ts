import * as pulumi from "@pulumi/pulumi";
import { hasSecret } from "../../components/journal";

test("a secret is seen at any depth of what a hook is given", () => {
    const secret = pulumi.secret("hidden");
    expect([secret, { password: secret }, { accounts: [{ keys: ["one", secret] }] }].map(hasSecret)).toEqual([
        true,
        true,
        true,
    ]);
    expect(
        [{}, null, undefined, "hidden", { accounts: [{ keys: ["one"], size: 2, none: null }] }].some(hasSecret),
    ).toBe(false);
});
