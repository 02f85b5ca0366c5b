import { hasStatesOf, partsOf } from "../../node/reading/parts";
import { VM } from "../../state/deployment";
import { resourcesDigest, urnsOf } from "../../state/partial";
import { NO_TENANT } from "../../state/reading/reading";
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
        expect(partialRun({})).toBeUndefined();
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

describe("parts of a reading", () => {
    const { deployment } = substrateOfOne();
    const resources = deployment.resources.map((one) => ({ ...one, parent: "none" }));
    const digests = new Map([
        ["hv02 guest 5001", "a"],
        ["hv02 pool grooveiq", "b"],
    ]);
    const second = {
        ...resources.find(({ urn }) => urn.endsWith("::grooveiq"))!,
        urn: "urn:pulumi:s::p::T::vintronics",
    };
    const owned = [...resources.map((one) => own(one)), second];
    const parts = (more: readonly object[] = [], read = digests) =>
        partsOf({ resources: [...owned, ...(more as typeof owned)] }, read);
    const changed = (other: ReturnType<typeof parts>) => {
        const before = parts();
        return Object.keys({ ...before, ...other }).filter((name) => before[name] !== other[name]);
    };

    /** A resource below its tenant's, but for those that are no tenant's. */
    function own<T extends { readonly urn: string; readonly type: string }>(one: T): T & { parent: string } {
        const tenant = resources.find(({ urn }) => urn.endsWith("::grooveiq"))!.urn;
        return { ...one, parent: /^pulumi:/.test(one.type) ? "" : tenant };
    }

    test("differ for whom state, node or outputs differ", () => {
        expect(Object.keys(parts())).toEqual([NO_TENANT, "grooveiq", "vintronics"]);
        expect(changed(parts())).toEqual([]);
        expect(changed(parts([], new Map([...digests, ["hv02 guest 5001", "c"]])))).toEqual(["grooveiq"]);
        expect(changed(parts([], new Map([["hv02 pool grooveiq", "b"]])))).toEqual(["grooveiq"]);
        expect(changed(parts([], new Map([...digests, ["hv02 guest 5009", "d"]])))).toEqual([NO_TENANT]);
        expect(changed(parts([{ urn: "urn:x::t::p", type: "pulumi:providers:proxmoxve" }]))).toEqual([NO_TENANT]);
        expect(changed(parts([{ ...second, urn: "urn:pulumi:s::p::T::retro" }]))).toEqual(["retro"]);
        expect(hasStatesOf({ resources: owned }, { parts: parts([], new Map()) })).toBe(true);
        expect(hasStatesOf({ resources: owned.slice(0, -1) }, { parts: parts() })).toBe(true);
        expect(hasStatesOf({ resources: [...owned, { ...second, urn: `${second.urn}2` }] }, { parts: parts() })).toBe(
            false,
        );
        const outputs = { vms: [{ tenant: "vintronics", mac: "a" }] };
        const told = owned.map((one) => (one.type === "pulumi:pulumi:Stack" ? { ...one, outputs } : one));
        expect(changed(partsOf({ resources: told }, digests))).toEqual(["vintronics"]);
        const modified = owned.map((one) => (one.type === VM ? { ...one, modified: "later" } : one));
        expect(changed(partsOf({ resources: modified }, digests))).toEqual(["grooveiq"]);
    });
});
