import type { Hypervisor } from "../substrate/substrate";
import { SUBSTRATE_PREFIX, TENANT_PREFIX } from "../substrate/template";
import { templatesIn, type Inventory, type TemplateDetails } from "./inventory";

/**
 * Warnings of what every clone of the templates that this run clones has from them, and a tenant may not want: one line each. PVE tells
 * settings and drives of a template, and nothing of what is in its image; the image factory's name says what it baked in.
 */
export function templateWarnings(
    { name, node }: Hypervisor,
    { templates, guests }: Pick<Inventory, "templates" | "guests">,
): string[] {
    const forTenants = templatesIn(guests).some((one) => one.name.startsWith(TENANT_PREFIX));
    return [...templates.values()].flatMap((template) => {
        const what = `${name}: template ${template.name} (${template.vmid}) on node ${node}`;
        return [withSudo(what, template, forTenants), without(what, template), account(what, template)].filter(
            (line) => line !== undefined,
        );
    });
}

/** The factory's template for the substrate's own VMs carries its automation account, which may do all by sudo. */
function withSudo(what: string, { name }: TemplateDetails, forTenants: boolean): string | undefined {
    if (!name.startsWith(SUBSTRATE_PREFIX)) {
        return undefined;
    }
    const mend = forTenants
        ? `set template.prefix: ${TENANT_PREFIX}, of which the node has one`
        : `build one for tenants (the image factory's make proxmox-fedora-tenant), and set template.prefix: ${TENANT_PREFIX}`;
    return `${what} is the image factory's for the substrate's own VMs: it carries the automation account, with sudo, in every clone; ${mend}`;
}

function without(what: string, { cloudInit }: TemplateDetails): string | undefined {
    return cloudInit
        ? undefined
        : `${what} has no cloud-init drive, as one that was built without cloud-init: its clones keep its host name, machine-id and ` +
              "SSH host keys, the same for all of them. Build it with cloud-init and its drive (docs/template.md)";
}

function account(what: string, { account }: TemplateDetails): string | undefined {
    return account.length === 0
        ? undefined
        : `${what} has ${account.join(", ")}: every clone lets in whom it names, beside those that a tenant's file does`;
}
