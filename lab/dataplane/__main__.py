"""Serves a data plane: a line of JSON in is a command, a line out its answer. It ends with its standard input.

It is process 1 of namespaces of its own (see lab/dataPlane.ts), so that everything it made ends with it.
"""

import asyncio
import json
import os
import resource
import sys
import threading
from typing import Any

from . import dns, guests, machine, plan, spoofing, ssh
from .connections import Connections
from .plane import ROUTER_MAC, Plane
from .probes import Prober
from .responders import Responders


class Commands:
    """What the other side may ask for."""

    def __init__(self) -> None:
        self.plane = Plane()
        self.responders = Responders()
        self.connections = Connections()

    async def apply(self, state: dict[str, Any]) -> Any:
        """Makes the plane as node and router hold it."""
        return self.plane.apply(state)

    async def stand_in(self, name: str, vlan: int, addresses: list[str], gateway: str | None = None) -> Any:
        """Gives addresses to a host of a segment, or to the internet."""
        self.plane.stand_in(name, vlan, addresses, gateway)

    async def boot(self, vmids: list[int], timeout: int) -> Any:
        """Boots VMs; what each got."""
        self.plane.forget()
        return guests.boot([self.plane.nics[f'vm{vmid}'] for vmid in vmids], timeout)

    async def attach(self, gateways: dict[str, str]) -> Any:
        """Gives NICs beside the first, by the names of their hosts, their address, and a way out by a gateway."""
        for namespace, gateway in gateways.items():
            guests.attach(self.plane.nics[namespace], gateway)

    async def name(self, addresses: dict[str, str]) -> Any:
        """Gives VMs an address at once, as if they had always had it."""
        for vmid, address in addresses.items():
            guests.name(self.plane.nics[f'vm{vmid}'], address)

    async def listen(self, hosts: dict[str, list[str]], ports: dict[str, list[int]]) -> Any:
        """Lets hosts answer at their addresses."""
        self.responders.close()
        for namespace, addresses in hosts.items():
            await self.responders.listen(namespace, addresses, ports)

    async def probe(self, probes: list[dict[str, Any]], patience: float) -> Any:
        """Asks every probe; an answer for each."""
        async with Prober(patience) as prober:
            return await prober.ask(probes)

    async def connect(self, name: str, **where: Any) -> Any:
        """Opens a connection that stays."""
        self.connections.open(name, **where)

    async def ask(self, name: str, patience: float) -> Any:
        """Sends a packet of an open connection; who answered."""
        return await self.connections.ask(name, patience)

    async def resolve(self, questions: list[dict[str, str]], patience: float) -> Any:
        """Asks resolvers for names; addresses for each question, or null."""
        free = asyncio.Semaphore(200)

        async def one(question: dict[str, str]) -> list[str] | None:
            async with free:
                return await dns.ask(question['from'], question['server'], question['name'], patience)

        return await asyncio.gather(*(one(question) for question in questions))

    async def send(self, attempts: list[dict[str, Any]], seconds: float) -> Any:
        """Sends frames as they are; who got the last of each attempt."""
        return await asyncio.to_thread(spoofing.send, [spoofing.Attempt(**one) for one in attempts], seconds)

    async def forget(self) -> Any:
        """Has every connection be a new one."""
        self.plane.forget_connections()

    async def ssh(self, leases: dict[str, Any], authorized: str) -> Any:
        """Lets SSH into VMs; their host key."""
        return ssh.serve(leases, authorized)


def read(loop: asyncio.AbstractEventLoop, lines: 'asyncio.Queue[str]') -> None:
    """Passes lines on; the end of the input is the end of everything, whatever is under way."""
    for line in sys.stdin:
        loop.call_soon_threadsafe(lines.put_nowait, line)
    os._exit(0)


async def serve() -> None:
    lines: asyncio.Queue[str] = asyncio.Queue()
    threading.Thread(target=read, args=(asyncio.get_running_loop(), lines), daemon=True).start()
    machine.mount_all()
    commands = Commands()
    tell({'answer': {'routerMac': ROUTER_MAC}})
    while True:
        asked = json.loads(await lines.get())
        try:
            tell({'answer': await getattr(commands, asked.pop('command'))(**asked)})
        except (machine.CommandError, plan.PlanError, OSError) as error:
            tell({'error': str(error)})


def tell(answer: Any) -> None:
    print(json.dumps(answer), flush=True)


limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
asyncio.run(serve())
