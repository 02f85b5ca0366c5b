// Arrow keys move among the VMs of a tenant, which is one stop of the Tab key; Escape closes what a VM shows. Where that is
// longer than its place the browser makes it a stop of its own, in which the arrow keys scroll.
for (const list of document.querySelectorAll(".vms")) {
    const vms = [...list.querySelectorAll(".vm")];
    const stopAt = (current) => vms.forEach((vm) => (vm.tabIndex = vm === current ? 0 : -1));
    const columns = () => {
        const next = vms.findIndex((vm) => vm.offsetTop !== vms[0].offsetTop);
        return next < 0 ? vms.length : next;
    };
    const steps = {
        ArrowRight: (at) => at + 1,
        ArrowLeft: (at) => at - 1,
        ArrowDown: (at) => at + columns(),
        ArrowUp: (at) => at - columns(),
        Home: () => 0,
        End: () => vms.length - 1,
    };
    stopAt(vms[0]);
    list.addEventListener("focusin", ({ target }) => {
        if (vms.includes(target)) {
            stopAt(target);
            target.classList.remove("closed");
        }
    });
    list.addEventListener("keydown", (event) => {
        const at = vms.indexOf(event.target);
        if (at < 0) {
            return;
        }
        if (event.key === "Escape") {
            event.target.classList.add("closed");
        }
        const to = vms[steps[event.key]?.(at)];
        if (to !== undefined) {
            event.preventDefault();
            to.focus();
        }
    });
    list.addEventListener("click", ({ target }) => target.closest(".vm")?.classList.remove("closed"));
}
