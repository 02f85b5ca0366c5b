import { vmFinding, type NodeFinding, type Told } from "../view";
import { differencesAt, type Difference, type Setting } from "./compare";
import { declaredSettings, inheritedSettings, isWithout, withoutTemplate, type ConfiguredVm } from "./declared";
import { topOf } from "./fields";
import { isOfPve, settingIn } from "./settings";
import { settleOf } from "./settle";

/**
 * Everything in which the settings of a VM are neither as declared nor as its template brought them, but for what the preview
 * has told of.
 */
export function configurationFindings(vm: ConfiguredVm): NodeFinding[] {
    const declared = declaredSettings(vm);
    const brought = vm.template === undefined ? withoutTemplate(vm.settings) : inheritedSettings(vm.template);
    const expected = (key: string) =>
        settingIn(declared, key) ?? (isWithout(key) ? undefined : settingIn(brought, key));
    const keys = [...new Set([...Object.keys(declared), ...Object.keys(brought), ...Object.keys(vm.settings)])];
    return keys
        .filter((key) => !isOfPve(key))
        .flatMap((key) => differencesAt(key, expected(key), settingIn(vm.settings, key)))
        .filter((difference) => !isTold(difference, vm.told))
        .map((difference) => findingOf(vm, difference, expected(difference.key)));
}

/** Whether a preview told of a difference, of a part of it, or of the whole that it is a part of. */
function isTold({ key, field }: Difference, told: ReadonlySet<string>): boolean {
    const whole = topOf(key);
    return [...told].some(
        (one) =>
            field === one ||
            field.startsWith(`${one}.`) ||
            one.startsWith(`${field}.`) ||
            (field === key && one === whole),
    );
}

function findingOf(vm: ConfiguredVm, difference: Difference, expected: Setting): NodeFinding {
    const { field, declared, found } = difference;
    const told: Told = {
        ...{ field, settle: settleOf(vm, difference, expected), task: "config" },
        ...(declared !== undefined && { declared }),
        ...(found !== undefined && { found }),
    };
    return vmFinding(vm.named, told);
}
