import type { VmHistory } from "../state/recorded";

/** A VM's history as this run writes it; without a process where no address filter waits. */
export type NewHistory = Required<Omit<VmHistory, Sometimes>> & Pick<VmHistory, Sometimes>;
type Sometimes =
    "rotation" | "clonedFrom" | "addressWaitsFor" | "template" | "diskOptions" | "ostype" | "firmware" | "reserved";

/** History of a VM that is new. */
export const NEVER_MADE: VmHistory = { generation: 1, rebuild: "" };
