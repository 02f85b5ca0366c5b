"""Replays what the real PVE and the real OPNsense answered against the simulated ones, and names every difference.

From the project folder, `PYTHONPATH=lab .tools/lab-venv/bin/python tests/lab/replay.py` writes the table of differences anew;
a difference that is new gets no reason there, and the test refuses it until a person has written one.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import answers
import yaml
from machine import LAB, PATIENCE, start
from recordings import CORPUS, Line, NodeReplay, RouterReplay, lines

TABLE = CORPUS / 'differences.yaml'
# A line of the table: its number and name in the corpus, the place in the answer, both values.
Difference = str


@dataclass(frozen=True)
class Outcome:
    """A corpus against a simulator."""

    # Requests that are answered otherwise, in the corpus's order.
    differences: list[Difference]
    # Fields that only the recorded answers have, by endpoint.
    not_held: dict[str, list[str]]


def outcome(replay: NodeReplay | RouterReplay) -> Outcome:
    """Sends every request of the corpus in its order and names what is not as it was recorded."""
    # A UUID has its name in every answer, those before the line that keeps it included.
    replayed_lines = [(line, replay.answer(line)) for line in lines(replay.name)]
    found: list[Difference] = []
    recorded_fields: dict[str, set[answers.Place]] = {}
    held: dict[str, set[answers.Place]] = {}
    for line, simulated in replayed_lines:
        if line.get('withheld'):
            continue
        recorded, here = (_found_by_more(line, replay.normal(one)) for one in (replay.recorded(line), simulated))
        found += [f'{line["n"]} {line["name"]}: {what}' for what in answers.compared(recorded, here)]
        endpoint = _endpoint(line['path'])
        recorded_fields.setdefault(endpoint, set()).update(answers.fields(recorded))
        held.setdefault(endpoint, set()).update(answers.fields(here))
    missing = {path: answers.missing(recorded_fields[path], held[path]) for path in sorted(held)}
    return Outcome(found, {path: fields for path, fields in missing.items() if fields})


def _endpoint(path: str) -> str:
    """An endpoint as its documentation writes it, whoever asked for which record."""
    parts = [part for part in path.partition('?')[0].split('/') if part][1:4]
    return '/'.join(part.lower().replace('_', '') for part in parts)


def _found_by_more(line: Line, answer: Any) -> Any:
    """An answer without the rules that a search found by their UUIDs alone, which is by chance."""
    phrase = str((line.get('body') or {}).get('searchPhrase', '')).lower()
    if not phrase or not line['path'].endswith('searchRule'):
        return answer
    rows = [row for row in answer['answer']['rows']
            if any(phrase in text.lower() for name, value in row.items() if name != 'uuid' for text in _texts(value))]
    return {**answer, 'answer': {**answer['answer'], 'rows': rows, 'rowCount': len(rows), 'total': len(rows)}}


def _texts(value: Any) -> Iterator[str]:
    """Every value in what is nested."""
    if isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)
    else:
        yield '' if isinstance(value, bool) else str(value)


def replayed(kind: type[NodeReplay] | type[RouterReplay]) -> Outcome:
    """A corpus against a freshly started machine."""
    with tempfile.TemporaryDirectory() as folder:
        process = start(kind.package, Path(folder) / 'run', *kind.options)
        try:
            line = process.stdout.readline()
            if not line:
                raise RuntimeError(process.stderr.read())
            return outcome(kind(json.loads(line)))
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE)


def table() -> dict[str, Any]:
    """The differences that are known, with their reasons, by corpus."""
    return yaml.safe_load(TABLE.read_text()) if TABLE.exists() else {}


def known(part: dict[str, Any]) -> list[Difference]:
    """The differences of a part of the table, whatever their reasons."""
    return [difference for group in part['differences'] for difference in group['lines']]


def _renewed(part: dict[str, Any], found: Outcome) -> dict[str, Any]:
    groups = part.get('differences', [])
    reasons = {line: group['reason'] for group in groups for line in group['lines']}
    order = dict.fromkeys([*(group['reason'] for group in groups), *(reasons.get(one, '') for one in found.differences)])
    renewed = [{'reason': reason, 'lines': [one for one in found.differences if reasons.get(one, '') == reason]}
               for reason in order]
    return {'differences': [group for group in renewed if group['lines']],
            'not held': {'reason': part.get('not held', {}).get('reason', ''),
                         'fields': {path: ', '.join(names) for path, names in found.not_held.items()}}}


def main() -> None:
    before = table()
    # PVE 9.2 answers what 8.4 does.
    written = {kind.name: _renewed(before.get(kind.name, {}), replayed(kind)) for kind in (NodeReplay, RouterReplay)}
    TABLE.write_text(yaml.safe_dump(written, sort_keys=False, allow_unicode=True, width=1000))
    for name, part in written.items():
        for group in part['differences']:
            print(f'{name}: {len(group["lines"])} {group["reason"] or "without a reason"}')


if __name__ == '__main__':
    sys.path.insert(0, str(LAB))
    main()
