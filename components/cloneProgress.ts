import * as pulumi from "@pulumi/pulumi";
import type { Hypervisor, WorkloadVm } from "../substrate/substrate";
import { NodeError, connect } from "../node/client";
import { clonesUnderWay } from "../node/clones";

/** How long after one another a node is asked for its clones; a clone that is done sooner is told of by nobody. */
const EVERY_MS = 5000;

/** Shows how far clones are, beside the component of each VM, since the provider is silent until one is done. */
export class CloneProgress {
    private readonly watched = new Map<number, pulumi.Resource>();
    private timer: NodeJS.Timeout | undefined;

    constructor(private readonly hypervisor: Hypervisor) {}

    /**
     * Watches the clone of a VM until it is made.
     *
     * @param component what it is shown beside: a message about a resource that is not made yet waits until it is.
     */
    watch({ vmid }: WorkloadVm, component: pulumi.Resource, declared: pulumi.Resource): void {
        this.watched.set(vmid, component);
        declared.urn.apply(() => this.forget(vmid));
        // The run ends without waiting for it.
        this.timer ??= setInterval(() => void this.tell(), EVERY_MS).unref();
    }

    private forget(vmid: number): void {
        this.watched.delete(vmid);
        if (this.watched.size === 0) {
            clearInterval(this.timer);
            this.timer = undefined;
        }
    }

    private async tell(): Promise<void> {
        const client = connect(this.hypervisor);
        try {
            for (const [vmid, percent] of await clonesUnderWay(client, this.hypervisor.node)) {
                const component = this.watched.get(vmid);
                if (component !== undefined) {
                    await pulumi.log.info(`cloning: ${percent} % copied`, component, undefined, true);
                }
            }
        } catch (error) {
            // A node that does not answer now is the provider's to tell; nothing depends on this.
            if (!(error instanceof NodeError)) {
                throw error;
            }
        } finally {
            client.close();
        }
    }
}
