import type { SubstrateDefinition } from "../../definitions/definitions";
import type { Fault, Path } from "../../definitions/faults";
import { faultAt, type CheckedTenant, type Placed } from "../../definitions/places";
import { isAge, isDay, isTimeZone } from "../expiry";

/** Checks that each day on which something ends is in the calendar; one that is over is no fault. */
export function checkExpires(tenants: readonly CheckedTenant[]): Fault[] {
    return tenants.flatMap((tenant) => {
        const { expires, vms } = tenant.value;
        const own = vms.flatMap((vm, index) => dayFault(tenant, ["vms", index, "expires"], vm.expires));
        return [...dayFault(tenant, ["expires"], expires), ...own];
    });
}

function dayFault(tenant: CheckedTenant, path: Path, expires: string | undefined): Fault[] {
    return expires === undefined || isAge(expires) || isDay(expires)
        ? []
        : [
              faultAt(
                  tenant,
                  path,
                  `${expires} is no day of the calendar; one is year, month and day, such as 2026-12-31`,
              ),
          ];
}

/** Checks that the time zone is one that can be reckoned in. */
export function checkTimeZone(stack: Placed, { timeZone }: SubstrateDefinition): Fault[] {
    return isTimeZone(timeZone)
        ? []
        : [
              faultAt(
                  stack,
                  ["timeZone"],
                  `${timeZone} is no time zone of the IANA database; for example Europe/Berlin or UTC`,
              ),
          ];
}
