import { dump } from "js-yaml";
import { TENANT } from "./place";

/** Everything of its place that the throwaway tenant depends on. */
export interface Small {
    readonly vlan: number;
    readonly hypervisor: string;
    /** Size of the template's system disk: a smaller one is refused, and a larger one takes time. */
    readonly diskGiB: number;
    /** False on a flat network, where nobody has a fixed address. */
    readonly tagged: boolean;
    /** A place that its file opens. */
    readonly opens: string;
}

/** The throwaway tenant's stages, in order. */
export type Stage = "first" | "changed" | "rebuilt";

/**
 * Text of the throwaway tenant's file: one small VM with one of each thing that the program writes, and none that needs a
 * privilege of its own.
 */
export function tenantText({ vlan, hypervisor, diskGiB, tagged, opens }: Small, stage: Stage): string {
    const changed = stage !== "first";
    const allow = { to: opens, protocol: "tcp", ports: changed ? "8883,8884" : "8883", why: "conformance" };
    const vm = {
        ...{ name: "vm01", instance: 1, cores: 1, memory: "512MiB", disk: `${diskGiB}GiB`, onBoot: false },
        ...(tagged && { address: "fixed" }),
        aliases: changed ? ["one", "two"] : ["one"],
        ...(changed && { description: "changed", tags: ["changed"] }),
        ...(stage === "rebuilt" && { rebuild: "again" }),
    };
    const description = `throwaway tenant of tenants ${TENANT}`;
    return dump({ name: TENANT, description, vlan, hypervisor, ...(tagged && { allow: [allow] }), vms: [vm] });
}
