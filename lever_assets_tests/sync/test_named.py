import time

from lever_assets.policy.named import named_in
from lever_assets_tests.store.builders import LEVER


def test_a_file_in_an_input_names_nobody_and_takes_no_time() -> None:
    config = {
        "attachment": {"data": "ab/+" * 1_250_000, "name": "cv"},
        "path": "/a" * 500_000,
        "note": "n" * 10**6,
    }
    began = time.process_time()
    assert named_in(LEVER, {"ops": {"x": {"config": config}}}).ids == set()
    assert time.process_time() - began < 3
