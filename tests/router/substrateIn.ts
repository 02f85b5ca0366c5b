import { loadSubstrate } from "../../substrate/load";
import type { Substrate } from "../../substrate/substrate";
import { project, smallTenant, STACK } from "../fixtures";

const GROOVEIQ = `${smallTenant("grooveiq", 50)}    aliases: [api]
  - name: db-vm01
    instance: 2
allow:
  - {to: iot_backend, protocol: tcp, ports: "8883", why: sensors}
`;

/** dvntm with two small tenants and a core router in a mode. */
export function substrateIn(mode: string, files: Readonly<Record<string, string>> = {}): Substrate {
    const router = `  tenant-hypervisors:coreRouter: {mode: ${mode}, endpoint: "https://router.example/"}\n`;
    const root = project({
        "Pulumi.dvntm.yaml": `${STACK}  tenant-hypervisors:macPolicy: deterministic\n${router}`,
        "tenants/dvntm/grooveiq.yaml": GROOVEIQ,
        "tenants/dvntm/vintronics.yaml": smallTenant("vintronics", 51),
        ...files,
    });
    return loadSubstrate({ root, substrate: "dvntm" });
}
