#!/usr/bin/python3
"""Runs the playbooks of an unpacked payload on this host, and fails unless Ansible says that the host is as declared.

Standard input is one JSON document: inventory name of the host, variables, names of those that are secret, the playbooks in
order with their tags, and whether only to look (check). Variables reach Ansible through a file on a tmpfs that is its owner's alone and gone at the end;
nothing of them is in a command line, and none that is secret in what is printed. The last line of standard output is a JSON document; with check it lists each task
that would change something. Exit 0: as declared, 2: check found a task that would change something, 1: failed.
"""

import fcntl
import glob
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

PAYLOAD = os.path.dirname(os.path.abspath(__file__))
BASE = '/var/lib/deevnet'
RUN = '/run'
PREFIX = 'deevnet-baseline-'
# Seconds that a run waits for another one, which may have lost its connection and still work.
PATIENCE = 900
LAST_LINES = 25
# Characters of one difference that are told.
LONGEST = 2000
# A secret of fewer characters is read for a word, and a line of fewer than these is no secret for itself.
LEAST, LEAST_LINE = 4, 16
# Files that Ansible moves into place, should it be killed in between (ansible.module_utils.basic.atomic_move).
LEFT_BEHIND = ('/etc/.ansible_tmp*', '/etc/sudoers.d/.ansible_tmp*', '/etc/apt/sources.list.d/.ansible_tmp*',
               '/home/*/.ssh/.ansible_tmp*')


class Failed(Exception):
    """Why the host is not as declared, in words."""


def texts(value):
    """Every text in a value, numbers as they are written."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    return [] if value is None or isinstance(value, bool) else [str(value).strip()]


def hidden(wanted):
    """A function that masks the secret variables in a text: as they are, as JSON has them, and each line of a longer one."""
    secrets = [text for name in wanted.get('secret', []) for text in texts(wanted['variables'][name]) if len(text) >= LEAST]
    forms = {form for text in secrets for form in (text, json.dumps(text)[1:-1], repr(text)[1:-1])}
    forms |= {line for text in secrets for line in text.splitlines() if len(line) >= LEAST_LINE}

    def hide(text):
        for form in sorted(forms, key=len, reverse=True):
            text = text.replace(form, '[secret]')
        return text
    return hide


def lock():
    """Waits for runs before this one. The lock is the kernel's, on a folder: it leaves nothing when its holder dies. Ansible holds it, too,
    since it may outlive whoever started it."""
    folder = os.open(BASE, os.O_RDONLY)
    os.set_inheritable(folder, True)

    def late(*_):
        raise Failed(f"another run has been working on this host for {PATIENCE // 60} minutes: see 'ps' there")

    signal.signal(signal.SIGALRM, late)
    signal.alarm(PATIENCE)
    fcntl.flock(folder, fcntl.LOCK_EX)
    signal.alarm(0)
    return folder


def tidy():
    """Removes what runs before this one left: their folders, files half moved, and all but the last two payloads."""
    for folder in glob.glob(f'{RUN}/{PREFIX}*'):
        shutil.rmtree(folder, ignore_errors=True)
    for pattern in LEFT_BEHIND:
        for file in glob.glob(pattern):
            os.unlink(file)
    payloads = sorted(glob.glob(f'{BASE}/baseline/*'), key=os.path.getmtime, reverse=True)
    mine = os.path.basename(PAYLOAD)
    names = list(dict.fromkeys([mine] + [os.path.basename(path).partition('.')[0] for path in payloads]))
    for path in payloads:
        if os.path.basename(path).partition('.')[0] not in names[:2]:
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)


def prepare(folder, wanted):
    """Writes inventory, variables and settings into the run's folder, and gives back Ansible's environment."""
    host = wanted['host']
    # Above all that a site's inventory says of the host: the host is this one.
    local = {'ansible_connection': 'local', 'ansible_python_interpreter': '/usr/bin/python3'}
    files = {'hosts.json': {'hypervisors': {'hosts': {host: {}}}}, 'variables.json': {**wanted['variables'], **local}}
    for name, content in files.items():
        with open(f'{folder}/{name}', 'w', encoding='utf-8') as file:
            json.dump(content, file)
    # An empty file of its own: neither the host's settings nor a person's count.
    with open(f'{folder}/ansible.cfg', 'w', encoding='utf-8'):
        pass
    collections = f'{PAYLOAD}/collections'
    return {
        'PATH': '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME': folder, 'TMPDIR': folder, 'LC_ALL': 'C.UTF-8',
        'ANSIBLE_CONFIG': f'{folder}/ansible.cfg', 'ANSIBLE_LOCAL_TEMP': f'{folder}/local',
        'ANSIBLE_REMOTE_TEMP': f'{folder}/remote', 'ANSIBLE_RETRY_FILES_ENABLED': '0',
        'ANSIBLE_COLLECTIONS_PATH': collections, 'ANSIBLE_COLLECTIONS_PATHS': collections,
        'ANSIBLE_ROLES_PATH': f'{PAYLOAD}/roles', 'ANSIBLE_CALLBACK_PLUGINS': f'{PAYLOAD}/callback_plugins',
        'ANSIBLE_STDOUT_CALLBACK': 'deevnet', 'ANSIBLE_PIPELINING': '1', 'ANSIBLE_NOCOLOR': '1', 'ANSIBLE_LOCALHOST_WARNING': '0',
        'ANSIBLE_INVENTORY_UNPARSED_FAILED': '1', 'DEEVNET_RESULTS': f'{folder}/results.json',
    }


def watch_connection(process):
    """Ends Ansible when nobody is left to hear of it: the SSH connection has gone."""
    poll = select.poll()
    poll.register(1, 0)
    while process.poll() is None:
        if poll.poll(500):
            end(process)
            return


def end(process):
    """Ends Ansible with all that it started: it is the leader of a session of its own."""
    try:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(5)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def play(folder, environment, wanted, playbook):
    """Runs one playbook and gives back what the callback wrote."""
    name = playbook['name']
    own = os.path.join(PAYLOAD, name)
    results = environment['DEEVNET_RESULTS']
    if os.path.exists(results):
        os.unlink(results)
    site = f'{PAYLOAD}/inventory'
    # Of the site's inventory this host alone is meant.
    inventory = ['-i', site, '--limit', wanted['host']] if os.path.exists(site) else []
    # It ends with this process, also where that is killed.
    command = ['setpriv', '--pdeathsig', 'TERM', 'ansible-playbook', *inventory, '-i', f'{folder}/hosts.json', '-e', f'@{folder}/variables.json',
               own if os.path.exists(own) else name]
    if wanted.get('check'):
        command += ['--check', '--diff']
    if playbook.get('tags'):
        command += ['--tags', ','.join(playbook['tags'])]
    with subprocess.Popen(command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, start_new_session=True, close_fds=False) as process:
        signal.signal(signal.SIGTERM, lambda *_: (end(process), sys.exit(1)))
        threading.Thread(target=watch_connection, args=(process,), daemon=True).start()
        output, _ = process.communicate()
    last = '\n'.join(output.strip().splitlines()[-LAST_LINES:])
    if process.returncode != 0:
        raise Failed(f'{last}\n{name}: ansible-playbook ended with {process.returncode}')
    if not os.path.exists(results):
        raise Failed(f'{last}\n{name}: ansible-playbook told no results')
    with open(results, encoding='utf-8') as file:
        told = json.load(file)
    judge(wanted['host'], name, told['stats'].get(wanted['host']))
    return told


def judge(host, playbook, stats):
    """A playbook that did nothing for the host ends with 0 as well: that is no success here."""
    if stats is None or stats['ok'] == 0:
        raise Failed(f'{playbook}: no play of it matched {host} (group hypervisors), so nothing was applied')
    if stats['failures'] > 0 or stats['unreachable'] > 0:
        raise Failed(f"{playbook}: {stats['failures']} failed and {stats['unreachable']} unreachable on {host}")


def disputed(folder, environment, wanted, told):
    """Has the first playbook checked again once all have run: what it would change again a later one has undone, and the two
    would go on for ever, with drift after each run."""
    first, *later = wanted['playbooks']
    if not later:
        return
    again = play(folder, environment, {**wanted, 'check': True}, first)['changes']
    # Commands tell no path.
    others = [(change, playbook['name']) for one, playbook in zip(told[1:], later) for change in one['changes']]
    lines = []
    for change in again:
        undoing = [f'"{other["task"]}" of {name}' for other, name in others if set(other['paths']) & set(change['paths'])]
        lines.append(f'"{change["task"]}" of {first["name"]} was undone by '
                     f'{undoing[0] if undoing else "a task of " + ", ".join(one["name"] for one in later)}')
    if lines:
        raise Failed('\n'.join(lines) + '\nTwo roles own the same part of the host, and one undoes the other in each run: leave it to one '
                     'of them (baseline.own in the stack file)')


def main():
    wanted = json.load(sys.stdin)
    hide = hidden(wanted)
    try:
        return run(wanted, hide)
    except Failed as failed:
        # Ansible's own words, in which a task without no_log shows what it worked with.
        raise Failed(hide(str(failed))) from None


def run(wanted, hide):
    """Runs what is wanted, and prints the last line."""
    held = lock()
    if wanted.get('check') is not True:
        tidy()
    os.umask(0o077)
    folder = tempfile.mkdtemp(prefix=PREFIX, dir=RUN)
    try:
        environment = prepare(folder, wanted)
        told = [play(folder, environment, wanted, playbook) for playbook in wanted['playbooks']]
        if wanted.get('check') is not True:
            disputed(folder, environment, wanted, told)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)
    # Cut off only now: of half a secret nobody would know that it is one.
    changes = [{'task': hide(change['task']), 'diff': hide(change['diff'])[:LONGEST]}
               for one in told for change in one['changes']]
    if wanted.get('check'):
        print(json.dumps({'changes': changes}))
        return 2 if changes else 0
    # What is stable from run to run alone: this line is kept in the state.
    print(json.dumps({'host': wanted['host'], 'playbooks': [one['name'] for one in wanted['playbooks']]}))
    return 0


if __name__ == '__main__':
    try:
        sys.exit(main())
    except Failed as failed:
        print(f'{failed}\nThe host is configured in part; the next run goes on from there.', file=sys.stderr)
        sys.exit(1)
