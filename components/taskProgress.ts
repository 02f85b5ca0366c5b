import * as pulumi from "@pulumi/pulumi";
import type { Hypervisor, WorkloadVm } from "../substrate/substrate";
import { NodeError, connect, type NodeClient } from "../node/client";

/** Words about the tasks that a node works on, by VMID of the VM that each is for. */
type Told = (client: NodeClient, node: string) => Promise<ReadonlyMap<number, string>>;

/** Shows what a node's tasks are at, beside the resource of each VM, since the provider is silent until one is done. */
export class TaskProgress {
    private readonly watched = new Map<number, pulumi.Resource>();
    private timer: NodeJS.Timeout | undefined;

    /** @param everyMs how long after one another the node is asked; a task that is done sooner is told of by nobody. */
    constructor(
        private readonly hypervisor: Hypervisor,
        private readonly told: Told,
        private readonly everyMs: number,
    ) {}

    /**
     * Watches the tasks of a VM until it is as declared.
     *
     * @param beside what it is shown beside: a message about a resource that is not made yet waits until it is.
     */
    watch({ vmid }: WorkloadVm, beside: pulumi.Resource, declared: pulumi.Resource): void {
        this.watched.set(vmid, beside);
        declared.urn.apply(() => this.forget(vmid));
        // The run ends without waiting for it.
        this.timer ??= setInterval(() => void this.tell(), this.everyMs).unref();
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
            for (const [vmid, words] of await this.told(client, this.hypervisor.node)) {
                const beside = this.watched.get(vmid);
                if (beside !== undefined) {
                    await pulumi.log.info(words, beside, undefined, true);
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
