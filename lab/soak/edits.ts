import type { Dice } from "./dice";
import { MOST_VMS, tenantOn, vmOf, type SoakTenants, type SoakVm } from "./tenants";

/** Fewest tenants that edits leave. */
const FEWEST_TENANTS = 3;

/** Changes the files in one legal way; gives back what it did, or undefined where there is nothing that it could do. */
type Edit = (all: SoakTenants, dice: Dice) => string | undefined;

/** An edit of one VM. */
type VmEdit = (vm: SoakVm, dice: Dice) => string;

const ofVms: readonly VmEdit[] = [
    (vm, dice) => `cores ${(vm.cores = 1 + dice.below(4))}`,
    (vm, dice) => `memory ${(vm.memory = `${512 * (1 + dice.below(4))}MiB`)}`,
    (vm, dice) => `disk ${(vm.disk = `${parseInt(vm.disk, 10) + 1 + dice.below(4)}GiB`)}`,
    (vm, dice) => `description ${(vm.description = `text ${dice.below(1000)}`)}`,
    (vm) => `onBoot ${(vm.onBoot = !vm.onBoot)}`,
    (vm, dice) => `tags ${(vm.tags = dice.percent(50) ? [] : [`tag${dice.below(5)}`]).join()}`,
    (vm, dice) => `aliases ${(vm.aliases = dice.percent(30) ? [] : [`alias${vm.instance}-${dice.below(3)}`]).join()}`,
    (vm) => `reboot ${(vm.reboot = vm.reboot === "never" ? "when-needed" : "never")}`,
    (vm, dice) => `rebuild ${(vm.rebuild = `word${dice.below(1_000_000)}`)}`,
    (vm, dice) => `name ${(vm.name = `vm${vm.instance}-${dice.below(1_000_000)}`)}`,
    (vm) => {
        if (vm.address === undefined) {
            vm.address = "fixed";
            return "address fixed";
        }
        delete vm.address;
        return "address dhcp";
    },
];

const EDITS: readonly Edit[] = [
    ...ofVms.map(onVm),
    addTenant,
    removeTenant,
    addVm,
    addVm,
    removeVm,
    removeVm,
    changeAllowances,
    changeDescription,
];

/** Changes the tenants' files in up to four legal ways; gives back what was done, in words. */
export function editAtRandom(all: SoakTenants, dice: Dice): string[] {
    const wanted = 1 + dice.below(4);
    return Array.from({ length: wanted }, () => dice.pick(EDITS)!(all, dice)).filter((done) => done !== undefined);
}

function onVm(edit: VmEdit): Edit {
    return (all, dice) => {
        const tenant = dice.pick(all.tenants)!;
        const vm = dice.pick(tenant.vms)!;
        const where = `${tenant.name}/${vm.name}`;
        return `${where}: ${edit(vm, dice)}`;
    };
}

function addTenant(all: SoakTenants, dice: Dice): string | undefined {
    const vlan = dice.pick(all.freeVlans());
    if (vlan === undefined) {
        return undefined;
    }
    const tenant = tenantOn(vlan);
    all.tenants.push(tenant);
    return `${tenant.name}: new`;
}

function removeTenant(all: SoakTenants, dice: Dice): string | undefined {
    const tenant = dice.pick(all.tenants)!;
    if (all.tenants.length <= FEWEST_TENANTS) {
        return undefined;
    }
    all.remove(tenant);
    return `${tenant.name}: gone`;
}

function addVm(all: SoakTenants, dice: Dice): string | undefined {
    const tenant = dice.pick(all.tenants)!;
    const instance = 1 + dice.below(40);
    if (tenant.vms.length >= MOST_VMS || tenant.vms.some((vm) => vm.instance === instance)) {
        return undefined;
    }
    tenant.vms.push(vmOf(instance));
    return `${tenant.name}/vm${instance}: new`;
}

function removeVm(all: SoakTenants, dice: Dice): string | undefined {
    const tenant = dice.pick(all.tenants)!;
    const vm = dice.pick(tenant.vms)!;
    if (tenant.vms.length === 1) {
        return undefined;
    }
    tenant.vms.splice(tenant.vms.indexOf(vm), 1);
    return `${tenant.name}/${vm.name}: gone`;
}

function changeAllowances(all: SoakTenants, dice: Dice): string | undefined {
    const tenant = dice.pick(all.tenants)!;
    const allowed = tenant.allow.shift();
    if (allowed !== undefined) {
        return `${tenant.name}: no more to ${allowed.to}`;
    }
    const other = dice.pick(all.tenants.filter((one) => one !== tenant))!;
    const ports = String(1000 + dice.below(1000));
    tenant.allow.push({ to: other.name, protocol: "tcp", ports, why: "a soak" });
    return `${tenant.name}: to ${other.name} by TCP ${ports}`;
}

function changeDescription(all: SoakTenants, dice: Dice): string {
    const tenant = dice.pick(all.tenants)!;
    tenant.description = `text ${dice.below(1000)}`;
    return `${tenant.name}: description ${tenant.description}`;
}
