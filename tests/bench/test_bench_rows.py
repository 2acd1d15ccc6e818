"""The form of what benches tell; how long anything takes is no matter of these tests."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from tests.bench.__main__ import main, names
from tests.bench.rows import Row, quantile, write_json

ROW = Row("desk", "median", 3.14159, "ms", "a bare commit", 2.0, most_ratio=1.5)


def test_bench_json_is_a_list_of_figures_beside_their_peers(tmp_path: Path) -> None:
    write_json([ROW], tmp_path / "bench.json")
    assert json.loads((tmp_path / "bench.json").read_text()) == [
        {
            "name": "desk",
            "metric": "median",
            "value": 3.142,
            "unit": "ms",
            "peer": "a bare commit",
            "peer_value": 2.0,
            "ratio": 1.571,
        }
    ]


def test_a_target_is_missed_by_the_ratio_or_by_the_value() -> None:
    assert ROW.kept is False
    assert Row("desk", "median", 3.0, "ms", "a bare commit", 2.0, most=3.0).kept
    assert Row("desk", "median", 3.0, "ms", "a bare commit", 2.0).kept is None


def test_a_quantile_is_a_measured_value() -> None:
    assert quantile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert quantile([float(n) for n in range(1, 101)], 0.99) == 99.0


def test_an_unknown_bench_is_answered_with_the_names_of_all() -> None:
    answer = CliRunner().invoke(main, ["--only", "nothing"])
    assert answer.exit_code == 2
    assert all(name in answer.output for name in names())
    assert "scan_to_screen" in names()
