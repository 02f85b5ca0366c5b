"""Paths and permissions as a PVE 8.4 node has them."""

from aiohttp import web
from fakepve import shapes
from fakepve.server import USER, redact

from .role import PVE9_TO_PVE8


class Routes:
    """Mixin: trailing slashes, privilege separation, a standalone node's answers, and a log of every request."""

    def _build_app(self):
        app = super()._build_app()
        app.middlewares.insert(0, self._log)
        for resource in list(app.router.resources()):
            if '{tail}' in resource.canonical or not resource.canonical.startswith('/api2/'):
                continue
            for route in list(resource):
                app.router.add_route(route.method, resource.canonical + '/', self._without_slash(route.handler))
        return app

    @staticmethod
    def _without_slash(handler):
        """pveproxy ignores a slash at the end of a path; the bpg provider sends one in DELETE qemu/{vmid}/."""
        async def serve(request):
            return await handler(request.clone(rel_url=request.rel_url.with_path(request.path.rstrip('/'))))
        return serve

    @web.middleware
    async def _log(self, request, handler):
        """Keeps every request with its answer's status: tests prove by it what was and was not asked of the node."""
        body = redact(await request.read(), request.content_type).decode('utf-8', 'replace')
        entry = {'n': len(self.log) + 1, 'method': request.method, 'path': request.path, 'body': body, 'status': None}
        self.log.append(entry)
        try:
            response = await handler(request)
            entry['status'] = response.status
            return response
        except web.HTTPException as error:
            entry['status'] = error.status
            raise
        finally:
            entry['user'] = request.get(USER)

    def allowed(self, user, path, priv):
        """A privilege-separated token may do what both its user and itself may (pve-access-control)."""
        priv = PVE9_TO_PVE8.get(priv, priv)
        owner, _, token = user.partition('!')
        if not token:
            return super().allowed(user, path, priv)
        return super().allowed(owner, path, priv) and self._granted(user, path, priv)

    def _granted(self, token, path, priv):
        """Whether the token itself is granted the privilege, its user's grants left aside."""
        everything, self.acl = self.acl, {token: (self.acl or {}).get(token, [])}
        try:
            # Asked under a name without an owner, so that no other grant counts.
            self.acl['token'] = self.acl.pop(token)
            return super().allowed('token', path, priv)
        finally:
            self.acl = everything

    def _routes_node(self):
        return [('GET', '/nodes/{node}/status', self._node_status),
                ('GET', '/nodes/{node}/network', self._network),
                ('GET', '/nodes/{node}/version', self._node_version)]

    async def _cluster_status(self, request):
        """A node that is in no cluster lists itself alone, as node 0, and no cluster."""
        name = next(iter(self.nodes))
        entry = {'type': 'node', 'id': 'node/' + name, 'name': name, 'nodeid': 0, 'level': '', 'ip': '127.0.0.1',
                 'online': 1, 'local': 1}
        return web.json_response({'data': [entry]})

    def _node_stats(self, online):
        if not online:
            return {}
        return {'cpu': 0.02, 'maxcpu': self.threads, 'mem': 2 * shapes.GiB, 'maxmem': self.memory,
                'disk': 4 * shapes.GiB, 'maxdisk': 64 * shapes.GiB, 'uptime': 3600}

    async def _node_status(self, values, user):
        return self._complete('/nodes/{node}/status', {
            'memory': {'total': self.memory, 'used': 2 * shapes.GiB, 'free': self.memory - 2 * shapes.GiB},
            'cpuinfo': {'cpus': self.threads, 'cores': self.threads // 2, 'sockets': 1, 'hvm': '1',
                        'flags': 'vmx', 'model': 'Intel(R) Core(TM) i7-6700T CPU @ 2.80GHz', 'mhz': '2800.000'},
            'pveversion': 'pve-manager/{0}/simulated'.format(self.version),
        }, node=values['node'])

    async def _node_version(self, values, user):
        return {'version': self.version, 'release': self.release_version, 'repoid': 'simulated'}

    async def _network(self, values, user):
        return [{'iface': 'eno1', 'type': 'eth', 'active': 1, 'exists': 1, 'method': 'manual'},
                {'iface': 'vmbr0', 'type': 'bridge', 'active': 1, 'autostart': 1, 'method': 'static',
                 'bridge_ports': 'eno1', 'bridge_vlan_aware': 1, 'bridge_vids': '2-4094'}]
