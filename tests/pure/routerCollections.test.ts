import { understood } from "../../router/export/collection/understood";
import { nameOf } from "./paths";
import { caught, collectionOf, GIVEN, key, LATER, merge, mergeAll, messageOf } from "./routerVars";

describe("several files, as the lab keeps VLANs and policies apart", () => {
    const at = GIVEN.indexOf("firewall_zone");
    const [vlans, rest] = [GIVEN.slice(0, at), GIVEN.slice(at).replace("like: *m", "like: {vlan_id: 99}")];

    test("are one, and each fault stands in its own", () => {
        const { switch_defaults: _, ...whole } = merge(GIVEN).variables as Record<string, unknown>;
        expect(mergeAll([vlans, rest], LATER).variables).toMatchObject(whole);
        expect(messageOf(() => mergeAll([vlans, `${rest}dns_domain: dvnt.deevnet.net\n`], LATER))).toMatch(
            /^vars-1\.yml:8 dns_domain: dvnt\.deevnet\.net is not/,
        );
        expect(messageOf(() => mergeAll([vlans, rest.replace("[trusted, tenant_1]", "yes")], LATER))).toMatch(
            /^vars-1\.yml:5 firewall_internet_zones: /,
        );
    });

    test("a list that none of them has is asked for, and never taken for empty", () => {
        expect(messageOf(() => mergeAll([vlans], LATER)).split("\n")).toEqual([
            expect.stringMatching(/^vars\.yml: firewall_zone_policies is missing\. Give the file/),
            expect.stringMatching(/^vars\.yml: firewall_internet_zones is missing\. Give the file/),
        ]);
    });

    test("a variable in two of them is refused, since Ansible takes one whole", () => {
        expect(messageOf(() => mergeAll([GIVEN, "firewall_internet_zones: []\n"], LATER))).toBe(
            "vars-1.yml:1 firewall_internet_zones: stands in vars.yml, too, and Ansible takes one of the two whole; leave it in one file",
        );
    });
});

describe("the collection that reads them", () => {
    const narrow = ["protocol", "source_net", "destination_net", "destination_port"];
    const policies = ({ variables }: { variables: { firewall_zone_policies: readonly object[] } }) =>
        variables.firewall_zone_policies.filter((policy) => narrow.some((one) => one in policy));
    /** The early one with a guard and without its other fault, that it deletes all. */
    const guard = [
        "- name: Delete rules",
        "- ansible.builtin.assert: {that: wanted | length > 0}\n\n- name: Delete rules",
    ] as const;

    test("its text says which keys of a policy become a part of a rule", () => {
        expect([...LATER.understood.policyKeys].filter((one) => narrow.includes(one)).sort()).toEqual(
            [...narrow].sort(),
        );
        const early = collectionOf("early").understood;
        // Of a label, that is printed, and of other tasks' loops nothing counts.
        expect(narrow.filter((one) => early.policyKeys.has(one))).toEqual([]);
        expect(early).toMatchObject({ label: "lab.router_early 1.0.0 (early)", role: "lab.router_early.router_rules" });
    });

    test("one that deletes all of its rules where it finds no zone is refused at its task; with a guard or a switch it is not", () => {
        const refused = messageOf(() => mergeAll([GIVEN], collectionOf("early"), []));
        expect(refused).toMatch(
            /^early\/roles\/router_rules\/tasks\/main\.yml:82 Delete rules that nobody wants: lab\.router_early 1\.0\.0 \(early\) deletes every rule/,
        );
        expect(messageOf(() => mergeAll([GIVEN], collectionOf("early", guard), []))).not.toContain(
            "deletes every rule",
        );
        const unguarded = [
            "- name: Something is wanted\n  ansible.builtin.assert:",
            "- ansible.builtin.debug:",
        ] as const;
        const switched = collectionOf("later", unguarded);
        expect(messageOf(() => mergeAll([GIVEN], switched))).toBe("none");
        expect(messageOf(() => mergeAll([`${GIVEN}firewall_apply: yes\n`], switched))).toBe("none");
        const on = `${GIVEN}firewall_apply: yes\nfirewall_delete_unmanaged: yes\n`;
        expect(messageOf(() => mergeAll([on], switched))).toContain("deletes every rule");
        expect(messageOf(() => mergeAll([on], LATER))).toBe("none");
    });

    test("one that reads less of a policy is refused what it would widen, the tenants' and the site's own, by key", () => {
        const { message } = caught(() => mergeAll([GIVEN], collectionOf("early", guard)));
        const why = (lost: string, to: string) =>
            `lab.router_early 1.0.0 (early) would open all from ${to}: its role lab.router_early.router_rules reads no ${lost} of a policy. `;
        const tenant = `tenants/dvntm/${nameOf(50)}.yaml`;
        expect(message.split("\n").map((line) => line.slice(0, line.indexOf("Take a version")))).toEqual([
            `${tenant}:7 allow[0].to: ${why("protocol, destination_port", `tenant_1 to ${key(53)}`)}`,
            `${tenant}:9 allow[2].to: ${why("protocol, destination_net, destination_port", "tenant_1 to management")}`,
            `vars.yml:12 firewall_zone_policies[2].destination_port: ${why("destination_port", "iot_backend to platform")}`,
        ]);
    });

    test("one that makes nothing of a variable is refused", () => {
        const without = collectionOf("later", ["item.value.dhcp_range_end", "'10.0.0.0'"]);
        expect(messageOf(() => mergeAll([GIVEN], without))).toBe(
            "later: lab.router_later 2.0.0 (later) reads no dhcp_range_end, so that it would make nothing of what the tenants declare there",
        );
    });

    test("templates, filters, included files and other names of a loop's variable are read, too", () => {
        const loop = "- name: Rule of each policy";
        const role = (text: string, ...more: { path: string; text: string }[]) => {
            const path = "roles/r/tasks/main.yml";
            const add = '- uri: {url: "{{ api }}/firewall/filter/addRule"}\n';
            const files = [{ path, text: add + text }, ...more];
            return [...understood({ namespace: "lab", name: "r", version: "", files }, "r")!.policyKeys].sort();
        };
        expect(
            role(
                `${loop}\n  vars: {a: "{{ policy['protocol'] }}"}\n  loop: "{{ firewall_zone_policies }}"\n  loop_control: {loop_var: policy}\n`,
            ),
        ).toEqual(["protocol"]);
        expect(
            role('- include_tasks: one.yml\n  loop: "{{ firewall_zone_policies }}"\n', {
                path: "roles/r/tasks/one.yml",
                text: '- block:\n    - set_fact: {a: "{{ item.destination_net }}"}\n      when: item.source_net is defined\n',
            }),
        ).toEqual(["destination_net"]);
        expect(
            role("- template: {src: rules.j2}\n", {
                path: "roles/r/templates/rules.j2",
                text: "{% for p in firewall_zone_policies %}{{ p.protocol }}{% endfor %}{{ p.source_net }}",
            }),
        ).toEqual(["protocol"]);
        expect(
            role('- set_fact: {a: "{{ firewall_zone_policies | lab.r.rules }}"}\n', {
                path: "plugins/filter/rules.py",
                text: "def rules(policies):\n    return [one['destination_port'] for one in policies]\n",
            }),
        ).toEqual(["destination_port"]);
        const other = {
            namespace: "lab",
            name: "r",
            version: "",
            files: [{ path: "roles/r/tasks/main.yml", text: "- debug:\n" }],
        };
        expect(understood(other, "r")).toBeUndefined();
    });

    test("where none is named, what the oldest one would widen is left out and told; the site's own stays as it is", () => {
        const { variables, leftOut } = mergeAll([GIVEN], undefined);
        expect(policies({ variables })).toEqual([
            { from_zone: "iot_backend", to_zone: "platform", action: "block", destination_port: 22 },
        ]);
        expect(variables.firewall_zone_policies).toContainEqual(expect.objectContaining({ to_zone: "iot_backend" }));
        expect(leftOut.map(({ path, message }) => `${path} ${message.split(":")[0]}`)).toEqual([
            `allow[0].to ${nameOf(53)} tcp 5432 8000`,
            "allow[2].to 10.20.99.95/32 tcp 80 is left out",
        ]);
        // Control: a collection that reads it gets it.
        expect(policies(merge(GIVEN))).toHaveLength(4);
        expect(merge(GIVEN).leftOut).toEqual([]);
    });
});
