/**
 * The policy pack of the stack: it holds for whatever program declares resources in it, and refuses, in preview and before
 * each change, what breaks a rule. The facts that rules need are the definitions' own.
 */
import { PolicyPack, Secret, type ResourceValidationPolicy } from "@pulumi/policy";
import { DefinitionError } from "../definitions/faults";
import { loadSubstrate } from "../substrate/load";
import { partialRun } from "../substrate/partial";
import type { Substrate } from "../substrate/substrate";
import { Claims } from "./quota";
import { firewallFaults, segmentFaults, standaloneFaults, type Seen } from "./rules";
import { plainSecrets, secretsOfTheRun } from "./secrets";
import { refusedType } from "./types";
import { knownOf, withoutSecrets } from "./values";

const claims = new Claims(partialRun()?.tenants);
const loaded = new Map<string, Substrate>();

/** The substrate of a resource's stack, from the files in the program's folder. @throws DefinitionError where they have faults. */
function substrateOf(urn: string): Substrate {
    const [, , stack = ""] = urn.split(/::?/);
    const known = loaded.get(stack) ?? loadSubstrate({ root: process.cwd(), substrate: stack });
    loaded.set(stack, known);
    return known;
}

/** @param of the types that the rule is about: what a fault in the definitions keeps from being declared asks nothing of them. */
function policy(
    name: string,
    description: string,
    of: RegExp,
    faults: (seen: Seen, substrate: Substrate) => readonly string[],
): ResourceValidationPolicy {
    return {
        name,
        description,
        enforcementLevel: "mandatory",
        validateResource: ({ urn, type, props }, report) => {
            if (of.test(type)) {
                const seen = { urn, type, inputs: knownOf(props) };
                told(() => faults(seen, substrateOf(urn))).forEach((fault) => report(fault));
            }
        },
    };
}

function told(rule: () => readonly string[]): readonly string[] {
    try {
        return rule();
    } catch (error) {
        if (error instanceof DefinitionError) {
            return [`the definitions that the rule goes by have faults:\n${error.message}`];
        }
        throw error;
    }
}

/** Inputs without secrets, by URN: only the pass for remediations, which comes first, tells which are secret. */
const plain = new Map<string, unknown>();

const noPlainSecret: ResourceValidationPolicy = {
    name: "no-plain-secret",
    description: "Secrets are marked as such, and those of the run stay out of the state.",
    enforcementLevel: "remediate",
    remediateResource: ({ urn, props }) => {
        plain.set(urn, withoutSecrets(props, Secret));
    },
    validateResource: ({ urn, props }, report) => {
        if (!plain.has(urn)) {
            throw new Error(`${urn}: the CLI did not say which inputs are secret`);
        }
        [...plainSecrets(plain.get(urn)), ...secretsOfTheRun(knownOf(props), process.env)].forEach((fault) =>
            report(fault),
        );
    },
};

const onlyAllowed: ResourceValidationPolicy = {
    name: "allowed-types",
    description: "Only the types of policy/types.ts.",
    enforcementLevel: "mandatory",
    validateResource: ({ type }, report) => {
        const refused = refusedType(type);
        if (refused !== undefined) {
            report(refused);
        }
    },
};

const VMS = /^proxmoxve:index\/vmLegacy:/;
const PROXMOXVE = /^(pulumi:providers:)?proxmoxve\b/;

new PolicyPack("tenant-hypervisors", {
    policies: [
        onlyAllowed,
        policy("tenant-segment", "Every NIC is on its tenant's VLAN, behind PVE's firewall.", VMS, segmentFaults),
        policy("firewall-on", "The firewall of every VM is on, and closed.", PROXMOXVE, firewallFaults),
        policy("standalone", "No HA, no shared storage, no other node.", PROXMOXVE, standaloneFaults),
        policy("quota", "Sizes are within the tenant's quota and the hypervisor's.", VMS, (seen, substrate) =>
            claims.faults(seen, substrate),
        ),
        noPlainSecret,
    ],
});
