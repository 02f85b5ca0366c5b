"""Answers of the real PVE and the real OPNsense, against the simulated ones: every difference is in the table, with its
reason (corpus/README.md)."""

import copy
from typing import Any

import pytest
import recordings
import replay


@pytest.fixture(scope='module', params=recordings.REPLAYS, ids=lambda kind: kind.title)
def corpus(request: pytest.FixtureRequest) -> Any:
    """A corpus that was replayed once, and the part of the table that belongs to it."""
    return request.param, replay.replayed(request.param), replay.table()[request.param.name]


def test_each_difference_is_in_the_table_and_none_of_it_has_vanished(corpus):
    _kind, outcome, part = corpus
    assert sorted(outcome.differences) == sorted(replay.known(part)), 'see tests/lab/corpus/README.md'


def test_fields_that_a_simulator_does_not_hold_are_those_of_the_table(corpus):
    _kind, outcome, part = corpus
    assert {path: ', '.join(names) for path, names in outcome.not_held.items()} == part['not held']['fields']


def test_each_difference_has_a_reason(corpus):
    _kind, outcome, part = corpus
    reasons = [group['reason'] for group in part['differences']]
    assert all(reasons) and len(set(reasons)) == len(reasons)
    assert part['not held']['reason'] or not outcome.not_held


def test_most_of_the_corpus_was_compared(corpus):
    """Withheld answers are sent and not compared; all others are."""
    kind, outcome, _part = corpus
    lines = recordings.lines(kind.name)
    named = {line['n'] for line in lines if not line.get('withheld')}
    assert {int(difference.partition(' ')[0]) for difference in outcome.differences} <= named
    assert len(named) >= len(lines) / 2


@pytest.mark.parametrize(('change', 'difference'), [
    (lambda answer: answer.update(status=500), 'status: 200, here 500'),
    (lambda answer: answer['answer'].update(result='saved'), 'answer.result: "failed", here "saved"'),
    (lambda answer: answer['answer']['validations'].update({'vlan.tag': 'no'}), 'answer.validations.vlan.tag: ["a"], here "no"'),
    (lambda answer: answer['answer']['rows'].append({}), 'answer.rows: 1 entries, here 2'),
    (lambda answer: answer['answer']['rows'][0].update(tag='51'), 'answer.rows[0].tag: "50", here "51"'),
    (lambda answer: answer['answer']['rows'][0].update(more=''), 'answer.rows[0].more: missing, here ""')])
def test_control_an_answer_that_differs_is_a_difference(change, difference):
    recorded = {'status': 200, 'answer': {'result': 'failed', 'validations': {'vlan.tag': ['a']},
                                          'rows': [{'uuid': 'UUID', 'tag': '50', 'pcp': '0'}]}}
    simulated = copy.deepcopy(recorded)
    del simulated['answer']['rows'][0]['pcp']
    assert list(replay.answers.compared(recorded, simulated)) == []
    change(simulated)
    assert list(replay.answers.compared(recorded, simulated)) == [difference]
