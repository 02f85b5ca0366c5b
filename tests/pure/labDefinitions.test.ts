import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { LAB_DEFINITIONS, labStackFile } from "../../lab/definitions";
import { labEnvironment } from "../../lab/environment";
import type { SimulatedNode } from "../../lab/simulatedNode";
import type { SimulatedRouter } from "../../lab/simulatedRouter";
import { listSubstrates } from "../../definitions/read";
import { loadSubstrate } from "../../substrate/load";
import { parseYaml } from "../../definitions/yaml";
import { project, removeProjects, STACK } from "../fixtures";

afterAll(removeProjects);

/** A stack file as months of use leave it. */
const USED = `secretsprovider: awskms://alias/stacks
encryptedkey: AQICAHg=
encryptionsalt: v1:8Ue5=
environment: [vault]
${STACK.replace(
    "      hardware:",
    "      baseline:\n        address: 10.20.99.22\n        automation:\n          keys: [ssh-ed25519 AAAA]\n      hardware:",
)}  tenant-hypervisors:macPolicy: deterministic
  tenant-hypervisors:coreRouter:
    mode: api
    endpoint: https://router.dvntm.deevnet.net/
    vlanParent: igc1
  tenant-hypervisors:routerApiKey:
    secure: v1:AAAA
  baseline:privateKey:
    secure: v1:BBBB
  proxmoxve:endpoint: https://hv02.dvntm.deevnet.net:8006/
`;

/** Stack file as a lab has it. */
function inLab(text: string, node?: SimulatedNode, router?: SimulatedRouter): Record<string, unknown> {
    const file = labStackFile(project({ "Pulumi.dvntm.yaml": text }), "dvntm", node, router);
    return parseYaml("Pulumi.dvntm.yaml", file).value as Record<string, unknown>;
}

const node = { ready: { endpoint: "https://127.0.0.1:8006/" } } as SimulatedNode;
const router = { ready: { endpoint: "https://127.0.0.1:4443/" } } as SimulatedRouter;

describe("a stack file in a lab", () => {
    const hv02 = (parseYaml("", STACK).value as { config: Record<string, Record<string, object>> }).config[
        "tenant-hypervisors:hypervisors"
    ]!["hv02"]!;

    test("holds the substrate on simulated machines, and nothing of the person's own stack", () => {
        expect(inLab(USED, node, router)).toEqual({
            config: {
                "tenant-hypervisors:site": 20,
                "tenant-hypervisors:status": "active",
                "tenant-hypervisors:macPolicy": "deterministic",
                "tenant-hypervisors:hypervisors": { hv02: { ...hv02, endpoint: node.ready.endpoint } },
                "tenant-hypervisors:coreRouter": {
                    mode: "api",
                    endpoint: router.ready.endpoint,
                    vlanParent: "igc1",
                },
            },
        });
    });

    test("is the substrate as it is defined where nothing stands for its machines", () => {
        expect(inLab(STACK)).toEqual(parseYaml("", STACK).value);
    });

    test("has none of the values that Pulumi encrypted, however deep", () => {
        const deep = STACK.replace("        host: hv02.dvntm.deevnet.net", "$&\n        hostKey: {secure: v1:CCCC}");
        expect(deep).not.toBe(STACK);
        expect(inLab(deep)).toEqual(parseYaml("", STACK).value);
    });
});

test("the lab's own substrates are whole, and name every file's schema", () => {
    expect(listSubstrates(LAB_DEFINITIONS)).toEqual(["dvnt", "dvntm"]);
    const tenants = listSubstrates(LAB_DEFINITIONS).flatMap((substrate) =>
        loadSubstrate({ root: LAB_DEFINITIONS, substrate }).tenants.map(({ name }) => [substrate, name]),
    );
    expect(tenants).toEqual([
        ["dvnt", "grooveiq"],
        ["dvntm", "grooveiq"],
        ["dvntm", "vintronics"],
    ]);
    for (const [substrate, name] of tenants) {
        const folder = join(LAB_DEFINITIONS, "tenants", substrate!);
        const schema = /\$schema=(\S+)/.exec(readFileSync(join(folder, `${name}.yaml`), "utf8"))![1]!;
        expect(JSON.parse(readFileSync(resolve(folder, schema), "utf8"))).toHaveProperty("title");
    }
});

describe("the environment of what a lab starts", () => {
    const before = process.env;
    afterEach(() => (process.env = before));

    test("is what programs need, and nothing that a person has set for their own", () => {
        const needed = { PATH: "/bin", TMPDIR: "/tmp", USER: "ada", LANG: "C", LC_ALL: "C", GOGC: "400" };
        const names =
            "PULUMI_BACKEND_URL PULUMI_CONFIG_PASSPHRASE PULUMI_ACCESS_TOKEN PULUMI_STACK PULUMI_HOME HOME " +
            "PROXMOX_VE_API_TOKEN OPNSENSE_API_KEY AWS_PROFILE PGPASSWORD HTTPS_PROXY https_proxy NO_PROXY " +
            "SSL_CERT_FILE SSL_CERT_DIR NODE_OPTIONS NODE_EXTRA_CA_CERTS NODE_TLS_REJECT_UNAUTHORIZED GIT_SSH_COMMAND " +
            "ANSIBLE_CONFIG SSH_AUTH_SOCK PYTHONPATH XDG_CONFIG_HOME";
        const own = Object.fromEntries(names.split(" ").map((name) => [name, "of a person"]));
        process.env = { ...needed, ...own };
        expect(labEnvironment()).toEqual(needed);
    });
});
