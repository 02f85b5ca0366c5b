"""Tells what failed on standard output, and writes what changed and Ansible's own statistics where the runner looks."""

import json
import os
import re

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = '''
    name: deevnet
    type: stdout
    short_description: failures as text, changes and statistics as JSON
    description: Of a task with no_log nothing but its name is told.
'''

HIDDEN = 'hidden: the task has no_log'
# What the command module says where it is only checked.
WOULD_RUN = 'Command would have run'
# Name of the file that a new content comes from, which is another one in each run.
TEMPORARY = re.compile(r'(?<=^\+\+\+ after): /run/.*$', re.MULTILINE)


class CallbackModule(CallbackBase):
    """The callback that the runner asks for."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = 'stdout'
    CALLBACK_NAME = 'deevnet'

    def __init__(self):
        super().__init__()
        self.changes = []

    def _hidden(self, result):
        return result._task.no_log or result._result.get('_ansible_no_log', False)

    def _message(self, result):
        if self._hidden(result):
            return HIDDEN
        told = result._result
        items = [item for item in told.get('results', []) if item.get('failed')]
        texts = [str(one.get(key)) for one in (items or [told]) for key in ('msg', 'stderr', 'module_stderr') if one.get(key)]
        return '\n'.join(dict.fromkeys(texts)) or 'no reason was given'

    def v2_runner_on_failed(self, result, ignore_errors=False):
        if not ignore_errors:
            self._display.display(f'TASK FAILED: {result._task.get_name()}\n{self._message(result)}')

    def v2_runner_on_unreachable(self, result):
        self._display.display(f'UNREACHABLE: {result._task.get_name()}\n{self._message(result)}')

    def v2_runner_on_ok(self, result):
        if result._result.get('changed'):
            self.changes.append({'task': result._task.get_name(), 'diff': self._difference(result), 'paths': self._paths(result)})
        elif result._result.get('results'):
            # Of a loop, some may have been only checked.
            self.v2_runner_on_skipped(result)

    def v2_runner_on_skipped(self, result):
        """A check does not run commands: one whose task says that it changes something would have been run."""
        told = result._result
        would = any(str(one.get('msg', '')).startswith(WOULD_RUN) for one in [told, *told.get('results', [])])
        if would and result._task.changed_when == [True]:
            self.changes.append({'task': result._task.get_name(), 'diff': self._commands(result), 'paths': []})

    def _paths(self, result):
        """Files that a task changed, as modules tell them in their results or were told."""
        told = result._result
        changed = [one for one in told.get('results', [told]) if one.get('changed')]
        named = [{**one.get('invocation', {}).get('module_args', {}), **one} for one in changed]
        return sorted({str(one[key]) for one in named for key in ('dest', 'path') if one.get(key)})

    def _commands(self, result):
        if self._hidden(result):
            return HIDDEN
        told = result._result
        items = [one for one in told.get('results', [told]) if str(one.get('msg', '')).startswith(WOULD_RUN)]
        return '\n'.join('would run: ' + ' '.join(map(str, one['cmd'])) for one in items if one.get('cmd'))

    def v2_playbook_on_no_hosts_matched(self):
        self._display.display('skipping: no hosts matched')

    def _difference(self, result):
        if self._hidden(result):
            return HIDDEN
        told = result._result
        parts = [part for one in [told, *told.get('results', [])] for part in self._parts(one)]
        return '\n'.join(parts)

    def _parts(self, told):
        if told.get('_ansible_no_log'):
            return [HIDDEN]
        if not told.get('changed') or not told.get('diff'):
            return []
        return [TEMPORARY.sub('', self._get_diff(told['diff']).strip())]

    def v2_playbook_on_stats(self, stats):
        hosts = {host: stats.summarize(host) for host in stats.processed}
        with open(os.environ['DEEVNET_RESULTS'], 'w', encoding='utf-8') as file:
            json.dump({'changes': self.changes, 'stats': hosts}, file)
