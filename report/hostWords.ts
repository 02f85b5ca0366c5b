import type { Finding } from "../substrate/findings";
import type { Substrate } from "../substrate/substrate";
import type { Words } from "./row";

/** The words of a finding on a host: a task of its baseline that would change something. */
export function hostWords({ name }: Pick<Substrate, "name">, { place, subject, found }: Finding): Words {
    const hypervisor = place.kind === "router" ? "" : place.name;
    const settle = `another revision of ${hypervisor}'s baseline in Pulumi.${name}.yaml, then tenants up ${name}`;
    return { what: subject.id, declared: "as its baseline", found: typeof found === "string" ? found : "", settle };
}
