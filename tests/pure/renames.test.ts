import { requireRenamable } from "../../commands/shared/renames";
import type { Deployment, StateResource } from "../../state/deployment";
import { loadSubstrate } from "../../substrate/load";
import { project, removeProjects, smallTenant, STACK } from "../fixtures";

afterAll(removeProjects);

const urn = (type: string, name: string) => `urn:pulumi:dvntm::tenant-hypervisors::${type}::${name}`;
const tenant: StateResource = { urn: urn("deevnet:tenant:Tenant", "grooveiq"), type: "deevnet:tenant:Tenant" };

function told(text: string, protect: boolean): () => void {
    const pool = { ...poolOf(), protect };
    const state: Deployment = { resources: [tenant, pool] };
    const files = { "Pulumi.dvntm.yaml": STACK, "tenants/dvntm/quiz.yaml": text };
    return () => requireRenamable(loadSubstrate({ root: project(files), substrate: "dvntm" }), state);
}

function poolOf(): StateResource {
    const type = "proxmoxve:index/poolLegacy:PoolLegacy";
    return { urn: urn(type, "grooveiq-network-pool"), type, parent: tenant.urn, outputs: { poolId: "grooveiq" } };
}

const RENAMED = smallTenant("quiz", 50).replace("name: quiz\n", "name: quiz\nformerly: grooveiq\n");

test.each([
    ["its keep lifted in the same edit", RENAMED, /rename it$/],
    ["its keep left", `${RENAMED}keep: true\n`, /rename it, with keep: true again$/],
])("a kept tenant is renamed in two runs: %s", (_, text, end) => {
    const run = told(text, true);
    expect(run).toThrow(
        /tenants\/dvntm\/quiz\.yaml:2 formerly: grooveiq is kept \(keep: true\), and its pool goes with its name/,
    );
    expect(run).toThrow(end);
});

test.each([
    ["one that is not kept", RENAMED, false],
    ["one that is kept and not renamed", smallTenant("quiz", 50), true],
])("control: %s passes", (_, text, protect) => expect(told(text, protect)).not.toThrow());
