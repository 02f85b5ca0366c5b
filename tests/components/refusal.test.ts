import * as pulumi from "@pulumi/pulumi";
// How the SDK's program tells of an error, which is no part of its types.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const { defaultErrorMessage } = require("@pulumi/pulumi/cmd/run/error") as {
    defaultErrorMessage: (error: Error) => string;
};
import { asErrorOf, asRunError } from "../../components/refusal";
import { Refusal } from "../../definitions/refusal";

void pulumi.runtime.setMocks({
    newResource: ({ name, inputs }) => ({ id: name, state: inputs as object }),
    call: ({ inputs }) => inputs as object,
});
const resource = new pulumi.ComponentResource("deevnet:tenant:Tenant", "one");

test.each([
    ["about a run", asRunError],
    ["about a resource", (error: unknown) => asErrorOf(resource, error)],
])("a refusal %s is its message alone, so that nothing is formatted that nobody sees", (_, as) => {
    const error = as(new Refusal("5 GiB is less than 6 GiB"));
    expect(defaultErrorMessage(error)).toBe("5 GiB is less than 6 GiB");
    // Control: with its stack it is formatted.
    expect(defaultErrorMessage(new Error("5 GiB"))).toContain("refusal.test.ts");
    expect([pulumi.RunError.isInstance(error), pulumi.ResourceError.isInstance(error)]).toContain(true);
});

test("any other error is told as it is, with its stack", () => {
    const fault = new TypeError("none");
    expect(asRunError(fault)).toBe(fault);
    expect(asErrorOf(resource, fault)).toBe(fault);
});
