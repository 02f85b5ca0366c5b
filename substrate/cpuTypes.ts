import { suggestion } from "../definitions/suggest";
import { isAtLeast } from "./pveVersion";

/** CPU types that PVE has since 8.4 (PVE/QemuServer/CPUConfig.pm of qemu-server 8.4.10, $cpu_vendor_list and $builtin_models). */
const SINCE_8 = wordsIn(`
    486 pentium pentium2 pentium3 coreduo core2duo Conroe Penryn Nehalem Nehalem-IBRS Westmere Westmere-IBRS SandyBridge
    SandyBridge-IBRS IvyBridge IvyBridge-IBRS Haswell Haswell-IBRS Haswell-noTSX Haswell-noTSX-IBRS Broadwell
    Broadwell-IBRS Broadwell-noTSX Broadwell-noTSX-IBRS Skylake-Client Skylake-Client-IBRS Skylake-Client-noTSX-IBRS
    Skylake-Client-v4 Skylake-Server Skylake-Server-IBRS Skylake-Server-noTSX-IBRS Skylake-Server-v4 Skylake-Server-v5
    Cascadelake-Server Cascadelake-Server-v2 Cascadelake-Server-noTSX Cascadelake-Server-v4 Cascadelake-Server-v5
    Cooperlake Cooperlake-v2 KnightsMill Icelake-Client Icelake-Client-noTSX Icelake-Server Icelake-Server-noTSX
    Icelake-Server-v3 Icelake-Server-v4 Icelake-Server-v5 Icelake-Server-v6 SapphireRapids SapphireRapids-v2 GraniteRapids
    athlon phenom Opteron_G1 Opteron_G2 Opteron_G3 Opteron_G4 Opteron_G5 EPYC EPYC-IBPB EPYC-v3 EPYC-v4 EPYC-Rome
    EPYC-Rome-v2 EPYC-Rome-v3 EPYC-Rome-v4 EPYC-Milan EPYC-Milan-v2 EPYC-Genoa host kvm32 kvm64 qemu32 qemu64 max
    x86-64-v2 x86-64-v2-AES x86-64-v3 x86-64-v4
`);

/** Those that came with PVE 9 (the same file of qemu-server 9.2.6, $cpu_models_by_arch). */
const SINCE_9 = wordsIn(`
    ClearwaterForest EPYC-Genoa-v2 EPYC-Milan-v3 EPYC-Rome-v5 EPYC-Turin EPYC-v5 GraniteRapids-v2 GraniteRapids-v3
    Icelake-Server-v7 SapphireRapids-v3 SapphireRapids-v4 SierraForest SierraForest-v2 SierraForest-v3
`);

/** CPU types of every version. */
export const CPU_TYPES: readonly string[] = [...SINCE_8, ...SINCE_9];

function wordsIn(text: string): string[] {
    return text.trim().split(/\s+/);
}

/** Begins the name of a type that somebody made on a node (virtual-guest/cpu-models.conf there). */
const CUSTOM = "custom-";

/** Whether a CPU type is a node's own, which only the node knows. */
export function isCustomCpu(type: string): boolean {
    return type.startsWith(CUSTOM);
}

/**
 * The reason why a CPU type is none.
 *
 * @param custom the node's own types; undefined where they are not known.
 * @param pve version of the node; undefined where it is not known.
 * @returns undefined for one that is.
 */
export function cpuFault(type: string, custom?: readonly string[], pve?: string): string | undefined {
    if (pve !== undefined && SINCE_9.includes(type) && !isAtLeast(pve, "9.0")) {
        return `the node runs PVE ${pve}, and ${type} came with PVE 9: choose another CPU type, or upgrade the node`;
    }
    if (isCustomCpu(type) ? custom === undefined || custom.includes(type) : CPU_TYPES.includes(type)) {
        return undefined;
    }
    if (isCustomCpu(type)) {
        const own = custom!.length === 0 ? "it has none" : `it has ${custom!.join(", ")}`;
        return `the node has no CPU type ${type}${suggestion(type, custom!)}; ${own}`;
    }
    const near = suggestion(type, CPU_TYPES) || ", such as host or x86-64-v2-AES";
    return `${type} is no CPU type of PVE${near}${near.endsWith("?") ? " One" : "; one"} of a node's own begins with ${CUSTOM}`;
}
