import { resourcesDigest, urnsOf } from "../../state/partial";
import { partialEnvironment, partialRun } from "../../substrate/partial";
import { substrateOfOne } from "./readNode";
import { removeProjects } from "../fixtures";

afterAll(removeProjects);

describe("what a tenant has in a state", () => {
    const { deployment } = substrateOfOne();
    const { resources } = deployment;
    const parent = resources.find(({ urn }) => urn.endsWith("::grooveiq"))!.urn;
    const owned = resources.map((one) => (/pulumi:(pulumi:Stack|providers)/.test(one.urn) ? one : { ...one, parent }));
    const urns = (...more: object[]) =>
        urnsOf({ resources: [...owned, ...(more as typeof resources)] }, new Set(["grooveiq"]));

    test("is all of it", () => {
        expect(urns()).toHaveLength(resources.length - 2);
        expect(urns()).toEqual(expect.arrayContaining([parent]));
    });

    test("is not known where the state has something that is neither a tenant's nor in every run", () => {
        expect(urns({ urn: "urn:pulumi:s::p::aws:s3/bucket:Bucket::b", type: "aws:s3/bucket:Bucket" })).toBeUndefined();
        expect(
            urns({ urn: "urn:pulumi:s::p::deevnet:tenant:HostBaseline::hv02", type: "deevnet:tenant:HostBaseline" }),
        ).toEqual(expect.arrayContaining([parent]));
    });

    test("is not known of a tenant that the state does not have", () => {
        expect(urnsOf({ resources: owned }, new Set(["grooveiq", "vintronics"]))).toBeUndefined();
    });
});

describe("the part of a substrate that a run is of", () => {
    test("comes as it was given, and is all of it without a word", () => {
        const partial = { state: "d", tenants: ["grooveiq"] };
        expect(partialRun(partialEnvironment(partial))).toEqual(partial);
        expect(partialRun(partialEnvironment(undefined))).toBeUndefined();
    });

    test.each(["", "grooveiq", "{}", "null", '{"state":1,"tenants":[]}', '{"state":"d","tenants":"grooveiq"}'])(
        "is refused as %j",
        (value) => {
            const [name] = Object.keys(partialEnvironment({ state: "d", tenants: [] }));
            expect(() => partialRun({ [name!]: value })).toThrow(/unset it/);
        },
    );
});

test("a state with another resource has another digest, in whatever order, and one that is still to be deleted counts as none", () => {
    const [a, b] = [{ urn: "urn:a" }, { urn: "urn:b" }];
    expect(resourcesDigest([a, b])).toBe(resourcesDigest([b, a, { urn: "urn:c", delete: true }]));
    expect(resourcesDigest([a, b])).not.toBe(resourcesDigest([a]));
});
