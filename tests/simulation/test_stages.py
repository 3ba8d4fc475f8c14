"""The seconds of a simulated day by stage."""

from digest.process_facts.stage_times import StageSum, add, take_sums
from digest.simulation.plan import add_stages


def test_what_was_measured_since_is_added_to_its_stage() -> None:
    take_sums()
    add({"plan": StageSum(2, 1.5), "select": StageSum(1, 2.0), "compose": StageSum(9, 9.0)})
    first = add_stages({"ingest": 1.0})
    assert first == {"ingest": 1.0, "planning": 1.5, "matching": 2.0, "sending": 0.0}
    add({"drain": StageSum(1, 4.0)})
    assert add_stages(first) == first | {"sending": 4.0}
