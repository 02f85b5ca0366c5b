"""The pveum of the lab's host, for many calls of one shell: each a line of words, answered by exit code and what it says."""

import contextlib
import importlib.util
import io
import sys

SOURCE, STATE = sys.argv[1:]


def calls():
    spec = importlib.util.spec_from_file_location('pve', SOURCE)
    pve = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pve)
    pve.STATE = STATE
    for line in sys.stdin:
        sys.argv = ['pveum', *line.rstrip('\n').split('\x1f')]
        said = io.StringIO()
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            code = pve.main()
        print(code, said.getvalue().rstrip('\n').replace('\n', '\\n'), sep='\t', flush=True)


calls()
